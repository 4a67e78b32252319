#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Hundreds of writes in flight are searched exhaustively: 300 small files, and one sync.  The same log torn too, where a limit
# ends the search, with an exact count of what is covered.
. "${srcdir:?run the tests with make check}/tests/functions.sh" || exit 1
requires jq mkfs.ext4 mkfs.xfs mkfs.btrfs nbdkit
any_guest

for fs in ext4 xfs btrfs; do
    # On a busy machine the files take so long that the file system would commit some of them by itself.
    late_commit=$([ $fs = xfs ] || echo --mount=commit=300)
    expect_status 0 "$powercut" record --background=none --device=fast --fs=$fs $late_commit -o "$tmp/log.bin" -- "$builddir/corpus/many-files/many-files" 300
    expect_status 0 "$replay" --jobs=1 --audit=100 --json="$tmp/json" "$tmp/log.bin"
    jq -c --arg fs $fs '[$fs, .pending_max, .crash_states, .runs, .remembered, .seconds]' "$tmp/json"
    jq -e '.exhaustive and .states_covered == .crash_states and .pending_max >= 50 and .atomic and .durable
        and .runs + .remembered < 1000 and .mismatches == 0' "$tmp/json" > "$tmp/ignored" || fail "$fs: $(cat "$tmp/json")"
    # As text a number of so many digits is a power of ten.
    states=$(jq -r .crash_states "$tmp/json")
    grep -q " ${states:0:1}\.[0-9]*e$((${#states} - 1)) crash states; all covered" "$tmp/out" || fail "$fs: $(cat "$tmp/out")"

    "$replay" --jobs=1 --quiet --tear=prefix --limit=20 --json="$tmp/json" "$tmp/log.bin" || [ $? -ne 2 ] || fail "$fs: torn: exit status 2"
    # Of each crash point, either all is covered or as much as the limit allows.
    jq -e 'all (.points[]; .states_covered == .crash_states or .runs + .remembered == 20)' "$tmp/json" > "$tmp/ignored" ||
        fail "$fs, torn: $(jq -c '.points[] | del (.observations)' "$tmp/json")"
done
