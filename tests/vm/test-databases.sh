#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Real programs with their own checkers: LMDB, git, and a log that only grows.
. "${srcdir:?run the tests with make check}/tests/functions.sh" || exit 1
requires jq mkfs.ext4 qemu-system-x86_64 nbdkit mdb_load mdb_dump git

# checked STATUS|by-flushes CHECKER TRANSACTION: two transactions, then every crash state
checked ()
{
    local check="$srcdir/corpus/databases/$2" transaction="$srcdir/corpus/databases/$3" expected=$1 status=0
    "$powercut" run --background=none --quiet --fs=ext4 --setup="$transaction 0" --step="$transaction 1" --step="$transaction 2" \
        --check="$check" -o "$tmp/log.bin" --json="$tmp/json" || status=$?
    jq -c --arg case "$3: $2" '[$case, .crash_states, .runs, .remembered, .seconds, (.violations | map (.detail))]' "$tmp/json"
    [ "$expected" != by-flushes ] || expected=$(flushed && echo 0 || echo 1)
    [ $status = "$expected" ] || fail "$3: $2: exit status $status and not $expected"
    jq -e '.exhaustive and all (.violations[]; .kind == "check" and .repeated)' "$tmp/json" > "$tmp/ignored" ||
        fail "$3: $2: $(jq -c '[.exhaustive, .violations]' "$tmp/json")"
}

# flushed: each transaction of the last recording asked the device to make something durable.  The kernel's own commit may
# fall into one of them, hardly into both.
flushed ()
{
    local step
    for step in 1 2; do
        "$replay" --list "$tmp/log.bin" | sed -n "/mark  *begin $step\$/,/mark  *commit $step\$/p" > "$tmp/step"
        [ -s "$tmp/step" ] || fail "no transaction $step in $tmp/log.bin"
        grep -q 'flush\|FUA' "$tmp/step" || return 1
    done
}

# Some releases of mdb_load sync, and some do not: what those commit may be lost, or torn.
checked by-flushes lmdb-check.sh lmdb-transactions.sh
checked 0 'append-check.sh durable' 'append.sh sync'
checked 1 'append-check.sh durable' 'append.sh nosync'
checked 0 'append-check.sh consistent' 'append.sh nosync'
# The branch is renamed into place, and nobody syncs its folder; what it names is there before.
checked 0 'git-check.sh consistent' 'git-commits.sh all'
checked 1 'git-check.sh durable' 'git-commits.sh all'
