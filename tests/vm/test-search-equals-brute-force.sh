#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# On real logs, the search and a visit of every state one by one see the same at each crash point, in as many states, whole or
# torn: each way of tearing on each file system.  A device's sectors are as large as it takes for brute force to end.
. "${srcdir:?run the tests with make check}/tests/functions.sh" || exit 1
requires jq mkfs.ext4 mkfs.xfs mkfs.btrfs mdadm dmsetup qemu-system-x86_64 nbdkit

mkdir "$tmp/small" "$tmp/large"
echo old > "$tmp/small/file"
(cd "$tmp/large" && "$update" old file)

# Other kernels keep more in flight.
need_kernel 6.1 '/^6\.1\..*-cloud-/' --suite=bookworm
machine=$kernel
any_guest 6.1

# small TEAR...: whether the log has few enough states for brute force; TEAR is a mode and, behind a colon, a device's sector
small ()
{
    local tear
    for tear in "$@"; do
        expect_status 0 "$replay" --list --tear="${tear%:*}" --sector="${tear#*:}" "$tmp/log.bin"
        [ "$(tail -n 1 "$tmp/out" | sed 's/.* \([0-9]*\) crash states/\1/' | cut -c1-6)" -le 4000 ] || return 1
    done
}

# seen OPTION...: what was wrong where, in how many states.  Where data are located, the tree that is told is that of one of
# these states; in what is right, what is left over may differ.
seen ()
{
    local status=0
    "$replay" --kernel="$guest" --quiet --jobs=1 --limit=0 --json="$tmp/json" "$@" "$tmp/log.bin" || status=$?
    [ $status -le 1 ] || fail "replay $* exits with $status"
    jq -S 'def kinds: group_by (.kind // "") | map ({ kind: .[0].kind, states: (map (.states | tonumber) | add) });
        [.crash_states, .exhaustive, .atomic, .durable, .leftovers,
         (.points | map ({ position, crash_states, states_covered, observations: (.observations | kinds) }))]' "$tmp/json"
}

compare ()
{
    seen "$@" --audit=100 > "$tmp/searched"
    local runs
    runs=$(jq .runs "$tmp/json")
    [ "$(jq '.exhaustive and .mismatches == 0 and .audited >= .remembered' "$tmp/json")" = true ] ||
        fail "$case $*: not exhaustive, or a remembered answer is wrong: $(cat "$tmp/json")"
    seen "$@" --no-reduction > "$tmp/brute"
    [ "$(jq -r '.crash_states == (.runs | tostring)' "$tmp/json")" = true ] || fail "$case $*: brute force made too few runs"
    diff "$tmp/searched" "$tmp/brute" || fail "$case $*: the search sees something else than brute force"
    echo "$case $*: $(jq -r .crash_states "$tmp/json") states, $runs runs"
}

# GUEST FILESYSTEM UPDATE TEAR...
while read -r guest fs way tears; do
    case="$fs $way $guest"
    initial=large
    command=("$update" "$way" file)
    if [ "$way" = echo ]; then
        initial=small
        command=(/bin/sh -c 'echo new > file')
    fi
    # What is in flight together is a matter of time, too.
    for attempt in 1 2 3 4 5; do
        expect_status 0 "$powercut" record --background=none --kernel="$guest" --fs="$fs" --initial="$tmp/$initial" -o "$tmp/log.bin" -- "${command[@]}"
        ! small $tears || break
        [ $attempt -lt 5 ] || fail "$case: each recording has too many crash states for brute force: $(cat "$tmp/out")"
    done
    for tear in $tears; do
        compare --tear="${tear%:*}" --sector="${tear#*:}"
    done
done << END
$machine ext4 echo none:512 any:16K
$kernel ext4 in-place prefix:64K
$kernel xfs in-place none:512 any:16K
$kernel xfs rename prefix:16K
$kernel btrfs echo any:32K
$kernel btrfs in-place none:512 prefix:64K
END

# several LOST OPTION...: the same of a log of several disks, of which LOST, if it is not empty, does not come back
several ()
{
    local lost=$1
    shift
    guest=$kernel case="$* ${lost:+without $lost}"
    expect_status 0 "$powercut" record --background=none --settle=none --kernel="$guest" --initial="$tmp/small" -o "$tmp/log.bin" "$@" -- \
        /bin/sh -c 'echo new > file; sync file'
    small prefix:4096 || fail "$case: too many states: $(cat "$tmp/out")"
    compare --tear=prefix ${lost:+--lose="$lost"}
}
array=(--create='mdadm --create /dev/md0 --run --level=1 --raid-devices=2 --assume-clean {a} {b}'
       --assemble='mdadm --assemble --run /dev/md0 {a} {b}')
several '' --fs=btrfs --disk={a,b}:128M --mkfs='-d raid1 -m raid1'
several a --fs=btrfs --disk={a,b}:128M --mkfs='-d raid1 -m raid1'
several '' --fs=btrfs --disk={a,b,c}:128M --mkfs='-d raid0 -m raid0'
several '' --fs=ext4 --disk={a,b}:64M --log-device=b
several '' --fs=xfs --disk={a,b}:304M --log-device=b
several '' --fs=ext4 --disk={a,b}:64M "${array[@]}"
several b --fs=ext4 --disk={a,b}:64M "${array[@]}"
several '' --fs=ext4 --disk={a,b}:64M \
    --assemble='printf "0 65536 linear {b} 65536\n65536 131072 linear {a} 0\n" | dmsetup create joined'

# A megabyte overwritten in place: where its data are located, not read, it is not atomic, and all states are covered by few runs, even
# if any of its 2048 sectors may be there.  (Blocks of 1 KiB, as this size has, let a torn block of the journal have few states; half
# a superblock is none, so that such a device may leave what cannot be mounted.)
head -c 1M /dev/urandom > "$tmp/large/file"
expect_status 0 "$powercut" record --background=none --size=64M --initial="$tmp/large" -o "$tmp/log.bin" -- \
    dd if=/dev/zero of=file bs=1M count=1 conv=notrunc,fsync
for tear in '' '--tear=any --atomic=512'; do
    expect_status 1 "$replay" --jobs=1 --quiet --json="$tmp/json" $tear "$tmp/log.bin"
    [ "$(jq -c '[.exhaustive, .atomic, .mismatches, .runs <= 100, any (.violations[]; .kind == "durability")]' "$tmp/json")" = \
        '[true,false,0,true,false]' ] ||
        fail "1 MiB in place $tear: $(jq -c '[.exhaustive, .atomic, .durable, .mismatches, .runs, .violations]' "$tmp/json")"
    echo "1 MiB in place $tear: $(jq -r '.crash_states | length' "$tmp/json") digits, $(jq .runs "$tmp/json") runs"
done
[ "$(jq -r '.crash_states | length' "$tmp/json")" -ge 617 ] || fail "2048 sectors make fewer states: $(jq .crash_states "$tmp/json")"
