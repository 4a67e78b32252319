#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# An external checker: right, wrong, and all the ways in which it is neither; and SQLite, held to what its documentation
# promises for each setting.
. "${srcdir:?run the tests with make check}/tests/functions.sh" || exit 1
requires jq mkfs.ext4 nbdkit sqlite3
any_guest

mkdir "$tmp/included"
echo 'as it was' > "$tmp/included/file"
printf '#!/bin/sh\ngrep -qx "old\\|new" a && grep -qx "as it was" "$1"\n' > "$tmp/checker"
chmod +x "$tmp/checker"
expect_status 0 "$powercut" record --background=none --size=64M --setup='echo old > a' --include="$tmp/included" -o "$tmp/log.bin" \
    --check="$tmp/checker $tmp/included/file" -- /bin/sh -c 'echo new > b; mv b a'

# The recording's checker is taken, with what it was then and had then: nothing of this machine, whatever is there by now.  The trees are
# not compared then.
rm "$tmp/checker"
echo 'a secret' > "$tmp/included/file"
expect_status 0 "$replay" --jobs=1 --json="$tmp/json" "$tmp/log.bin"
grep -q '^check: right$' "$tmp/out" || fail "the report does not say that the checker is content: $(cat "$tmp/out")"
[ "$(jq -c '[.exhaustive, .atomic, .durable]' "$tmp/json")" = '[true,null,null]' ] || fail "trees are judged: $(cat "$tmp/json")"

# Its last line is the detail, and the marks that were passed are told.
expect_status 1 "$replay" --jobs=1 --json="$tmp/json" --check='[ "$(echo "$POWERCUT_MARKS")" = "$(cat "$POWERCUT_MARKS_FILE")" ] || exit 3
    if grep -qx old a && grep -q "^commit" "$POWERCUT_MARKS_FILE"; then echo old; exit 1; fi' "$tmp/log.bin"
[ "$(jq -c '[.violations[] | [.after, .detail]]' "$tmp/json")" = '[["commit","old"]]' ] ||
    fail "other violations: $(jq -c .violations "$tmp/json")"
expect_status 1 "$replay" --jobs=1 --json="$tmp/json" --check='seq 300; echo wrong after $(tail -n 1 "$POWERCUT_MARKS_FILE"); exit 1' "$tmp/log.bin"
[ "$(jq -c '[.violations[] | [.kind, .after, .detail, .repeated]] | sort' "$tmp/json")" = \
    '[["check","begin","wrong after begin",true],["check","commit","wrong after commit",true]]' ] ||
    fail "other violations: $(jq -c .violations "$tmp/json")"
grep -q '^check: WRONG$' "$tmp/out" || fail "the report does not say that the checker found something: $(cat "$tmp/out")"
expect_status 1 "$replay" --state="$(jq -r '.violations[0].state' "$tmp/json")" --check='echo "  two"; echo lines; exit 1' "$tmp/log.bin"
[ "$(sed -n '/^checker /,/^verdict /p' "$tmp/out")" = 'checker    wrong
  two
lines
verdict    check: lines' ] || fail "--state does not show what the checker said: $(cat "$tmp/out")"

# A checker that fails is told apart from a violation: one line, and exit status 2.
broken ()
{
    expect_status 2 "$replay" --jobs=1 --timeout=5 --limit=1 --check="$2" "$tmp/log.bin"
    expect_one_line "$tmp/err"
    grep -q "the checker says neither 0 (right) nor 1 (wrong): $1" "$tmp/err" || fail "another message: $(cat "$tmp/err")"
}
broken 'exit 3: really' 'echo really; exit 3'
broken 'signal 9' 'kill -9 $$'
# One that never ends is a violation, in one state here, and the search goes on with a guest of which it holds nothing.
expect_status 1 "$replay" --timeout=4 --jobs=1 --json="$tmp/json" --check='grep -qx old a && grep -q "^commit" "$POWERCUT_MARKS_FILE" ||
    exit 0; echo waiting; setsid sleep 600 < a & sleep 600' "$tmp/log.bin"
[ "$(jq -c '[.exhaustive, (.violations[] | [.kind, .after, .detail, .repeated])]' "$tmp/json")" = \
    '[true,["hang","commit","the checker does not end within 4 s: waiting",true]]' ] ||
    fail "other violations: $(jq -c .violations "$tmp/json")"
grep -q '^check: WRONG$' "$tmp/out" || fail "the report does not say that the checker hangs: $(cat "$tmp/out")"

# Marks of all kinds fit into a request: `%` takes three bytes there.  What the command prints is not in the report.
expect_status 0 "$powercut" run --jobs=1 --background=none --size=64M -o "$tmp/marks.bin" --json=- \
    --check='[ $(wc -c < "$POWERCUT_MARKS_FILE") -gt 250000 ] || ! grep -q commit "$POWERCUT_MARKS_FILE"' -- /bin/sh -c \
    'text=%%%%%%%%; for i in 1 2 3 4 5 6 7 8 9; do text=$text$text; done; for i in $(seq 100); do powercut-mark $text; done; sync; printf half'
jq -e '.violations == []' "$tmp/out" > "$tmp/empty" || fail "no report alone: $(head -c 1000 "$tmp/out")"
grep -qzP '(^|\n)half\n' "$tmp/err" || fail "no line of the command: $(cat "$tmp/err")"

# A mark is a crash point: what is on the disk just before it must be right without it.
cat > "$tmp/publish" << 'END'
#!/bin/sh
tr '\0' n < /dev/zero | dd of=greeting bs=4096 count=1 iflag=fullblock oflag=direct conv=notrunc 2> /dev/null || exit 1
powercut-mark published
sync greeting
END
chmod +x "$tmp/publish"
expect_status 1 "$powercut" run --jobs=1 --quiet --size=64M --settle=none --setup='head -c 4096 /dev/zero | tr "\0" o > greeting' \
    --background=none -o "$tmp/published.bin" --json="$tmp/json" --check='! grep -q nnnn greeting || grep -q "^published" "$POWERCUT_MARKS_FILE" ||
    { echo new contents before published; exit 1; }' -- "$tmp/publish"
[ "$(jq -c '[.exhaustive, (.violations[] | [.after, .detail])]' "$tmp/json")" = '[true,["begin","new contents before published"]]' ] ||
    fail "other violations than before the mark: $(jq -c .violations "$tmp/json")"

# A megabyte of output is none of these, nor is a child that holds on to the file system.
expect_status 1 "$replay" --jobs=1 --limit=1 --check='yes | head -c 1000000; echo; echo much; exit 1' --json="$tmp/json" "$tmp/log.bin"
[ "$(jq -r '.violations[0].detail' "$tmp/json")" = much ] || fail "much output: $(jq -c .violations "$tmp/json")"
expect_status 3 "$replay" --jobs=1 --limit=1 --check='sleep 600 < a & exit 0' "$tmp/log.bin"

# sqlite JOURNAL SYNCHRONOUS: two transactions
sqlite ()
{
    local transaction="$srcdir/corpus/databases/sqlite-transactions.sh $1 $2"
    case="SQLite $*"
    expect_status 0 "$powercut" record --background=none --quiet --fs=ext4 --setup="$transaction 0" --step="$transaction 1" \
        --step="$transaction 2" -o "$tmp/sqlite.bin"
}

# promised STATUS PROMISE: over all crash states of the last recording
promised ()
{
    expect_status "$1" "$replay" --jobs=1 --quiet --check="$srcdir/corpus/databases/sqlite-check.sh $2" --json="$tmp/json" "$tmp/sqlite.bin"
    jq -c --arg case "$case: $2" '[$case, .crash_states, .runs, .remembered, .seconds, (.violations | map (.detail))]' "$tmp/json"
    [ "$(jq .exhaustive "$tmp/json")" = true ] || fail "$case: $2: not exhaustive"
}
sqlite wal full
promised 0 durable
sqlite wal normal
promised 0 consistent
# Without a sync of the directory the journal may come back after a commit; that is what EXTRA is for.  In no state is anything else wrong.
sqlite delete full
promised 1 durable
jq -e 'all (.violations[]; .detail | test ("^transaction [12] has committed, but the last one is [01]$"))' "$tmp/json" > "$tmp/ignored" ||
    fail "SQLite, rollback journal, FULL: $(jq -c .violations "$tmp/json")"
sqlite delete extra
promised 0 durable
sqlite delete off
promised 1 consistent
sqlite wal off
promised 1 consistent
