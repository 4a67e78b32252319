#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# What SQLite promises of t.db after a crash.  The marks say how many transactions have begun and committed.
#
#     sqlite-check.sh durable       the database is sound, and holds every transaction that has committed
#     sqlite-check.sh consistent    it is sound and holds whole transactions, but the last ones may be undone
begun=0 committed=0
while read -r mark; do
    case $mark in begin*) begun=$((begun + 1)) ;; commit*) committed=$((committed + 1)) ;; esac
done < "$POWERCUT_MARKS_FILE"
wrong ()
{
    echo "$1"
    exit 1
}
# The check's first line is `ok` or a fault, and the last line the transactions.
said=$(sqlite3 t.db 'pragma integrity_check; select count (*) - 1, max (n), min (last), max (last) from t' 2>&1) ||
    wrong "cannot be read: $said"
seen=${said#ok
}
[ "$seen" != "$said" ] || wrong "integrity check: $said"
last=${seen%%|*}
[ "$seen" = "$last|$last|$last|$last" ] || wrong "a transaction is there in part: $seen"
[ "$last" -le "$begun" ] || wrong "transaction $last is there, and has not begun"
[ "$1" = consistent ] || [ "$last" -ge "$committed" ] || wrong "transaction $committed has committed, but the last one is $last"
