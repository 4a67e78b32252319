#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# What every file system that powercut is held to promises: the full protocol is atomic and durable, without fsync nothing is durable,
# overwriting in place is not atomic where data are not journalled, and FUA is recorded.  Over every crash state.
. "${srcdir:?run the tests with make check}/tests/functions.sh" || exit 1
requires jq mkfs.ext4 mkfs.xfs mkfs.btrfs nbdkit
any_guest

# verdict FS PROTOCOL ATOMIC DURABLE
verdict ()
{
    local found
    found=$(jq -c --arg fs "$1" --arg protocol "$2" '.cells[] | select (.filesystem == $fs and .protocol == $protocol) | .result |
        [.exhaustive, .states_covered == .crash_states, .atomic, .durable]' "$tmp/json")
    [ "$found" = "[true,true,$3,$4]" ] || fail "$1 $2: $found: $(jq -c .cells "$tmp/json")"
}

expect_status 0 "$powercut" matrix --jobs=1 --background=none --fs=ext4,xfs,btrfs --protocol=in-place,rename-fsync,tmpfile-fsync \
    --json="$tmp/json"
cat "$tmp/out"
for fs in ext4 xfs btrfs; do
    verdict $fs rename-fsync true true
    verdict $fs tmpfile-fsync true true
    jq -e --arg fs $fs '.cells[] | select (.filesystem == $fs and .protocol == "rename-fsync") | .result.fua > 0' "$tmp/json" \
        > "$tmp/fua" || fail "$fs: no FUA write was recorded"
done
verdict ext4 in-place false true
verdict xfs in-place false true
verdict btrfs in-place true true

# With a commit of the file system's, or a sync of it, between any two system calls.
expect_status 0 "$powercut" matrix --jobs=1 --fs=ext4,xfs,btrfs --protocol=truncate,rename,rename-fsync --json="$tmp/json"
cat "$tmp/out"
for fs in ext4 xfs btrfs; do
    verdict $fs truncate false true
    verdict $fs rename-fsync true true
done
verdict xfs rename false false          # an empty file
verdict btrfs rename true false

# What a kernel once lost is found in its log by any kernel: that this one still does it is for the corpus to say.
expect_status 0 "$powercut" corpus run --jobs=1 --kernel=6.1 --fs=btrfs --json="$tmp/json" "$srcdir/tests/vm/logs"
[ "$(jq -c '[.cells[] | .outcome]' "$tmp/json")" = '["known","known"]' ] || fail "a lost file is not found: $(cat "$tmp/json")"
