#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Two paths to a disk: an update is atomic and durable with one of them lost, and fails without both.
. "${srcdir:?run the tests with make check}/tests/functions.sh" || exit 1
requires jq mkfs.ext4 nbdkit
any_guest

# run_on STATUS OPTION... -- COMMAND...
run_on ()
{
    local status=$1
    shift
    expect_status "$status" "$powercut" run --quiet --jobs=1 --background=none --paths=2 --size=64M --setup='printf old > f' \
        -o "$tmp/log.bin" --json="$tmp/json" "$@"
}
# is WHAT FILTER VALUE: what the last report says
is ()
{
    [ "$(jq -c "$2" "$tmp/json")" = "$3" ] || fail "$1: $2 is $(jq -c "$2" "$tmp/json") and not $3"
}
replace='printf new > g; sync g; mv g f; sync .'

# One path goes down, comes back, and the other one goes down: requests that fail are repeated by the other path.
run_on 0 --fsck --step="powercut-path down 0; printf new > g; sync g; powercut-path up 0; powercut-path down 1; mv g f; sync ."
is 'each path lost' '[.atomic, .durable, .exhaustive, .schedules[].paths]' '[true,true,true,2]'
expect_status 0 "$powercut" show "$tmp/log.bin"
for line in 'paths: 2, path 0 down at event [0-9]*, path 0 up at event [0-9]*, path 1 down at ' \
            '.* mark *powercut:path up 0$' ' .* flush  *done [0-9]*, path [01]$' ' .* failed, path [01]$'; do
    grep -q "^$line" "$tmp/out" || fail "show has no $line: $(cat "$tmp/out")"
done
expect_status 0 "$replay" --list "$tmp/log.bin"
for line in ' write .* path 0' ' write .* path 1' ' flush .*path [01]'; do
    grep -q "$line" "$tmp/out" || fail "the list has no $line: $(cat "$tmp/out")"
done

# A path goes down with the first write, in each of two recordings; and then with the flush that an update rests on.
run_on 0 --background=none,commit --path-down-at='begin 1' --step="$replace"
is 'from a mark on' '[.atomic, .durable, .exhaustive, .schedules[].paths]' '[true,true,true,2,2]'
position=$("$powercut" show --kind=flush --from="$(jq .schedules[0].path_down "$tmp/json")" "$tmp/log.bin" | awk '/ flush / { print $1; exit }')
run_on 0 --path-down-at="$position" --step="$replace"
is 'from a position on' '[.atomic, .durable, .exhaustive]' '[true,true,true]'
[ "$(jq .schedules[0].path_down "$tmp/json")" -gt "$position" ] || fail "it went down before $position"

# Without both the update fails, in one line, and leaves no log.
rm -f "$tmp/log.bin"
both='powercut-path down 0; powercut-path down 1; printf new > g'
run_on 2 --step="$both; sync g || exit 3"
expect_one_line "$tmp/err"
grep -q '^powercut: --step ended in the guest with exit 3: .*Input/output error$' "$tmp/err" || fail "both paths lost: $(cat "$tmp/err")"
[ ! -e "$tmp/log.bin" ] || fail 'a log of what failed'
