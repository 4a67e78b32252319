#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# File systems that only the full kernel package has, or that need an fsck, and mount options that change what is promised: every
# crash state is visited, each replay sees the same, what is promised is seen to hold, and what was not flushed is seen to be lost.
# (What else a kernel may lose belongs to the corpus: the next kernel may do better.)
. "${srcdir:?run the tests with make check}/tests/functions.sh" || exit 1
requires jq mkfs.ext2 mkfs.ext3 mkfs.ext4 mkfs.btrfs mkfs.f2fs mkfs.nilfs2 mkfs.vfat mkfs.exfat mkfs.jfs \
    fsck.ext2 fsck.vfat fsck.exfat fsck.jfs qemu-system-x86_64 nbdkit

make_initial
need_kernel 6.1 '/^6\.1\..*-amd64 / && $1 !~ /-cloud-/' --suite=bookworm --flavour=full
full=$kernel
any_guest   # but exfat, which Debian's User Mode Linux has not

# How writes are torn.  nilfs2 reads all of a log's segment to check its sum, and sees every piece.
tear=prefix

# replayed OPTION...: the results without what may differ from one replay to another
replayed ()
{
    local status=0
    "$replay" --kernel="$guest" --quiet --tear=$tear --json="$tmp/json" "$@" "$tmp/log.bin" 2> "$tmp/err" || status=$?
    [ ! -s "$tmp/err" ] || fail "replay $* has something to say: $(cat "$tmp/err")"
    [ "$status" = "$(jq 'if .atomic and .durable then 0 else 1 end' "$tmp/json")" ] || fail "replay $*: exit status $status"
    what_was_found "$tmp/json"
}

# verdict KERNEL FS WAY ATOMIC DURABLE [OPTION...]: ATOMIC and DURABLE are true, false, or - for what depends on the kernel; no kernel
# fault and no other kind of violation either.  The way `dsync` writes one block with O_DSYNC, and makes fewer states than the others.
verdict ()
{
    local case="$2 $3 ${*:6}" fs=$2 way=$3 atomic=$4 durable=$5 found start=$SECONDS command
    guest=$1
    shift 5
    command=("$update" "$way" file)
    [ "$way" != dsync ] || command=(sh -c 'echo new | dd of=file bs=4k conv=notrunc oflag=dsync 2> /tmp/said')
    expect_status 0 "$powercut" record --background=none --quiet --kernel="$guest" --fs="$fs" --initial="$tmp/initial" "$@" -o "$tmp/log.bin" \
        -- "${command[@]}"
    replayed --jobs=1 --audit=100 > "$tmp/first"
    [ "$atomic" != - ] || atomic=$(jq .atomic "$tmp/json")
    [ "$durable" != - ] || durable=$(jq .durable "$tmp/json")
    found=$(jq -c '[.exhaustive, .atomic, .durable, .mismatches,
        [.violations[].kind | select (. != "atomicity" and . != "durability")]]' "$tmp/json")
    [ "$found" = "[true,$atomic,$durable,0,[]]" ] || fail "$case: $found and not $atomic, $durable: $(jq -c .violations "$tmp/json")"
    [ "$(jq '.states_covered == .crash_states' "$tmp/json")" = true ] || fail "$case: states are missing"
    jq -c --arg case "$case" --arg seconds "$((SECONDS - start))" \
        '[$case, .crash_states, .runs, .audited, $seconds]' "$tmp/json"
}

# same: a second replay, with two guests, gives the same as the last verdict's
same ()
{
    replayed --jobs=2 > "$tmp/second"
    diff "$tmp/first" "$tmp/second" || fail "a second replay differs"
}

# lost_unless_flushed: where nothing made the last update durable, it is seen to be lost
lost_unless_flushed ()
{
    jq -e '.flushes > 0 or .fua > 0 or .durable == false' "$tmp/json" > "$tmp/out" || fail "durable without a flush: $(cat "$tmp/json")"
}

# violation JQ: the last verdict's violations have one that fits
violation ()
{
    jq -e "any (.violations[]; $1)" "$tmp/json" > "$tmp/out" || fail "no violation with $1: $(jq -c .violations "$tmp/json")"
}

# Recovered by the kernel.
verdict "$kernel" ext3 rename-fsync true true --size=64M
verdict "$kernel" f2fs rename true - --size=128M
lost_unless_flushed
# An fsync of f2fs now and then flushes first and writes afterwards what leads to the data.
verdict "$kernel" f2fs rename-fsync - - --size=128M
tear=none
verdict "$kernel" nilfs2 rename true - --size=256M
lost_unless_flushed
verdict "$kernel" nilfs2 rename-fsync true true --size=256M
tear=prefix

# Recovered by fsck: see powercut(1), FILE SYSTEMS.
verdict "$full" exfat dsync true true --size=16M
tear=none   # else 1100 runs, in a guest that is emulated
verdict "$full" exfat rename-fsync true true --size=16M
same
tear=prefix
verdict "$kernel" vfat rename-fsync - - --size=16M
verdict "$kernel" ext2 dsync true - --size=8M --mkfs=-N32
lost_unless_flushed
verdict "$kernel" jfs dsync true - --size=16M
lost_unless_flushed

# Mount options.
verdict "$kernel" ext4 rename-fsync true true --size=64M --mount=data=journal
verdict "$kernel" ext4 rename-fsync true true --size=64M --mount=data=writeback
verdict "$kernel" ext4 rename true false --size=64M --mount=commit=1 --settle=3
verdict "$kernel" ext4 rename false false --size=64M --mount=commit=1,noauto_da_alloc --settle=3
violation '.detail | startswith ("file: empty")'
verdict "$kernel" btrfs rename-fsync true true --size=128M --mount=compress=zstd,flushoncommit
