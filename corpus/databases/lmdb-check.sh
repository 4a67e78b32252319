#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# LMDB: a commit is atomic and durable.
begun=0 committed=0
while read -r mark; do
    case $mark in begin*) begun=$((begun + 1)) ;; commit*) committed=$((committed + 1)) ;; esac
done < "$POWERCUT_MARKS_FILE"
wrong ()
{
    echo "$1"
    exit 1
}
dump=$(mdb_dump -p env 2>&1) || wrong "cannot be read: $dump"
last=$(echo "$dump" | grep -A 1 '^ last$' | tail -n 1)
last=$((${last# }))
keys=$(echo "$dump" | grep -c '^ key-')
[ "$keys" -eq $((last + 1)) ] || wrong "a transaction is there in part: $keys keys, and the last is $last"
[ "$last" -le "$begun" ] || wrong "transaction $last is there, and has not begun"
[ "$last" -ge "$committed" ] || wrong "transaction $committed has committed, but the last one is $last"
