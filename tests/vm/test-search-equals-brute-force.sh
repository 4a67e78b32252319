#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# On real logs, the search and a visit of every state one by one see the same at each crash point, in as many states, whole or
# torn.  A device's sectors are as large as it takes for brute force to end.
. "${srcdir:?run the tests with make check}/tests/functions.sh" || exit 1
requires jq mkfs.ext4 mkfs.xfs mkfs.btrfs qemu-system-x86_64 nbdkit

update=$builddir/corpus/atomic-update/atomic-update
mkdir "$tmp/small" "$tmp/large"
echo old > "$tmp/small/file"
(cd "$tmp/large" && "$update" old file)

# Other kernels keep more in flight.
kernel=$("$powercut" kernel list | awk '/^6\.1\..*-cloud-/ { print $1; exit }')
if [ -z "$kernel" ]; then
    echo "skipped: no kernel 6.1: powercut kernel fetch 6.1" >&2
    exit 77
fi

# small OPTION...: whether the log has few enough states for brute force
small ()
{
    expect_status 0 "$replay" --list "$@" "$tmp/log.bin"
    [ "$(tail -n 1 "$tmp/out" | sed 's/.* \([0-9]*\) crash states/\1/' | cut -c1-6)" -le 800 ]
}

# seen OPTION...: what was seen where, in how many states
seen ()
{
    local status=0
    "$replay" --quiet --limit=0 --json="$tmp/json" "$@" "$tmp/log.bin" || status=$?
    [ $status -le 1 ] || fail "replay $* exits with $status"
    jq -S '[.crash_states, .exhaustive, .atomic, .durable, .leftovers, (.points | map ({ position, crash_states, states_covered, observations }))]' \
        "$tmp/json"
}

compare ()
{
    seen "$@" --audit=100 > "$tmp/searched"
    local runs
    runs=$(jq .runs "$tmp/json")
    [ "$(jq '.exhaustive and .mismatches == 0 and .audited == .remembered' "$tmp/json")" = true ] ||
        fail "$case $*: not exhaustive, or a remembered answer is wrong: $(cat "$tmp/json")"
    seen "$@" --no-reduction > "$tmp/brute"
    [ "$(jq -r '.crash_states == (.runs | tostring)' "$tmp/json")" = true ] || fail "$case $*: brute force made too few runs"
    diff "$tmp/searched" "$tmp/brute" || fail "$case $*: the search sees something else than brute force"
    echo "$case $*: $(jq -r .crash_states "$tmp/json") states, $runs runs"
}

# FILESYSTEM SECTOR-OF-PREFIX SECTOR-OF-ANY UPDATE
while read -r fs prefix any way; do
    case="$fs $way"
    initial=large
    command=("$update" "$way" file)
    if [ "$way" = echo ]; then
        initial=small
        command=(/bin/sh -c 'echo new > file')
    fi
    # What is in flight together is a matter of time, too.
    for attempt in 1 2 3 4 5; do
        expect_status 0 "$powercut" record --kernel="$kernel" --fs="$fs" --initial="$tmp/$initial" -o "$tmp/log.bin" -- "${command[@]}"
        ! small || ! small --tear=prefix --sector="$prefix" || ! small --tear=any --sector="$any" || break
        [ $attempt -lt 5 ] || fail "$case: each recording has too many crash states for brute force: $(cat "$tmp/out")"
    done
    compare
    compare --tear=prefix --sector="$prefix"
    compare --tear=any --sector="$any"
done << END
ext4 16K 16K echo
ext4 64K 64K in-place
xfs 4K 16K in-place
xfs 16K 32K rename
btrfs 16K 32K echo
btrfs 64K 64K in-place
END
