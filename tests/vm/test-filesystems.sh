#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# File systems that only the full kernel package has, or that need an fsck, and mount options that change what is promised: every
# crash state is visited, the verdicts are the known ones, and each replay sees the same.
. "${srcdir:?run the tests with make check}/tests/functions.sh" || exit 1
requires jq mkfs.ext2 mkfs.ext3 mkfs.ext4 mkfs.btrfs mkfs.f2fs mkfs.nilfs2 mkfs.vfat mkfs.exfat mkfs.jfs \
    fsck.ext2 fsck.vfat fsck.exfat fsck.jfs qemu-system-x86_64 nbdkit

update=$builddir/corpus/atomic-update/atomic-update
mkdir "$tmp/initial"
(cd "$tmp/initial" && "$update" old file)
full=$("$powercut" kernel list | awk '/^6\.1\..*-amd64 / && $1 !~ /-cloud-/ { print $1; exit }')
if [ -z "$full" ]; then
    echo "skipped: no full kernel 6.1: powercut kernel fetch 6.1 --flavour=full" >&2
    exit 77
fi

# replayed STATUS OPTION...: the results without what may differ from one replay to another
replayed ()
{
    local status=$1
    shift
    expect_status "$status" "$replay" --quiet --json="$tmp/json" "$@" "$tmp/log.bin"
    [ ! -s "$tmp/err" ] || fail "replay $* has something to say: $(cat "$tmp/err")"
    jq -S 'del (.seconds, .search_cpu_seconds, .device_cpu_seconds, .audited) |
        .answers = .runs + .remembered | del (.runs, .remembered) |
        .points = (.points | map (.answers = .runs + .remembered | del (.runs, .remembered)))' "$tmp/json"
}

# verdict KERNEL FS WAY STATUS ATOMIC DURABLE [OPTION...]: no kernel fault and no other kind of violation either.  The way `dsync`
# writes one block with O_DSYNC, and makes fewer states than those of the demo.
verdict ()
{
    local case="$2 $3 ${*:7}" kernel=$1 fs=$2 way=$3 status=$4 expected="[true,$5,$6,0,[]]" found start=$SECONDS command
    shift 6
    command=("$update" "$way" file)
    [ "$way" != dsync ] || command=(sh -c 'echo new | dd of=file bs=4k conv=notrunc oflag=dsync 2> /tmp/said')
    expect_status 0 "$powercut" record --quiet --kernel="$kernel" --fs="$fs" --initial="$tmp/initial" "$@" -o "$tmp/log.bin" \
        -- "${command[@]}"
    replayed "$status" --jobs=1 --audit=100 > "$tmp/first"
    found=$(jq -c '[.exhaustive, .atomic, .durable, .mismatches,
        [.violations[].kind | select (. != "atomicity" and . != "durability")]]' "$tmp/json")
    [ "$found" = "$expected" ] || fail "$case: $found and not $expected: $(jq -c .violations "$tmp/json")"
    [ "$(jq '.states_covered == .crash_states' "$tmp/json")" = true ] || fail "$case: states are missing"
    jq -c --arg case "$case" --arg seconds "$((SECONDS - start))" \
        '[$case, .crash_states, .runs, .audited, $seconds]' "$tmp/json"
}

# same STATUS: a second replay, with two guests, gives the same as the last verdict's
same ()
{
    replayed "$1" --jobs=2 > "$tmp/second"
    diff "$tmp/first" "$tmp/second" || fail "a second replay differs"
}

# violation JQ: the last verdict's violations have one that fits
violation ()
{
    jq -e "any (.violations[]; $1)" "$tmp/json" > "$tmp/out" || fail "no violation with $1: $(jq -c .violations "$tmp/json")"
}

# Recovered by the kernel.
verdict "$full" ext3 rename-fsync 0 true true --size=64M
verdict "$full" f2fs rename 1 true false --size=128M
verdict "$full" f2fs rename-fsync 0 true true --size=128M
verdict "$full" nilfs2 rename 1 true false --size=256M
verdict "$full" nilfs2 rename-fsync 0 true true --size=256M

# Recovered by fsck: see powercut(1), FILE SYSTEMS.
verdict "$full" exfat rename-fsync 0 true true --size=16M
same 0
# The clusters of the old file are freed at once, its name is moved to the new ones later, after the fsync of the folder even.
verdict "$full" vfat rename-fsync 1 false false --size=16M
violation '.kind == "atomicity" and .after == "commit" and (.detail | startswith ("file: empty"))'
# In 6.1 ext2 writes what O_DSYNC asks for, and does not flush the device.
verdict "$full" ext2 dsync 1 true false --size=8M --mkfs=-N32
violation '.kind == "durability" and .after == "commit"'
# jfs never flushes the device.
verdict "$full" jfs dsync 1 true false --size=16M
[ "$(jq .flushes "$tmp/json")" = 0 ] || fail "jfs flushes: what is said of it in powercut(1) is wrong"

# Mount options.
verdict 6.12 ext4 rename-fsync 0 true true --size=64M --mount=data=journal
verdict 6.12 ext4 rename-fsync 0 true true --size=64M --mount=data=writeback
verdict 6.12 ext4 rename 1 true false --size=64M --mount=commit=1 --settle=3
verdict 6.12 ext4 rename 1 false false --size=64M --mount=commit=1,noauto_da_alloc --settle=3
violation '.detail | startswith ("file: empty")'
verdict 6.12 btrfs rename-fsync 0 true true --size=128M --mount=compress=zstd,flushoncommit
