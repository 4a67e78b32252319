#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Disks that something is made of: arrays of md, and devices of the device mapper.
. "${srcdir:?run the tests with make check}/tests/functions.sh" || exit 1
requires jq mkfs.ext4 mkfs.xfs mdadm dmsetup nbdkit
any_guest 6.1                   # whose md waits for the flushes that it sends before it writes on

disks=(--disk=a:64M --disk=b:64M)
# raid LEVEL OPTION...: the array's commands
raid ()
{
    array=(--create="mdadm --create /dev/md0 --run --raid-devices=2 --level=$1 ${*:2} {a} {b}"
           --assemble='mdadm --assemble --run /dev/md0 {a} {b}')
}
# record_on LOG WAY OPTION...
record_on ()
{
    expect_status 0 "$powercut" record --quiet --background=none -o "$tmp/$1" "${@:3}" -- "$update" "$2" file
}
# is WHAT FILTER VALUE: what the last report says
is ()
{
    [ "$(jq -c "$2" "$tmp/json")" = "$3" ] || fail "$1: $2 is $(jq -c "$2" "$tmp/json") and not $3"
}
# visit STATUS LOG OPTION...
visit ()
{
    expect_status "$1" "$replay" --quiet --jobs=1 --json="$tmp/json" "${@:3}" "$tmp/$2"
}

# With each disk lost the update is what it is with both; what is remembered of an array is right.  What it is assembled by is in
# the log.
raid 1 --assume-clean
printf '#!/bin/sh\nexec mdadm --assemble --run /dev/md0 "$@"\n' > "$tmp/assemble"
chmod +x "$tmp/assemble"
record_on raid1.bin rename-fsync --fs=ext4 "${disks[@]}" "${array[0]}" --assemble="$tmp/assemble {a} {b}"
rm "$tmp/assemble"
visit 0 raid1.bin --lose=any
is 'an array' '[.atomic, .durable, .exhaustive, [.schedules[].lost]]' '[true,true,true,[null,"a","b"]]'
visit 0 raid1.bin --audit=100 --fsck --usable
is 'an array, audited' '[.mismatches, .exhaustive, .audited > 0]' '[0,true,true]'
last=$(jq '.points[-1].position' "$tmp/json")
echo 'cat /proc/mdstat' | "$replay" --shell --state="$last" --lose=a "$tmp/raid1.bin" > "$tmp/out" 2> "$tmp/err"
grep -q '^md0 : active raid1 vdb' "$tmp/out" || fail "a shell has no array: $(cat "$tmp/out" "$tmp/err")"

raid 1 --assume-clean --bitmap=internal
record_on bitmap.bin rename --fs=ext4 "${disks[@]}" "${array[@]}"
visit 1 bitmap.bin --tear=none --lose=b --fsck
is 'a rename that nobody syncs, on a disk of an array' '[.durable, .exhaustive]' '[false,true]'

raid 0
record_on raid0.bin rename-fsync --fs=ext4 "${disks[@]}" "${array[@]}"
visit 2 raid0.bin --lose=b
grep -q '^replay: --lose=b: ext4 cannot be mounted without it, not even before the update: assembling the disks: exit 1: mdadm: ' \
    "$tmp/err" || fail "stripes that lose a disk: $(cat "$tmp/err")"
[ "$(wc -l < "$tmp/err")" = 1 ] || fail "stripes that lose a disk: more than one line: $(cat "$tmp/err")"

# The device mapper; one guest makes one recording after another.
mirror='a={a} b={b}
    [ -z "$a" ] || [ -z "$b" ] || table="mirror core 2 64 nosync 2 $a 0 $b 0"
    echo "0 131072 ${table:-linear $a$b 0}" | dmsetup create mirror'
record_on mirror.bin rename-fsync --fs=ext4 "${disks[@]}" --assemble="$mirror"
visit 0 mirror.bin --tear=none --lose=any
is 'a mirror' '[.atomic, .durable, .exhaustive]' '[true,true,true]'
# A disk has two parts under what is made of it; their names are there without udev.  What is on no disk does not stay, either.
joined='echo 0 8 error | dmsetup create apart; for part in 0 1; do echo "0 204800 linear {a} $((part * 204800))" | dmsetup create part$part; done
    printf "%s linear %s 0\n" "0 204800" /dev/mapper/part0 "204800 204800" /dev/mapper/part1 "409600 262144" {b} | dmsetup create joined'
expect_status 0 "$powercut" run --quiet --jobs=1 --background=none,commit --fs=xfs --disk=a:200M --disk=b:128M -o "$tmp/joined.bin" \
    --assemble="$joined" --json="$tmp/json" -- "$update" rename-fsync file
is 'two disks in a row' '[.atomic, .durable, .exhaustive]' '[true,true,true]'

failed="powercut: --assemble, run on empty disks as there is no --create, failed in the guest"
# Bad use is one line, and takes no more memory than a guest has.
for command in ': {a}=it made nothing of {a}' 'echo so much for {a}; exit 3=exit 3: so much for {a}' \
    'for part in 0 1; do echo "0 8 linear {a} $part" | dmsetup create $part; done=several devices are made of {a}: let there be one, which is mounted' \
    ': {a}; printf "why\nwhere\nit failed\n"; exit 3=exit 3: why ... it failed' ': {a}; yes | head -c 200000000; exit 3=exit 3: y ... y'; do
    expect_status 2 "$powercut" record --quiet --memory=64M --disk=a:64M --assemble="${command%=*}" -o "$tmp/none.bin" -- true
    [ "$(cat "$tmp/err")" = "$failed: ${command##*=}" ] || fail "bad use: $(cat "$tmp/err")"
done
