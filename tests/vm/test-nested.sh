#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Power fails again during recovery: every state of an interrupted recovery is visited or remembered, and what is remembered is
# what a run sees.
. "${srcdir:?run the tests with make check}/tests/functions.sh" || exit 1
requires jq mkfs.ext4 mkfs.btrfs nbdkit
any_guest

mkdir "$tmp/initial"
echo old > "$tmp/initial/file"

# record FILESYSTEM COMMAND
record ()
{
    expect_status 0 "$powercut" record --background=none --fs="$1" --initial="$tmp/initial" -o "$tmp/log.bin" -- \
        /bin/sh -c "$2"
}

# again STATUS OPTION...: interrupt what is recovered
again ()
{
    expect_status "$1" "$replay" --jobs=1 --nested=1 --json="$tmp/json" "${@:2}" "$tmp/log.bin"
}

# expect FILTER
expect ()
{
    [ "$(jq "$1" "$tmp/json")" = true ] || fail "not so: $1: $(cat "$tmp/json")"
}

for fs in btrfs ext4; do
    record "$fs" 'echo new > file.tmp && sync file.tmp && mv file.tmp file && sync .'
    again 0 --audit=100
    expect '.exhaustive and .atomic and .durable and .mismatches == 0 and .audited > .remembered'
    expect '.nested[0] | .recoveries > 0 and .crash_points > .recoveries and .crash_states == .states_covered and .remembered > .runs'
    grep -q '^power fails again: [0-9]* recoveries are interrupted at [0-9]* crash points, .*; all covered by ' "$tmp/out" ||
        fail "the report does not say it: $(cat "$tmp/out")"
done

# The id of such a state rebuilds it, if recovery writes the same again, as it does at its beginning: what is seen is the same.
again 0 --json-lines="$tmp/lines"
read -r state tree < <(jq -r 'select ((.state | test (":.*;.*:")) and .seen[:5] == "tree ") | .state + " " + .seen[5:]' "$tmp/lines" |
    sort -t ';' -k 2n | head -n 1)
[ -n "$state" ] || fail 'no state of an interrupted recovery lacks writes of both'
expect_status 0 "$replay" --state="$state" "$tmp/log.bin"
grep -qx "state      $state" "$tmp/out" || fail "not the state $state: $(cat "$tmp/out")"
grep -q '^after      .*during recovery$' "$tmp/out" || fail "it is not said that power failed again: $(cat "$tmp/out")"
grep -qx "observed   $tree" "$tmp/out" || fail "$state is not what it was: $(cat "$tmp/out")"
expect_status 0 "$replay" --state="$state" --export="$tmp/image" "$tmp/log.bin"
[ -s "$tmp/image" ] || fail 'no image'
mkdir "$tmp/work"
export TMPDIR=$tmp/work
refused 'begins at position' "$replay" --state="${state%%;*};1" "$tmp/log.bin"
first=${state%%;*} later=${state#*;}
refused 'begins at position' "$replay" --state="$first;${later%%:*}:-$(grep -o '[0-9]*' <<< "${first#*:}" | head -n 1)" "$tmp/log.bin"
refused 'is not for --serve' "$replay" --state="$state" --serve="$tmp/socket" "$tmp/log.bin"

# What is done after recovery is not interrupted, but done after an interrupted one, too.
again 0 --usable
expect '.exhaustive and .nested[0].exhaustive and .nested[0].recoveries > 0'

# A checker may look, and not write.
again 0 --check='cat file'
expect '.nested[0].exhaustive and .mismatches == 0'
refused 'the checker has changed what it was to look at' "$replay" --jobs=1 --nested=1 --check='echo x > mine' "$tmp/log.bin"
