#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Real programs with their own checkers: LMDB, git, and a log that only grows.
. "${srcdir:?run the tests with make check}/tests/functions.sh" || exit 1
requires jq mkfs.ext4 nbdkit mdb_load mdb_dump git
any_guest

# record TRANSACTION: two of them
record ()
{
    local transaction="$srcdir/corpus/databases/$1"
    case=$1
    expect_status 0 "$powercut" record --background=none --device=fast --quiet --fs=ext4 --setup="$transaction 0" \
        --step="$transaction 1" --step="$transaction 2" -o "$tmp/log.bin"
}

# checked STATUS|by-flushes CHECKER: every crash state of the last recording
checked ()
{
    local expected=$1 status=0
    "$replay" --jobs=1 --quiet --tear=none --check="$srcdir/corpus/databases/$2" --json="$tmp/json" "$tmp/log.bin" || status=$?
    jq -c --arg case "$case: $2" '[$case, .crash_states, .runs, .remembered, .seconds, (.violations | map (.detail))]' "$tmp/json"
    [ "$expected" != by-flushes ] || expected=$(flushed && echo 0 || echo 1)
    [ $status = "$expected" ] || fail "$case: $2: exit status $status and not $expected"
    jq -e '.exhaustive and all (.violations[]; .kind == "check" and .repeated)' "$tmp/json" > "$tmp/ignored" ||
        fail "$case: $2: $(jq -c '[.exhaustive, .violations]' "$tmp/json")"
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
record lmdb-transactions.sh
checked by-flushes lmdb-check.sh
record 'append.sh sync'
checked 0 'append-check.sh durable'
record 'append.sh nosync'
checked 1 'append-check.sh durable'
checked 0 'append-check.sh consistent'
# The branch is renamed into place, and nobody syncs its directory; what it names is there before.
record 'git-commits.sh all'
checked 1 'git-check.sh durable'
jq -e 'all (.violations[]; .detail | test ("^commit [12] has returned, but the branch is at [01]$"))' "$tmp/json" > "$tmp/ignored" ||
    fail "git, all: $(jq -c .violations "$tmp/json")"
"$replay" --quiet --check="$srcdir/corpus/databases/git-check.sh consistent" --state="$(jq -r '.violations[0].state' "$tmp/json")" "$tmp/log.bin" ||
    fail 'git, all: an earlier commit is not consistent'
