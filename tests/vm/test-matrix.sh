#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A small matrix: every cell is what `powercut run` says, one that is not supported and one that fails are told apart, text of
# the user's does no harm in a report, and Ctrl-C leaves nothing.
. "${srcdir:?run the tests with make check}/tests/functions.sh" || exit 1
requires jq mkfs.ext4 mkfs.btrfs nbdkit pgrep xmllint
any_guest

mkdir "$tmp/work"
export TMPDIR=$tmp/work
reports=(--json="$tmp/json" --markdown="$tmp/md" --html="$tmp/html")

nothing_left ()
{
    [ -z "$(ls -A "$tmp/work")" ] || fail "$1: left in TMPDIR: $(ls -A "$tmp/work")"
    ! pgrep -f "$tmp/work" > "$tmp/pids" || fail "$1: processes left: $(ps -o pid,args -p "$(paste -sd, "$tmp/pids")")"
}

# pages_are_sound: the HTML is well-formed and needs nothing else; each row of a Markdown table has as many cells as its head
pages_are_sound ()
{
    xmllint --noout "$tmp/html" || fail 'the HTML is not well-formed'
    ! grep -iq '<script\|<link\|<img\|url(\|@import' "$tmp/html" || fail 'the HTML has a script or needs another file'
    grep -q 'prefers-color-scheme: dark' "$tmp/html" || fail 'the HTML has no dark colours'
    sed 's/\\|//g' "$tmp/md" | awk -F'|' '
        !/^\|/ { columns = 0; next }
        !columns { columns = NF; tables++ }
        NF != columns { print "not in its columns: " $0; bad = 1 }
        END { exit bad || !tables }' || fail 'a table in Markdown is broken'
}

# cell FS PROTOCOL EXPRESSION: jq's EXPRESSION holds for the cell
cell ()
{
    jq -e --arg fs "$1" --arg protocol "$2" ".cells[] | select (.filesystem == \$fs and .protocol == \$protocol) | $3" \
        "$tmp/json" > "$tmp/jq" || fail "$1 $2: not $3: $(jq -c ".cells[]" "$tmp/json")"
}

expect_status 0 "$powercut" matrix --fs=ext4,btrfs --protocol=rename,reflink --keep="$tmp/kept" "${reports[@]}"
cp "$tmp/out" "$tmp/table"
cat "$tmp/table"
[ "$(jq '.cells | length' "$tmp/json")" = 4 ] || fail "not four cells: $(jq -c .cells "$tmp/json")"
for fs in ext4 btrfs; do
    cell $fs rename '.outcome == "measured" and .reason == null and .mount == ""'
    # Whether a commit finds the new data not written yet is luck.
    cell $fs rename '.result | .schedules[0].atomic and .exhaustive and .durable == false and .crash_states == .states_covered and .runs > 0'
    grep -q "^| rename |\( \(atomic\|neither\) |\)* *$" "$tmp/md" || fail "rename is not in the Markdown: $(cat "$tmp/md")"
done
cell btrfs reflink '.result | .atomic and .durable and .exhaustive'
cell ext4 reflink '.outcome == "not supported" and .result == null and (.reason | startswith ("ioctl (FICLONE): "))'
grep -q '^reflink  *not supported: ioctl (FICLONE): ' "$tmp/table" || fail 'no word of what is not supported'
grep -q '^| reflink | not supported | atomic, durable |$' "$tmp/md" || fail 'reflink is not in the Markdown'
grep -q '<td [^>]*class="none">not supported</td>' "$tmp/html" || fail 'reflink is not in the HTML'
grep -q '^4 cells: 3 measured, 1 not supported, 0 failed; ' "$tmp/table" || fail 'the cells are not counted'
pages_are_sound
nothing_left 'four cells'

# What was wrong is wrong under some schedule, and its logs are kept, all of the cell's.
[ "$(jq -c '[.cells[0].result.schedules[].schedule]' "$tmp/json")" = '["none","commit","writeback"]' ] ||
    fail "the schedules: $(jq -c '.cells[0].result.schedules' "$tmp/json")"
grep -q 'durability after commit in [0-9]* states\? under none: ' "$tmp/out" || fail "no schedule of what is wrong: $(cat "$tmp/out")"
release=$(jq -r '.cells[0].kernel' "$tmp/json")
for fs in ext4 btrfs; do
    for schedule in '' -commit -writeback; do
        log=$tmp/kept/rename-$fs-$release$schedule.bin
        background=$("$replay" --list "$log" | sed -n 's/^info background=//p')
        [ "-$background" = "${schedule:--none}" ] || fail "$log is of background '$background': $(ls "$tmp/kept")"
    done
done
[ "$(find "$tmp/kept" -type f | wc -l)" = 6 ] || fail "kept: $(ls "$tmp/kept")"

# The same by hand.
mkdir "$tmp/initial"
protocols=$builddir/corpus/update-protocols/update-protocols
(cd "$tmp/initial" && "$protocols" old file)
expect_status 77 "$powercut" run --jobs=1 --background=none --quiet --initial="$tmp/initial" -o "$tmp/log.bin" -- "$protocols" reflink file
expect_one_line "$tmp/err"
expect_status 1 "$powercut" run --quiet --jobs=1 --initial="$tmp/initial" -o "$tmp/log.bin" --json="$tmp/run" -- \
    "$protocols" rename file
[ "$(jq -c '[.schedules[0].atomic, .durable, .leftovers]' "$tmp/run")" = \
    "$(jq -c '.cells[] | select (.filesystem == "ext4" and .protocol == "rename").result | [.schedules[0].atomic, .durable, .leftovers]' \
        "$tmp/json")" ] || fail 'powercut run says something else'

# Cells that fail say why and do not keep the others from being measured.
hostile='<script>alert("&1")</script>|*`'
expect_status 2 "$powercut" matrix --jobs=1 --background=none --fs=ext4 --protocol=rename-fsync --mount="$hostile" --mount=noatime "${reports[@]}"
cat "$tmp/out"
[ ! -s "$tmp/err" ] || fail "an error message: $(cat "$tmp/err")"
[ "$(jq -c '[.cells[] | [.filesystem, .outcome]]' "$tmp/json")" = \
    '[["ext4","failed"],["ext4","measured"]]' ] || fail "outcomes: $(jq -c .cells "$tmp/json")"
[ "$(jq -r '.cells[0].mount' "$tmp/json")" = "$hostile" ] || fail 'the mount option is not in the JSON'
[ "$(jq -r '.cells[1].mount' "$tmp/json")" = noatime ] || fail 'the second mount option is not in the JSON'
jq -e '.cells[0].reason | contains ("mount")' "$tmp/json" > "$tmp/jq" || fail 'no word about the mount'
grep -q '&lt;script&gt;alert(&quot;&amp;1&quot;)&lt;/script&gt;|\*`' "$tmp/html" || fail 'the mount option is not in the HTML'
grep -Fq '\<script\>alert("\&1")\</script\>\|\*\`' "$tmp/md" || fail 'the mount option is not in the Markdown'
pages_are_sound
nothing_left 'cells that fail'

# Ctrl-C.
rm "$tmp/json" "$tmp/md" "$tmp/html"
interrupted 3 "$powercut" matrix --fs=ext4 --jobs=2 "${reports[@]}"
expect_one_line "$tmp/err"
nothing_left Ctrl-C
[ ! -e "$tmp/json" ] && [ ! -e "$tmp/md" ] && [ ! -e "$tmp/html" ] || fail 'Ctrl-C: a report was left'
