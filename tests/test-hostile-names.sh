#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Texts of strangers (the log's name, its header, marks, paths, messages of the kernel) are escaped in every form of a report, and
# in what is printed about a log: each form can be parsed, holds no markup or control character of theirs, and says what it should.
. "${srcdir:?run the tests with make check}/tests/functions.sh" || exit 1
requires xmllint jq perl script

"$builddir/tests/hostile-reports" "$tmp"
log=("$tmp"/log*.bin)
[ "${#log[@]}" = 1 ] && [ -e "${log[0]}" ] || fail 'no log, or more than one'

# plain FILE: it is printable ASCII in lines
plain ()
{
  [ -s "$1" ] || fail "$1 is empty"
  ! LC_ALL=C grep -n '[^ -~]' "$1" >&2 || fail "$1 has characters that are not printable"
}

# count PATH FILE: what an XPath count says
count ()
{
  xmllint --xpath "count($1)" "$2"
}

# Text for people: nobody can add a line to it.
plain "$tmp/text"
[ "$(grep -c '^recorded: ' "$tmp/text")" = 1 ] && [ "$(wc -l < "$tmp/text")" = 10 ] || fail "lines of the text: $(cat "$tmp/text")"
grep -qx 'recorded: 4 writes, 1 flush, 1 FUA, 0 trims, 0 zeroes' "$tmp/text" || fail "what was recorded: $(cat "$tmp/text")"
[ "$(grep -c '(no fresh guest has tried it again)$' "$tmp/text")" = 1 ] || fail 'what has not been confirmed'

# JSON: what can be said in it arrives, and the rest is `?`; nothing is in it that cannot be seen.
tr -d '\t' < "$tmp/json" > "$tmp/json-text"
plain "$tmp/json-text"
plain "$tmp/lines"
hostile=$'"it\'s" <script>alert(1)</script> <img src=http://x/> & ]]> --> # SKIP \\ %s%n \e[31m\r\n\t??(??? \xc2\x9b31m\xe2\x80\xae end'
[ "$(jq -r .kernel "$tmp/json")" = "$hostile" ] || fail 'the kernel in the JSON'
[ "$(jq -r .filesystem "$tmp/json")" = "$hostile" ] || fail 'the file system in the JSON'
[ "$(jq -r '.schedules[] | .device' "$tmp/json")" = "$hostile" ] || fail 'the device in the JSON'
[ "$(jq -rs 'map (.schedule) | unique[]' "$tmp/lines")" = "$hostile" ] || fail 'the background in the JSON lines'
[ "$(jq -r '.violations | map (.after, .detail) | unique | length' "$tmp/json")" = 1 ] || fail 'the violations in the JSON'
[ "$(jq -c '[.violations[].repeated]' "$tmp/json")" = '[true,null]' ] || fail 'what is confirmed in the JSON'
[ "$(wc -l < "$tmp/lines")" = 2 ] || fail 'lines of the JSON lines'
[ "$(jq -r .detail "$tmp/lines" | sort | uniq -c | wc -l)" = "$(wc -l <<< "$hostile")" ] || fail 'details of the JSON lines'

# JUnit.
plain "$tmp/junit"
xmllint --noout --schema "$srcdir/tests/junit.xsd" "$tmp/junit" 2> "$tmp/err" || fail "JUnit: $(cat "$tmp/err")"
[ "$(count //testcase "$tmp/junit")" = "$(jq .crash_points "$tmp/json")" ] || fail 'test cases of JUnit'
[ "$(count //failure "$tmp/junit") $(count //skipped "$tmp/junit") $(count //error "$tmp/junit")" = '2 1 0' ] || fail 'results of JUnit'
printable='"it'"'"'s" <script>alert(1)</script> <img src=http://x/> & ]]> --> # SKIP \ %s%n ?[31m?????(??? ??31m??? end'
[ "$(xmllint --xpath 'string(//property[@name="kernel"]/@value)' "$tmp/junit")" = "$printable" ] || fail 'the kernel in JUnit'

# TAP: a `#` in a mark is no directive.
plain "$tmp/tap"
perl -MTAP::Parser -e '
  my $parser = TAP::Parser->new ({ tap => do { local (@ARGV, $/) = $ARGV[0]; <> } });
  $parser->run;
  print join (" ", $parser->version, $parser->tests_run, scalar ($parser->failed), scalar ($parser->skipped), scalar ($parser->parse_errors)), "\n"
' "$tmp/tap" > "$tmp/out"
[ "$(cat "$tmp/out")" = '13 4 2 1 0' ] || fail "TAP: $(cat "$tmp/out")"

# HTML: it is XML, too; no script, and nothing is loaded from anywhere.
plain "$tmp/html"
xmllint --noout "$tmp/html" 2> "$tmp/err" || fail "HTML: $(cat "$tmp/err")"
[ "$(xmllint --xpath "count(//*[local-name() = 'script' or local-name() = 'img' or local-name() = 'link' or local-name() = 'iframe'])" \
  "$tmp/html")" = 0 ] || fail 'elements of HTML that load something'
[ "$(xmllint --xpath "count(//@src | //@*[starts-with(name(), 'on')] | //@href[not(starts-with(., '#'))] | //@data | //@action)" \
  "$tmp/html")" = 0 ] || fail 'references to elsewhere in HTML'
! grep -q '@import\|url(' "$tmp/html" || fail 'the style of HTML loads something'
xmllint --xpath "//*[local-name() = 'a']/@href" "$tmp/html" | grep -o '#[a-z0-9]*' | sort -u | while read -r link; do
  grep -q "id=\"${link#\#}\"" "$tmp/html" || fail "a link to $link, which is not there"
done
# On a narrow screen each cell stands below the one before, after the head of its column, and nothing has a fixed width.
[ "$(xmllint --xpath "count(//meta[@name = 'viewport' and starts-with(@content, 'width=device-width')])" "$tmp/html")" = 1 ] \
  || fail 'HTML has no viewport'
[ "$(count //td "$tmp/html")" -gt 20 ] || fail 'cells in HTML'
[ "$(xmllint --xpath "count(//td[position() > 1 and not(@class[starts-with(., 'result')]) and not(@data-head = ancestor::table//th)])" \
  "$tmp/html")" = 0 ] || fail 'cells of HTML that do not say what they are'
sed '1,/^@media (max-width: 40em)/d' "$tmp/html" > "$tmp/narrow"
grep -q 'table, tbody, tr, td { display: block }' "$tmp/narrow" || fail 'rules of HTML for a narrow screen'
for wide in $(sed '/^@media (max-width: 40em)/,$d' "$tmp/html" | grep -o '[a-z.]* { [^{}]*min-width: [1-9]' | sed 's/ {.*//'); do
  grep -q "${wide/./\\.}\( td\)\?[, ].*min-width: 0" "$tmp/narrow" || fail "$wide is as wide on a narrow screen"
done
grep -q 'replay --state=9:-7 ' "$tmp/html" || fail 'HTML does not say how to see it again'
grep -q 'state=9:-7 .*--kernel=&#39;&quot;it' "$tmp/html" || fail 'HTML names a kernel that is no word'
[ "$(xmllint --xpath "count(//*[@class = 'lost'])" "$tmp/html")" = 2 ] || fail 'lost writes in HTML'
for size in 1 2; do
  xmllint --xpath "string(//*[@id = 'f$size'])" "$tmp/html" | grep -q 'alert(1)' || fail "finding $size in HTML"
done
xmllint --xpath "string(//*[@class = 'paths'])" "$tmp/html" | grep -q '<script>alert(1)</script>&]]>#%0a%ff' || fail 'paths in HTML'

# What is printed about the log.
for command in "$replay --list" "$powercut show"; do
  # shellcheck disable=SC2086
  COLUMNS=1000 expect_status 0 $command "${log[0]}"
  plain "$tmp/out"
  [ "$(grep -c 'mark  *"it' "$tmp/out")" = 2 ] || fail "marks of $command"
done
