#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# --settle: what happens to data that nobody synced is in the log only if the recording goes on after the command.
. "${srcdir:?run the tests with make check}/tests/functions.sh" || exit 1
requires jq mkfs.ext4 nbdkit
any_guest

mkdir "$tmp/initial"
echo old > "$tmp/initial/file"
count ()
{
    jq "$1" "$tmp/json"
}
# settle HOW [OPTION...]: record a write that is never synced, and replay it
settle ()
{
    expect_status 1 "$powercut" run --jobs=1 --background=none --quiet --size=64M --initial="$tmp/initial" --settle="$@" -o "$tmp/log.bin" \
        --json="$tmp/json" -- sh -c 'echo new >> file'
    [ "$(count .durable)" = false ] || fail "--settle=$1: durable without any sync"
}

settle none
[ "$(count .writes)" = 0 ] || fail "--settle=none: $(count .writes) writes recorded"
settle sync
[ "$(count .writes)" -gt 0 ] || fail '--settle=sync: nothing was written back'
expect_status 0 "$replay" --list "$tmp/log.bin"
[ "$(grep -B1 'mark       end' "$tmp/out" | grep -c 'crash point .*, new')" = 1 ] || fail 'the end is no crash point after commit'

# The kernel's own commit comes about a second after the write, the sync only after four.
settle 4 --mount=commit=1
expect_status 0 "$replay" --list "$tmp/log.bin"
awk '/ mark +commit/ { commit = $2 } / mark +end/ { end = $2 } commit && !end && / write / { last = $2; if (!first) first = $2 }
     END { exit !(first && first < end - 1.5) }' "$tmp/out" || fail '--settle=4: no write of the background writeback'
