#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Recoveries that fail: a file system that does not mount, or is not right, a kernel that panics (confirmed on a fresh boot, and the search goes on
# behind it), a guest that hangs.
. "${srcdir:?run the tests with make check}/tests/functions.sh" || exit 1
requires jq mkfs.ext4 dumpe2fs e2fsck qemu-system-x86_64 nbdkit pgrep pkill
any_guest

mkdir "$tmp/work" "$tmp/initial"
echo old > "$tmp/initial/file"
export TMPDIR=$tmp/work

# found KIND TEXT REPEATED: a violation of this kind with this text in its detail
found ()
{
    jq -e --arg kind "$1" --arg text "$2" --argjson repeated "$3" \
        'any (.violations[]; .kind == $kind and .repeated == $repeated and (.detail | contains ($text)))' \
        "$tmp/json" > "$tmp/ignored" || fail "$1 with '$2' not found: $(jq -c '[.exhaustive, .violations]' "$tmp/json")"
    [ -z "$(ls -A "$tmp/work")" ] || fail "left in TMPDIR: $(ls -A "$tmp/work")"
}

# spoil BLOCK COUNT [OPTION...]: a program that overwrites blocks of 1 KiB of the device under its file system
spoil ()
{
    local block=$1 count=$2
    shift 2
    expect_status 1 "$powercut" run --jobs=1 --background=none --quiet --size=16M --initial="$tmp/initial" -o "$tmp/log.bin" --json="$tmp/json" "$@" \
        -- dd if=/dev/zero of=/dev/nbd0 bs=1k seek="$block" count="$count" conv=fsync,notrunc
}

spoil 1 1
found unmountable "Can't find ext4" true
jq -e '.exhaustive and .atomic == false and .durable == false' "$tmp/json" > "$tmp/ignored" ||
    fail 'unmountable, but atomic or durable'

# The first blocks of the inode table, with the root folder's inode.  Every run of these takes two boots, so prefixes will do.
truncate -s 16M "$tmp/image"
mkfs.ext4 -q -F "$tmp/image"
table=$(dumpe2fs "$tmp/image" 2> "$tmp/ignored" | sed -n 's/^ *Inode table at \([0-9]*\)-.*/\1/p' | head -n 1)
spoil "$table" 16 --mount=errors=panic --prefixes-only
found kernel 'Kernel panic' true

# A bitmap that recovery and the observation do not read: e2fsck does, and so does who uses the file system.
bitmap=$(dumpe2fs "$tmp/image" 2> "$tmp/ignored" | sed -n 's/^ *Block bitmap at \([0-9]*\).*/\1/p' | head -n 1)
expect_status 0 "$powercut" run --jobs=1 --background=none --quiet --size=16M --initial="$tmp/initial" -o "$tmp/log.bin" --json="$tmp/json" \
    -- dd if=/dev/zero of=/dev/nbd0 bs=1k seek="$bitmap" count=1 conv=fsync,notrunc
expect_status 1 "$replay" --jobs=1 --quiet --usable --json="$tmp/json" "$tmp/log.bin"
found kernel 'EXT4-fs error' true
expect_status 1 "$replay" --jobs=1 --quiet --fsck --usable --json="$tmp/json" "$tmp/log.bin"
found fsck 'e2fsck: Block bitmap differences' true
jq -e '.atomic and .durable' "$tmp/json" > "$tmp/ignored" || fail 'a complaint of fsck is about contents'
state=$(jq -r '.violations[0].state' "$tmp/json")
expect_status 0 "$replay" --state="$state" --readonly-device --fsck --bundle="$tmp/bundle" --quiet "$tmp/log.bin"
tar -xOf "$tmp/bundle" README | grep -q "replay --state=.* --readonly-device --fsck log.bin" || fail 'the bundle does not say how to see it'
# What is right stays so.
expect_status 0 "$powercut" run --jobs=1 --background=none --quiet --size=16M --readonly-device --fsck --usable \
    --initial="$tmp/initial" -o "$tmp/log.bin" -- sh -c 'echo new > new; sync; mv new file; sync'

# interrupted SIGNAL STATUS: replay the log, and send SIGNAL to QEMU in the middle of the search
interrupted ()
{
    local pid status=0
    rm -f "$tmp/lines"
    "$replay" --kernel=6.12 --no-reduction --tear=none --jobs=1 --timeout=3 --json="$tmp/json" --json-lines="$tmp/lines" "$tmp/log.bin" \
        > "$tmp/out" 2> "$tmp/err" &
    pid=$!
    cleanup_fn kill "$pid"
    # Of some 260 runs.
    while [ "$(cat "$tmp/lines" 2> "$tmp/ignored" | wc -l)" -lt 20 ] && kill -0 "$pid" 2> "$tmp/ignored"; do
        sleep 0.1
    done
    pkill "-$1" -f "qemu-system.*$tmp/work/"
    wait "$pid" || status=$?
    [ $status = "$2" ] || fail "$1: exit status $status: $(cat "$tmp/err")"
    ! pgrep -f "$tmp/work" > "$tmp/pids" || fail "$1: processes left: $(cat "$tmp/pids")"
    clean_ups=("${clean_ups[@]::1}")
}

# A guest that stops answering in the middle of the search: a hang, which a fresh boot does not show again.
expect_status 0 "$powercut" record --background=none --initial="$tmp/initial" -o "$tmp/log.bin" -- \
    sh -c 'for i in 1 2 3 4 5 6 7 8; do mkdir $i; echo new > $i/file; done'
interrupted STOP 1
found hang 'no answer within 3 s' false
[ "$(jq .exhaustive "$tmp/json")" = true ] || fail 'the search did not go on after the hang'

# A QEMU that is killed has found nothing, and the search ends.
rm "$tmp/json"
interrupted KILL 2
expect_one_line "$tmp/err"
grep -q 'QEMU was killed by signal 9 (out of memory?)' "$tmp/err" || fail "QEMU is killed: $(cat "$tmp/err")"
[ ! -e "$tmp/json" ] || [ "$(jq -c '[.violations[].kind | select (. == "kernel" or . == "hang")]' "$tmp/json")" = '[]' ] ||
    fail "QEMU is killed: $(jq -c .violations "$tmp/json")"
