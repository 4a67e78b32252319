#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# All forms of a report agree about one replay, of real files and marks with hostile names; a limit shows in each of them.
. "${srcdir:?run the tests with make check}/tests/functions.sh" || exit 1
requires nbdkit mkfs.ext4 jq xmllint
any_guest

cd "$tmp"
mkdir initial
cat > update.sh << 'END'
#!/bin/sh
name=$(printf '<script>"it'\''s"\n\377&]]>#')
powercut-mark '<script>"&'"'"']]> # SKIP'
echo new > "$name.tmp"
mv "$name.tmp" "$name"
END
chmod +x update.sh
echo old > "initial/$(printf '<script>"it'\''s"\n\377&]]>#')"
expect_status 1 "$powercut" run --jobs=1 --background=none --quiet --fs=ext4 --size=64M --initial=initial --tear=prefix --sector=64K -o log.bin --json=json --json-lines=lines --junit=junit \
  --tap=tap --html=html -- ./update.sh
[ ! -s out ] || fail 'output in spite of --quiet'

# number FILE XPATH
number ()
{
  xmllint --xpath "count($2)" "$1"
}

# same EXPECTED ACTUAL WHAT
same ()
{
  [ "$1" = "$2" ] || fail "$3: expected '$1' and got '$2'"
}

same 'prefix 65536' "$(jq -r '"\(.tear) \(.sector)"' json)" 'options of replay that run was given'
points=$(jq .crash_points json)
states=$(jq -r .states_covered json)
wrong=$(jq -s 'map (select (.verdict)) | map (.point) | unique | length' lines)
[ "$wrong" -gt 0 ] && [ "$wrong" -lt "$points" ] || fail "$wrong of $points crash points are wrong: this test shows nothing"

# JSON lines: every answer is there, and they stand for all states.
same "$(jq '.runs + .remembered' json)" "$(wc -l < lines)" 'lines'
same "$(jq .runs json)" "$(jq -s 'map (select (.remembered | not)) | length' lines)" 'runs among the lines'
same "$states" "$(jq -s 'map (.states | tonumber) | add' lines)" 'states of the lines'
jq -e -s 'all (.[]; .outcome == "tree" and (.seen | startswith ("tree ")) and (.state | split (":")[0]) == (.point | tostring))' lines \
  > /dev/null || fail "lines: $(head -n 3 lines)"
jq -e -s 'all (.[]; (.after | startswith ("<script>")) or .after == "commit" or .after == "begin")' lines > /dev/null ||
  fail 'marks of the lines'

# JUnit and TAP: a case for each crash point; they fail where a line has a verdict.
xmllint --noout --schema "$srcdir/tests/junit.xsd" junit 2> err || fail "JUnit: $(cat err)"
same "$points $wrong 0" "$(number junit //testcase) $(number junit //failure) $(number junit '//error | //skipped')" 'JUnit'
same "$points" "$(sed -n 's/^1\.\.//p' tap)" 'plan of TAP'
same "$wrong $((points - wrong))" "$(grep -c '^not ok ' tap) $(grep -c '^ok ' tap)" 'TAP'
grep -q '^not ok .* - crash point .*, after commit' tap || fail "TAP: $(cat tap)"

# HTML: the violation with its state, its paths and its crash points.
xmllint --noout html 2> err || fail "HTML: $(cat err)"
same "$points" "$(number html "//*[local-name() = 'tr' and starts-with(@id, 'p')]")" 'crash points of HTML'
same "$wrong" "$(number html "//*[local-name() = 'td' and @class = 'result bad']")" 'crash points of HTML at which something is wrong'
same 0 "$(number html "//*[local-name() = 'script']")" 'scripts of HTML'
xmllint --xpath "string(//*[@id = 'f1'])" html | grep -qF "$(jq -r '.violations[0].state' json)" || fail 'the state in HTML'
xmllint --xpath "string(//*[@class = 'paths'])" html | grep -qF "<script>\"it's\"%0a%ff&]]>#" || fail 'the path in HTML'

# With a limit: skipped, not finished, and neither right nor wrong.
expect_status 1 "$replay" --quiet --jobs=1 --limit=1 --junit=junit --tap=- --html=html log.bin
unfinished=$(grep -c '^ok .* # SKIP not finished: ' out) || fail "TAP with a limit: $(cat out)"
same "$unfinished" "$(number junit //skipped)" 'JUnit with a limit'
same "$unfinished" "$(number html "//*[local-name() = 'td' and @class = 'result half']")" 'HTML with a limit'
