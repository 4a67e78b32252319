#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Updates of whole systems (powercut(1)/SYSTEM UPDATES): which way is safe is what the page's table says.
. "${srcdir:?run the tests with make check}/tests/functions.sh" || exit 1
requires jq mkfs.ext4 mkfs.btrfs btrfs btrfstune sfdisk sgdisk nbdkit
any_guest

# visited STATUS RECIPE ARGUMENTS OPTION...: and, if the status is 1, what is wrong is in $tmp/details
visited ()
{
    local status=$1 recipe="$srcdir/corpus/system-updates/$2.sh" words=$3
    shift 3
    expect_status "$status" "$powercut" run --quiet --jobs=1 -o "$tmp/log.bin" --json="$tmp/json" "$@" \
        --setup="$recipe setup $words" --check="$recipe check $words" -- "$recipe" update $words
    jq -c --arg case "${recipe##*/} $words" '[$case, .crash_states, .runs, .seconds, (.violations | map (.detail))]' "$tmp/json"
    jq -e '.exhaustive and all (.violations[]; .kind == "check" and .repeated)' "$tmp/json" > "$tmp/ignored" ||
        fail "$recipe $words: $(jq -c '[.exhaustive, .violations]' "$tmp/json")"
    jq -r '.violations[].detail' "$tmp/json" > "$tmp/details"
}

visited 0 snapshot '' --fs=btrfs --size=128M --background=writeback
# Two subvolumes are no unit.
visited 1 snapshot data --fs=btrfs --size=128M --background=writeback
grep -qx 'system 2 with other data' "$tmp/details" || fail "two subvolumes: $(cat "$tmp/details")"

visited 0 seed '' --fs=ext4 --disk=boot:32M --disk=old:110M --disk=new:110M --background=none

slots=(--fs=ext4 --disk=boot:32M --disk=a:16M --disk=b:16M --disk=flag:4M)
visited 0 slots rename "${slots[@]}" --atomic=512 --background=none
visited 1 slots truncate "${slots[@]}" --background=commit
grep -q 'no slot boots' "$tmp/details" || fail "a flag written anew: $(cat "$tmp/details")"
for way in in-place block sfdisk; do
    visited 0 slots $way "${slots[@]}" --atomic=512 --background=none
done
visited 0 slots sgdisk "${slots[@]}" --background=none
# It is safe on a disk that may tear them, too, if it flushes between the copies, as sfdisk does; gdisk 1.0.9 does not.
flushes=$("$replay" --list "$tmp/log.bin" | awk '/ begin$/ { begun = 1 } / commit$/ { begun = 0 } begun && $3 == 3 && $4 == "flush"' | wc -l)
if [ "$flushes" -lt 2 ]; then
    visited 1 slots sgdisk "${slots[@]}" --background=none --atomic=512
    grep -qx 'no GPT of the two is valid' "$tmp/details" || fail "sgdisk: $(cat "$tmp/details")"
fi
