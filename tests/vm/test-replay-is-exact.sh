#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The same log gives the same numbers on every replay, whatever the number of guests; --list counts the same; visiting every
# state one by one finds the same.
. "${srcdir:?run the tests with make check}/tests/functions.sh" || exit 1
requires jq mkfs.ext4 mkfs.btrfs qemu-system-x86_64 nbdkit

update=$builddir/corpus/atomic-update/atomic-update
mkdir "$tmp/initial"
(cd "$tmp/initial" && "$update" old file)

# replayed STATUS OPTION...: the results without what may differ
replayed ()
{
    local status=$1
    shift
    expect_status "$status" "$replay" --json="$tmp/json" "$@" "$tmp/log.bin" > "$tmp/ignored"
    jq -S 'del (.seconds)' "$tmp/json"
}
# What brute force must find too: which kind of violation in how many states, at which point of the update.
found ()
{
    jq -S '[.crash_states, .states_covered, .exhaustive, .atomic, .durable, .leftovers,
        (.violations | map ({ kind, after, detail, states }) | sort)]'
}

for case in ext4:in-place:1 ext4:rename:1 ext4:rename-fsync:0 xfs:in-place:1; do
    IFS=: read -r fs way status <<< "$case"
    expect_status 0 "$powercut" record --fs=$fs --initial="$tmp/initial" -o "$tmp/log.bin" -- "$update" "$way" file
    replayed "$status" --jobs=1 > "$tmp/first"
    replayed "$status" --jobs=1 > "$tmp/second"
    replayed "$status" --jobs=2 > "$tmp/parallel"
    diff "$tmp/first" "$tmp/second" || fail "$case: a second replay differs"
    diff "$tmp/first" "$tmp/parallel" || fail "$case: --jobs=2 differs"
    replayed "$status" --prefixes-only > "$tmp/prefixes"
    [ "$(jq .durable "$tmp/prefixes")" = "$(jq .durable "$tmp/first")" ] || fail "$case: prefixes have another durability"
    expect_status 0 "$replay" --list "$tmp/log.bin"
    [ "$(tail -n 1 "$tmp/out" | sed 's/.* \([0-9]*\) crash states/\1/')" = "$(jq -r .crash_states "$tmp/first")" ] ||
        fail "$case: --list counts other states"
    if [ "$(jq '.pending_max <= 10' "$tmp/first")" = true ]; then
        replayed "$status" --no-reduction --jobs=2 > "$tmp/brute"
        diff <(found < "$tmp/first") <(found < "$tmp/brute") || fail "$case: brute force finds something else"
        echo "$case: $(jq -r '"\(.crash_states) states: \(.runs) runs"' "$tmp/first"), brute force $(jq .runs "$tmp/brute")"
    fi
done
