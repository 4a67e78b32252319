#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Several disks in one recording: a mirror, one that loses a disk, a journal on a disk of its own.
. "${srcdir:?run the tests with make check}/tests/functions.sh" || exit 1
requires jq mkfs.ext4 mkfs.xfs mkfs.btrfs nbdkit
any_guest

# record LOG WAY OPTION...
record_on ()
{
    local log=$1 way=$2
    shift 2
    expect_status 0 "$powercut" record --quiet --background=none -o "$tmp/$log" "$@" -- "$update" "$way" file
}
# is WHAT FILTER VALUE: what the last report says
is ()
{
    [ "$(jq -c "$2" "$tmp/json")" = "$3" ] || fail "$1: $2 is $(jq -c "$2" "$tmp/json") and not $3"
}
# visit STATUS LOG OPTION...
visit ()
{
    local status=$1 log=$2
    shift 2
    expect_status "$status" "$replay" --quiet --jobs=1 --json="$tmp/json" "$@" "$tmp/$log"
}

mirror=(--fs=btrfs --disk=a:128M --disk=b:128M)
record_on raid1.bin rename-fsync "${mirror[@]}" --mkfs='-d raid1 -m raid1'
visit 0 raid1.bin --lose=any --fsck --json-lines="$tmp/lines" --resume="$tmp/mirror"
[ "$(jq -r .lost "$tmp/lines" | sort -u | paste -sd' ')" = 'a b null' ] || fail 'the lines do not say which disk was lost'
is 'a mirror, with and without each disk' '[.atomic, .durable, .exhaustive]' '[true,true,true]'
is 'a mirror' '[.schedules[].lost]' '[null,"a","b"]'
# What is put together needs no guest to tell which disks can be lost.
expect_status 0 "$powercut" merge --quiet --json="$tmp/json" "$tmp/mirror"
is 'a mirror that is merged' '[.exhaustive, .schedules[].lost]' '[true,null,"a","b"]'
# A checker does not find the disk that is lost.
visit 0 raid1.bin --tear=none --lose=b --check='[ -b "$POWERCUT_DISK_a" ] && [ -z "$POWERCUT_DISK_b" ]'
# Every state one by one gives the same.
visit 0 raid1.bin --tear=none --audit=100
is 'a mirror' '.mismatches' 0
is 'a mirror' '.exhaustive' true
states=$(jq -r .crash_states "$tmp/json")
visit 0 raid1.bin --tear=none --no-reduction
is 'a mirror, state by state' '.runs' "$states"
is 'a mirror, state by state' '[.atomic, .durable]' '[true,true]'

record_on rename.bin rename "${mirror[@]}" --mkfs='-d raid1 -m raid1'
visit 1 rename.bin --tear=none
is 'a rename that nobody syncs' '[.durable, .exhaustive]' '[false,true]'

record_on raid0.bin rename-fsync "${mirror[@]}" --mkfs='-d raid0 -m raid0'
visit 2 raid0.bin --lose=b
grep -q '^replay: --lose=b: btrfs cannot be mounted without it, not even before the update: mount: ' "$tmp/err" ||
    fail "stripes that lose a disk: $(cat "$tmp/err")"
[ "$(wc -l < "$tmp/err")" = 1 ] || fail "stripes that lose a disk: more than one line: $(cat "$tmp/err")"
# All that can be visited is.
visit 2 raid0.bin --lose=any --tear=none --resume="$tmp/stripes"
[ "$(grep -c 'cannot be mounted without it' "$tmp/err")" = 2 ] || fail "stripes that lose any disk: $(cat "$tmp/err")"
is 'stripes' '[.durable, .exhaustive, (.schedules | length)]' '[true,true,1]'
expect_status 2 "$powercut" merge --quiet --json="$tmp/json" "$tmp/stripes"
[ "$(grep -c 'cannot be mounted without it' "$tmp/err")" = 2 ] || fail "stripes that are merged: $(cat "$tmp/err")"
is 'stripes that are merged' '[.durable, .exhaustive, (.schedules | length)]' '[true,true,1]'
# That is so before the device does anything wrong, whatever that leads to then.
"$replay" --quiet --jobs=1 --json="$tmp/json" --lose=any --tear=none --fault=lost-fua "$tmp/raid0.bin" 2> "$tmp/err" || [ $? -le 2 ]
[ "$(grep -c 'cannot be mounted without it' "$tmp/err")" = 2 ] || fail "stripes with a fault: $(cat "$tmp/err")"
is 'stripes with a fault' '[.schedules[].lost] | unique' '[null]'

record_on xfs.bin rename-fsync --fs=xfs --disk=data:300M --disk=log:64M --log-device=log
visit 0 xfs.bin --fsck --usable
is 'xfs with a log of its own' '[.atomic, .durable, .exhaustive]' '[true,true,true]'
visit 0 xfs.bin --audit=100
is 'xfs with a log of its own, audited' '[.mismatches, .exhaustive]' '[0,true]'
visit 2 xfs.bin --lose=log
grep -q 'xfs on 2 disks cannot do without' "$tmp/err" || fail "xfs without its log: $(cat "$tmp/err")"
visit 2 xfs.bin --lose=nobody
grep -q -e '--lose=nobody: no disk is called so' "$tmp/err" || fail "an unknown disk: $(cat "$tmp/err")"

# The recorder's: {NAME} and $POWERCUT_DISK_NAME are where a disk is.
expect_status 0 "$powercut" record --quiet --background=none --fs=ext4 --disk=data:64M --disk=log:64M --log-device=log \
    -o "$tmp/ext4.bin" -- \
    sh -c '[ -b "$POWERCUT_DISK_data" ] && [ -b "$POWERCUT_DISK_log" ] && [ "$POWERCUT_DISK_data" != "$POWERCUT_DISK_log" ] && echo new > file && sync'
expect_status 0 "$replay" --list "$tmp/ext4.bin"
grep -q '^info disk=data$' "$tmp/out" || fail 'the log does not name its disks'
awk '/ begin$/ { begun = 1 } begun && $3 == 1 && $4 == "write" { journal = 1 } END { exit !journal }' "$tmp/out" ||
    fail 'nothing was written to the disk of the journal'
# All images or none: one that cannot be made does not leave another alone.
mkdir -p "$tmp/half/log"
expect_status 2 "$replay" --export="$tmp/half" "$tmp/ext4.bin"
[ "$(ls "$tmp/half")" = log ] || fail "an image without the other: $(ls "$tmp/half")"
expect_status 0 "$replay" --export="$tmp/images" "$tmp/ext4.bin"
[ "$(stat -c %s "$tmp/images/data" "$tmp/images/log" | paste -sd' ')" = '67108864 67108864' ] || fail 'no image of each disk'
[ "$(dumpe2fs -h "$tmp/images/log" 2> /dev/null | grep -c journal_dev)" = 1 ] || fail 'the image of the log is none'

# Its checker is told where the journal is.  Data are located, not read: 2^32 states are few runs.
expect_status 0 "$powercut" record --quiet --background=none --fs=ext4 --disk=data:64M --disk=log:64M --log-device=log \
    --setup='head -c 128K /dev/zero > file && sync' -o "$tmp/ext4.bin" -- \
    sh -c 'head -c 128K /dev/zero | tr "\0" x | dd of=file conv=notrunc,fsync status=none'
visit 1 ext4.bin --tear=any --fsck
is 'ext4 with a journal of its own' '[.exhaustive, .runs < 20, [.violations[].kind] == ["atomicity"]]' '[true,true,true]'

# One disk with a name is called so, too.
expect_status 0 "$powercut" record --quiet --background=none --fs=ext4 --disk=only:64M --mkfs='-L {only}' -o "$tmp/one.bin" -- true
expect_status 0 "$replay" --list "$tmp/one.bin"
grep -q '^info disk=only$' "$tmp/out" || fail 'the log does not name its disk'

# As many as there can be.
all=(--disk={a,b,c,d,e,f,g,h}:128M)
record_on eight.bin rename-fsync --fs=btrfs "${all[@]}" --mkfs='-d raid10 -m raid10'
visit 0 eight.bin --tear=none --lose=h
is 'eight disks without one' '[.atomic, .durable, .exhaustive]' '[true,true,true]'
