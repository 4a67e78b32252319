#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# An append-only log: its records up to the first that is not whole are those that were appended, in order, and all that have
# committed are among them.
#
#     append-check.sh durable|consistent
begun=0 committed=0
while read -r mark; do
    case $mark in begin*) begun=$((begun + 1)) ;; commit*) committed=$((committed + 1)) ;; esac
done < "$POWERCUT_MARKS_FILE"
whole=0
while read -r sum length record; do
    [ "$sum $length" = "$(echo "$record" | cksum)" ] || break
    if [ "$record" != "record $whole of a log that only ever grows" ]; then
        echo "record $whole is another: $record"
        exit 1
    fi
    whole=$((whole + 1))
done < journal
# The first record, of number 0, was there before.
if [ "$whole" -gt $((begun + 1)) ] || { [ "$1" = durable ] && [ "$whole" -lt $((committed + 1)) ]; }; then
    echo "$((whole - 1)) of $committed records that have committed are whole"
    exit 1
fi
