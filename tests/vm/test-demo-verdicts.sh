#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The demo's updates have the verdicts that are known for these file systems, over every crash state, and FUA is recorded.
. "${srcdir:?run the tests with make check}/tests/functions.sh" || exit 1
requires jq mkfs.ext4 mkfs.xfs mkfs.btrfs qemu-system-x86_64 nbdkit

update=$builddir/corpus/atomic-update/atomic-update
mkdir "$tmp/initial"
(cd "$tmp/initial" && "$update" old file)

# verdict KERNEL FS WAY STATUS ATOMIC DURABLE
verdict ()
{
    local json=$tmp/$1-$2-$3.json
    echo "$1 $2 $3"
    expect_status "$4" "$powercut" run --quiet --kernel="$1" --fs="$2" --initial="$tmp/initial" -o "$tmp/log.bin" \
        --json="$json" -- "$update" "$3" file
    jq -c '[.writes, .fua, .crash_points, .crash_states, .runs, .behaviours, .seconds]' "$json"
    [ "$(jq -c '[.exhaustive, .atomic, .durable]' "$json")" = "[true,$5,$6]" ] ||
        fail "$1 $2 $3: $(jq -c '[.exhaustive, .atomic, .durable, .violations]' "$json")"
    [ "$(jq '.states_covered == .crash_states' "$json")" = true ] || fail "$1 $2 $3: states are missing"
}

for fs in ext4 xfs btrfs; do
    verdict 6.12 $fs in-place 1 false true
    verdict 6.12 $fs rename 1 true false
    verdict 6.12 $fs rename-fsync 0 true true
    verdict 6.12 $fs tmpfile-fsync 0 true true
    [ "$(jq .fua "$tmp/6.12-$fs-rename-fsync.json")" -gt 0 ] || fail "$fs: no FUA write was recorded"
done
for fs in ext4 xfs; do
    verdict 6.12 $fs tmpfile 0 true true
done

# The fsync of an unlinked btrfs inode is skipped, and the fsync of the folder logs the new name without the data.
for kernel in 6.1 6.12; do
    verdict $kernel btrfs tmpfile 1 false false
    jq -e '[.violations[] | select (.kind == "atomicity" and .after == "commit" and (.detail | startswith ("file: empty")))]
        | length > 0' "$tmp/$kernel-btrfs-tmpfile.json" > "$tmp/out" || fail "$kernel: the file is not empty after commit"
done
verdict 6.1 btrfs tmpfile-fsync 0 true true
