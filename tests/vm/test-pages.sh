#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# --pages: what becomes of each page of a file, in how many crash states; where a page is damaged, and where it never is.
. "${srcdir:?run the tests with make check}/tests/functions.sh" || exit 1
requires jq mkfs.ext4 nbdkit
any_guest

updates=$builddir/corpus/pages/page-updates
setup="$updates old data; echo old > note"

# record WAY [OPTION...]: into $tmp/WAY.bin
record ()
{
    expect_status 0 "$powercut" record --background=none --pages --size=64M --mkfs='-b 4096' --setup="$setup" -o "$tmp/$1.bin" "${@:2}" -- "$updates" "$1" data
}

# tabulate STATUS WAY [OPTION...]: replay into $tmp/json and $tmp/table
tabulate ()
{
    expect_status "$1" "$replay" --jobs=1 --json="$tmp/json" "${@:3}" "$tmp/$2.bin"
    cp "$tmp/out" "$tmp/table"
    holds "$2 ${*:3}" '.exhaustive'
}

# holds CASE EXPRESSION: jq's EXPRESSION is true; `page (N)` is the row of a page of data
holds ()
{
    jq -e "def page (\$n): .pages[] | select (.path == \"data\" and .page == \$n);
           def counts (\$when): .[\$when] | with_entries (select (.value != \"0\")) | map_values (tonumber);
           def classes (\$when): counts (\$when) | keys_unsorted | sort;
           def damage: [.in_update, .committed | .missing, .torn, .zero, .other | tonumber] | add;
           $2" "$tmp/json" > "$tmp/ignored" || fail "$1: not $2: $(jq -c '[.exhaustive, .pages]' "$tmp/json")"
}

# Overwriting through a mapping without msync: a device that tears nothing leaves the page old or new, also after the update has
# returned, and touches no other page.
record overwrite-mmap --watch=data
tabulate 1 overwrite-mmap
cat "$tmp/table"
holds overwrite 'page (1) | classes ("in_update") == ["old"] and classes ("committed") == ["new", "old"]'
holds overwrite '[page (0, 2, 3) | (classes ("in_update") + classes ("committed") | unique) == ["unchanged"]] | all'
# Every row counts every state.
holds overwrite '(.crash_states | tonumber) as $all | .pages | length == 4 and all ([counts ("in_update", "committed") | add] | add == $all)'
grep -q '^never damaged in all [0-9]* crash states on ext4: data 0-3$' "$tmp/table" || fail "overwrite: $(cat "$tmp/table")"
grep -q '^still old in some after commit: data 1$' "$tmp/table" || fail "overwrite: $(cat "$tmp/table")"

# A device that tears writes leaves that page torn, and no other one damaged.  The pages are counted where the file's data are, which
# takes fewer runs than there are states.
tabulate 1 overwrite-mmap --tear=any --sector=2K
holds located '.runs * 2 < (.crash_states | tonumber)'
holds torn 'page (1) | (classes ("committed") | contains (["torn", "old", "new"])) and counts ("committed").torn > 0'
holds torn '[page (0, 2, 3) | damage] | add == 0'
grep -q '^damaged in some of them: data 1$' "$tmp/table" || fail "torn: $(cat "$tmp/table")"

# One state, in pages of another size.
state=$(jq -r '[.violations[] | select (.kind == "atomicity")][0].state' "$tmp/json")
expect_status 1 "$replay" --state="$state" --page-size=1K "$tmp/overwrite-mmap.bin"
grep -q '^pages      data: 0-3 unchanged, 4-5 \(old, 6-7 new\|new, 6-7 old\), 8-15 unchanged$' "$tmp/out" ||
    fail "one state: $(cat "$tmp/out")"

# A visit of every state one by one counts the same.
jq -S .pages "$tmp/json" > "$tmp/searched"
tabulate 1 overwrite-mmap --tear=any --sector=2K --no-reduction
diff "$tmp/searched" <(jq -S .pages "$tmp/json") || fail 'brute force counts other pages'

# A mapping of pages that ftruncate has just added: an fsync of another file makes the length durable without the data.
record enlarge-mmap-another --watch=data
tabulate 1 enlarge-mmap-another
cat "$tmp/table"
holds enlarge '[page (4, 5) | counts ("committed").zero > 0] | all'
holds enlarge '[page (0, 1, 2, 3) | damage] | add == 0'
holds enlarge '[page (4, 5) | counts ("committed") | has ("torn") or has ("missing") or has ("other")] | any | not'
grep -q '^damaged in some of them: data 4-5$' "$tmp/table" || fail "enlarge: $(cat "$tmp/table")"

# write and fsync: once they have returned, the page is new.  All files of the tree, and a checker, which the pages do not disturb.
record overwrite-write-fsync --check='true'
tabulate 0 overwrite-write-fsync
holds fsync 'page (1) | classes ("committed") == ["new"] and damage == 0'
holds fsync '[.pages[] | .path] | unique == ["data", "note"]'
grep -q '^still old in some after commit: no page$' "$tmp/table" || fail "fsync: $(cat "$tmp/table")"
holds fsync '.atomic == null and .durable == null'

# What cannot be tabulated is refused.
refused_here ()
{
    expect_status 2 "${@:2}"
    expect_one_line "$tmp/err"
    grep -q -- "$1" "$tmp/err" || fail "$(cat "$tmp/err")"
}
refused_here '--pages: .* 16777216 bytes .* --watch' "$powercut" record --background=none --pages --size=64M --setup='truncate -s 17M large' \
    -o "$tmp/x.bin" -- sh -c 'echo new > file'
refused_here '--pages: there is no file' "$powercut" record --background=none --pages --size=64M -o "$tmp/x.bin" -- sh -c 'mkdir folder'
expect_status 0 "$powercut" record --background=none --size=64M -o "$tmp/plain.bin" -- sh -c 'echo new > file'
refused_here 'has nothing about pages: record it with --pages' "$replay" --pages "$tmp/plain.bin"
