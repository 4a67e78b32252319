#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# What was found: docs/findings.md is made of the reports, each report has what it needs and agrees with its case, and what is not so is told.
. "${srcdir:?run the tests with make check}/tests/functions.sh" || exit 1
requires perl zstd tar
perl -MJSON::PP -e 1 || fail 'no JSON::PP, which comes with perl'

findings=$srcdir/corpus/findings.pl
expect_status 0 perl "$findings" check
perl "$findings" page > "$tmp/page"
diff -u "$srcdir/docs/findings.md" "$tmp/page" >&2 || fail 'docs/findings.md is out of date: corpus/findings.pl page > docs/findings.md'
grep -o '(\.\./corpus/[^)]*)' "$tmp/page" | tr -d '()' | while read -r link; do
    [ -f "$srcdir/docs/$link" ] || fail "the page leads to $link, which is not there"
done

# told WHAT [STATUS]: a copy of a finding, changed by the commands on standard input, is complained of; WHAT is empty: it is not
first=$(dirname "$(find "$srcdir/corpus/findings" -name workload | sort | head -n 1)")
name=$(basename "$first")
told ()
{
    rm -rf "$tmp/findings"
    mkdir "$tmp/findings"
    cp -R "$first" "$tmp/findings/$name"
    chmod -R u+w "$tmp/findings"
    (cd "$tmp/findings/$name" && . /dev/stdin)
    expect_status "${2:-1}" perl "$findings" -d "$tmp/findings" check
    [ -z "$1" ] && [ ! -s "$tmp/err" ] || grep -q "${1:-.^}" "$tmp/err" || fail "not told: $1: $(cat "$tmp/err")"
}
told '' 0 <<< :
told 'has no report' <<< 'rm report.md'
told 'nothing is wrong in its table' <<< 'sed -i "s/\*\*[^|]*/right /" report.md'
told 'the case says `right`' <<< 'sed -i "/^\[fails/,\$d" case.ini'
told 'is no bundle' <<< 'echo > bundle.tar.zst'
told 'the state of the bundle' <<< 'sed -i "s/--state=[^ ]*/--state=1/" report.md'
told 'has the sections' 255 <<< 'sed -i "/^## Why/d" report.md'

# A table is made of what `corpus run` has seen: a row that is there is replaced, a new one added in the order of the kernels.
told '' 0 <<< :
cat > "$tmp/results.json" <<EOF
{ "cells": [
  { "case": "$name", "filesystem": "ext9", "kernel": "6.10.1", "outcome": "pass",
    "result": { "crash_states": "12", "exhaustive": true, "violations": [] } },
  { "case": "$name", "filesystem": "ext9", "kernel": "6.9.1", "outcome": "known",
    "result": { "crash_states": "34", "exhaustive": false, "violations": [{ "kind": "durability", "detail": "fsync-data: f: empty" }] } },
  { "case": "$name", "filesystem": "ext9", "kernel": "6.11", "outcome": "n/a", "result": null },
  { "case": "other", "filesystem": "ext9", "kernel": "6.8", "outcome": "pass", "result": null } ] }
EOF
for round in 1 2; do
    expect_status 0 perl "$findings" -d "$tmp/findings" where "$tmp/results.json"
    [ "$(grep -A1 'ext9' "$tmp/findings/$name/report.md" | grep ext9)" = \
        $'| 6.9.1 | ext9 | **durability: fsync-data** | 34, not all seen |\n| 6.10.1 | ext9 | right | 12 |' ] ||
        fail "round $round: $(cat "$tmp/findings/$name/report.md")"
done
diff <(grep -v ext9 "$tmp/findings/$name/report.md") "$first/report.md" >&2 || fail 'the rest of the report was changed'
sed -i 's/"pass"/"FAIL"/' "$tmp/results.json"
expect_status 255 perl "$findings" -d "$tmp/findings" where "$tmp/results.json"
grep -q 'correct the case first' "$tmp/err" || fail "$(cat "$tmp/err")"

# That of a program tells its version, which is in its case, and its checker's words.
first=$(dirname "$(grep -l '^needs' "$srcdir"/corpus/findings/*/case.ini | head -n 1)")
name=$(basename "$first")
told '' 0 <<< :
cat > "$tmp/results.json" <<EOF
{ "cells": [
  { "case": "$name", "filesystem": "ext9", "kernel": "6.9.1", "outcome": "known",
    "result": { "crash_states": "34", "exhaustive": true, "violations": [{ "kind": "check", "detail": "file has 0 bytes" }] } } ] }
EOF
expect_status 0 perl "$findings" -d "$tmp/findings" where "$tmp/results.json"
version=$(sed -n 's/^origin = .* //p' "$first/case.ini")
grep -qxF "| $version | 6.9.1 | ext9 | **check: file has 0 bytes** | 34 |" "$tmp/findings/$name/report.md" ||
    fail "of a program: $(cat "$tmp/findings/$name/report.md")"
told '' 0 <<< :
sed -i '/^origin/d' "$tmp/findings/$name/case.ini"
expect_status 255 perl "$findings" -d "$tmp/findings" where "$tmp/results.json"
grep -q 'does not end with a version' "$tmp/err" || fail "$(cat "$tmp/err")"
