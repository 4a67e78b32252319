#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The same log gives the same results on every replay, whatever the number of guests, also where a limit ends the search; --list
# counts the same states.
. "${srcdir:?run the tests with make check}/tests/functions.sh" || exit 1
requires jq mkfs.ext4 mkfs.btrfs nbdkit python3
any_guest

make_initial

# replayed STATUS OPTION...: the results without what may differ: time, and which of two guests that needed the same answer at the
# same time was quicker
replayed ()
{
    local status=$1
    shift
    expect_status "$status" "$replay" --json="$tmp/json" "$@" "$tmp/log.bin" > "$tmp/ignored"
    what_was_found "$tmp/json"
}

for case in ext4:in-place:1 ext4:rename:1 ext4:rename-fsync:0 xfs:in-place:1; do
    IFS=: read -r fs way status <<< "$case"
    expect_status 0 "$powercut" record --background=none --fs="$fs" --initial="$tmp/initial" -o "$tmp/log.bin" -- "$update" "$way" file
    cp "$tmp/log.bin" "$tmp/$fs-$way.bin"
    replayed "$status" --jobs=1 > "$tmp/first"
    replayed "$status" --jobs=1 > "$tmp/second"
    replayed "$status" --jobs=2 > "$tmp/parallel"
    diff "$tmp/first" "$tmp/second" || fail "$case: a second replay differs"
    diff "$tmp/first" "$tmp/parallel" || fail "$case: --jobs=2 differs"
    replayed "$status" --jobs=1 --prefixes-only > "$tmp/prefixes"
    diff <(jq -c '.points[] | [.position, .pending, .crash_states]' "$tmp/json") \
        <(PYTHONDONTWRITEBYTECODE=1 python3 "$srcdir/tests/model/crash_model.py" "$tmp/log.bin") ||
        fail "$case: --prefixes-only visits other points than the model has"
    [ "$(jq .durable "$tmp/prefixes")" = "$(jq .durable "$tmp/first")" ] || fail "$case: prefixes have another durability"
    expect_status 0 "$replay" --list --tear=prefix --sector=4K "$tmp/log.bin"
    [ "$(tail -n 1 "$tmp/out" | sed 's/.* \([0-9]*\) crash states/\1/')" = "$(jq -r .crash_states "$tmp/first")" ] ||
        fail "$case: --list counts other states than a replay"
done

# Torn writes have too many contents: the same ones are visited, whoever visits them.
mv "$tmp/ext4-in-place.bin" "$tmp/log.bin"
for limit in 1 2 40; do
    replayed 1 --tear=any --atomic=512 --limit=$limit --jobs=1 > "$tmp/first"
    replayed 1 --tear=any --atomic=512 --limit=$limit --jobs=3 > "$tmp/parallel"
    diff "$tmp/first" "$tmp/parallel" || fail "--limit=$limit: --jobs=3 differs"
    [ "$(jq .exhaustive "$tmp/first")" = false ] || fail "--limit=$limit covers everything"
done
# Exit status 3: nothing wrong so far.
expect_status 3 "$replay" --jobs=1 --limit=1 "$tmp/ext4-rename-fsync.bin"
grep -q '^NOT FINISHED: ' "$tmp/out" || fail "an unfinished replay does not say so: $(cat "$tmp/out")"
