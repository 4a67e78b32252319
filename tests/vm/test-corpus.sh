#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The corpus: what is expected, what is not, what is known and gone, what cannot be had; the reports of it; cases made of logs.
. "${srcdir:?run the tests with make check}/tests/functions.sh" || exit 1
requires jq mkfs.ext4 mkfs.btrfs nbdkit xmllint
any_guest 6.1

cases=$tmp/cases
safe='echo new > file.tmp && sync && mv file.tmp file && sync'
unsafe='echo new > file.tmp && mv file.tmp file || sync'  # the same programs, so that one guest will do for both

# put_case NAME COMMAND [LINE...]
put_case ()
{
    mkdir -p "$cases/$1"
    printf 'title = %s\ncommand = %s\nsetup = echo old > file\n' "$1" "$2" > "$cases/$1/case.ini"
    printf '%s\n' "${@:3}" >> "$cases/$1/case.ini"
}

# outcome CASE FS: the word in the JSON
outcome ()
{
    jq -r --arg case "$1" --arg fs "$2" '.cells[] | select (.case == $case and .filesystem == $fs) | .outcome' "$tmp/json"
}

# expect CASE FS WORD
expect ()
{
    local word
    word=$(outcome "$1" "$2")
    [ "$word" = "$3" ] || fail "$1 on $2: $word, not $3: $(cat "$tmp/out")"
}

put_case safe "$safe" '[btrfs]' 'mount = noatime'
put_case known "$unsafe" 'filesystems = btrfs' '[fails btrfs 6 7]' 'finding = durability: old contents' 'why = nothing is synced'
put_case fixed "$safe" 'filesystems = ext4' '[fails ext4]' 'finding = durability' 'why = no reason'
put_case new "$unsafe" 'filesystems = ext4' '[fails ext4]' 'finding = kernel' 'why = it fails otherwise'
put_case unsupported 'exit 77; mv; sync' 'filesystems = ext4'
put_case missing "$unsafe" 'needs = sh no-such-program'
printf 'write a 0 4K\nfsync a\n' > "$cases/plain.workload"
# Recovery is asked for the sectors of `b`, which no case before it in the same guest is about, and again by a fresh boot.
mkdir "$cases/touched"
printf '%s\n' 'title = touched' 'filesystems = btrfs' '[fails btrfs 6]' 'finding = durability: fsync-data: a: empty' \
    'why = the fsync of a file without a name logs nothing' > "$cases/touched/case.ini"
printf '%s\n' 'write b 0 16K' begin 'write b 4K 4K' 'tmpfile new' 'write new 0 16K' 'fsync new' 'linktmp new update' 'rename update a' \
    'fsync .' > "$cases/touched/workload"
expect_status 0 "$powercut" record --background=none --quiet --size=64M --setup='echo old > file' -o "$tmp/log.bin" -- /bin/sh -c "$safe"
expect_status 0 "$powercut" corpus add --title='a log' "$tmp/log.bin" "$cases/log"
[ "$(ls "$cases/log")" = $'case.ini\nlog.zst' ] || fail "corpus add made $(ls "$cases/log")"

# Everything at once: something unexpected.
expect_status 1 "$powercut" corpus run --background=none --jobs=1 --fs=ext4,btrfs --no-fsck --no-usable --json="$tmp/json" --junit="$tmp/junit" "$cases"
expect safe ext4 pass
expect safe btrfs pass
expect known btrfs known
expect known ext4 n/a
expect fixed ext4 FIXED
expect new ext4 FAIL
expect unsupported ext4 n/a
expect missing ext4 n/a
jq -e '.cells[] | select (.case == "missing") | .reason == "no-such-program is not on this machine"' "$tmp/json" > "$tmp/ignored" ||
    fail "what is missing: $(jq -c .cells "$tmp/json")"
expect plain ext4 pass
expect plain btrfs pass
expect touched btrfs known
expect log ext4 pass
expect log btrfs n/a
grep -q '^new  *FAIL  *n/a *$' "$tmp/out" || fail "the table: $(cat "$tmp/out")"
grep -q '^9 cases, 18 cells: 5 pass, 1 FAIL, 2 known, 1 FIXED, 9 n/a, 0 error' "$tmp/out" || fail "the totals: $(cat "$tmp/out")"
grep -q '^    1  ext4: durability: old contents after commit: file:' "$tmp/out" || fail "the causes: $(cat "$tmp/out")"
[ "$(jq -r '[.causes[] | .kind, (.cells[] | .case, .filesystem), .lost[]] + [.known[].cells[].case] | join (" ")' "$tmp/json")" = \
    'durability new ext4 known touched' ] || fail "the causes: $(jq '.causes, .known' "$tmp/json")"
grep -q '^    again: powercut run .*--fs ext4 ' "$tmp/out" || fail "no command: $(cat "$tmp/out")"
xmllint --noout "$tmp/junit" || fail "the XML is not well-formed"
[ "$(xmllint --xpath 'count(//failure)' "$tmp/junit"),$(xmllint --xpath 'count(//skipped)' "$tmp/junit")" = 2,11 ] ||
    fail "the XML: $(cat "$tmp/junit")"
! grep -e --fsck -e --usable "$tmp/out" >&2 || fail 'what recovery left was not left alone'
# The same in Markdown; each cell once, by the later of two results.
jq '.cells |= map (select (.case == "new") | .outcome = "known")' "$tmp/json" > "$tmp/later"
"$srcdir/corpus/tabulate.sh" "$tmp/json" "$tmp/later" > "$tmp/table"
grep -q '^| 6\.1.* | ext4 | 3 | 1 | 0 | 1 | 4 | 0 | [0-9]* |$' "$tmp/table" || fail "the table of kernels: $(cat "$tmp/table")"
grep -q '^| touched | btrfs | known: 6\.1.* | the fsync of a file without a name logs nothing |$' "$tmp/table" ||
    fail "the table of bugs: $(cat "$tmp/table")"

# What recovery left is looked at otherwise.
expect_status 1 "$powercut" corpus run --background=none --jobs=1 --fs=ext4 --filter=new "$cases"
grep -q '^    again: powercut run .*--fsck --usable .*--fs ext4 ' "$tmp/out" || fail "no command: $(cat "$tmp/out")"

# Only what is expected, and what could not be measured.
expect_status 0 "$powercut" corpus run --background=none --jobs=1 --fs=btrfs --filter=know "$cases"
put_case broken 'exit 3; mv; sync' 'filesystems = ext4'
expect_status 2 "$powercut" corpus run --background=none --jobs=1 --fs=ext4 --filter=broken --json="$tmp/json" "$cases"
expect broken ext4 error

# One that takes too long is cut, and says how far it came.
put_case slow "$safe" 'filesystems = ext4' 'check = sleep 0.5'
expect_status 2 "$powercut" corpus run --background=none --jobs=1 --fs=ext4 --filter=slow --total-time=1 --json="$tmp/json" "$cases"
expect slow ext4 error
jq -e '.cells[].reason | test ("^not every crash state was covered: [0-9]+ of [0-9]+ were$")' "$tmp/json" > "$tmp/ignored" ||
    fail "the reason: $(jq -c .cells "$tmp/json")"
rm -r "$cases/slow"

# A stream: those that pass are counted, the others kept with their workloads.
printf 'mkdir d\nwrite s 0 4K\nbegin\nrename s d/t\nfsync d\n' > "$tmp/both.workload"
tar -cf "$tmp/stream.tar" -C "$tmp" both.workload -C "$cases" plain.workload
expect_status 1 "$powercut" corpus run --background=none --jobs=1 --fs=ext4,btrfs --no-fsck --no-usable --json="$tmp/json" \
    --keep="$tmp/kept" - < "$tmp/stream.tar"
expect both btrfs FAIL
[ "$(jq -c '[.cases, .outcomes.pass, .outcomes.FAIL, (.cells | length)]' "$tmp/json")" = '[2,3,1,1]' ] || fail "$(cat "$tmp/out")"
grep -q "^    again: powercut run .* --workload $tmp/kept/both.workload$" "$tmp/out" || fail "no command: $(cat "$tmp/out")"
cmp "$tmp/both.workload" "$tmp/kept/both.workload"
[ "$(find "$tmp/kept" -name 'both-btrfs-*.bin' | wc -l)" = 1 ] || fail "kept: $(ls "$tmp/kept")"
expect_status 2 "$powercut" corpus run - < /dev/null
grep -q 'no workload is in the stream' "$tmp/err" || fail "$(cat "$tmp/err")"

mkdir "$tmp/many"
for ((i = 0; i < 1000; i++)); do
    printf 'begin\nsync\n' > "$tmp/many/$i.workload"
done
tar --hard-dereference -cf "$tmp/stream.tar" -C "$tmp" both.workload many both.workload
expect_status 2 "$powercut" corpus run --fs=ext4 --shard=4096/4096 - < "$tmp/stream.tar"
grep -q 'both.workload: is twice in the stream' "$tmp/err" || fail "the same name in another batch: $(cat "$tmp/err")"

# One that is known to fail is not done again, but for its log.
for keep in '' "--keep=$tmp/logs" "--keep=$tmp/logs"; do
    cp "$tmp/known" "$tmp/before" 2> "$tmp/err" || :
    expect_status 1 "$powercut" corpus run --background=none --jobs=1 --fs=ext4 --filter=new --resume="$tmp/known" $keep "$cases"
    [ -z "$keep" ] || ls "$tmp"/logs/new-ext4-*.bin > "$tmp/out" || fail 'no log is kept of what was known'
done
cmp "$tmp/known" "$tmp/before"

# A bad case stops everything before anything is booted.
put_case bad true '[fails btrfs]' 'finding = nothing'
expect_status 2 "$powercut" corpus run "$cases"
grep -q "cases/bad/case.ini:5: finding: nothing" "$tmp/err" || fail "$(cat "$tmp/err")"
[ "$(wc -l < "$tmp/err")" = 1 ] || fail "more than one line: $(cat "$tmp/err")"
rm -r "$cases/bad"

expect_status 0 "$powercut" corpus list --filter=known "$cases"
grep -q '^    fails on btrfs with 6, 7: nothing is synced$' "$tmp/out" || fail "$(cat "$tmp/out")"
expect_status 2 "$powercut" corpus add "$tmp/log.bin" "$cases/log"
expect_status 2 "$powercut" corpus add "$0" "$cases/other"
[ ! -e "$cases/other" ] || fail "a case was left of what is no log"
