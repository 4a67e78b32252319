#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Programs held to what they promise: each case says what it needs, whose words it holds whom to, and on which file systems; its
# script makes a store and updates it, and finds both to be in order, where the program is on this machine.
. "${srcdir:?run the tests with make check}/tests/functions.sh" || exit 1
requires jq

programs=$srcdir/corpus/programs
expect_status 0 "$powercut" corpus list "$programs"
[ "$(grep -c '^[^ ]' "$tmp/out")" = "$(find "$programs" -mindepth 1 -maxdepth 1 | wc -l)" ] ||
    fail "corpus list: $(cat "$tmp/out")"

# value KEY FILE
value ()
{
    sed -n "s/^$1 = //p" "$2"
}

tried=0
for ini in "$programs"/*/case.ini "$srcdir"/corpus/findings/*/case.ini; do
    folder=$(dirname "$ini") name=$(basename "$(dirname "$ini")")
    [ ! -e "$folder/workload" ] && [ ! -e "$folder/log.zst" ] || continue
    script=$(find "$folder" -name 'case.*' ! -name case.ini)
    [ -x "$script" ] || fail "$name: has no script that can be run: $script"
    for key in needs filesystems origin setup command check; do
        [ -n "$(value $key "$ini")" ] || fail "$name: has no $key"
    done
    # A promise is what somebody has said: in its own words, between quotation marks.
    [ -e "$folder/report.md" ] || value reference "$ini" | grep -q '".*"' || fail "$name: whose words is it held to?"
    for need in $(value needs "$ini"); do
        [[ $need != */* || -e $need ]] && [[ $need == */* || -n $(type -P "$need") ]] || continue 2
    done
    # These want what a guest has: to be root, powercut-mark, or a place of the system's to write to.
    ! grep -q 'powercut-mark\|/var/spool' "$script" && { [ "$(id -u)" = 0 ] || ! grep -q useradd "$script"; } || continue
    mkdir "$tmp/$name"
    echo begin > "$tmp/marks"
    export POWERCUT_MARKS_FILE=$tmp/marks
    for verb in setup check update; do
        (cd "$tmp/$name" && "$script" $verb > "$tmp/said" 2>&1 < /dev/null) ||
            fail "$name: $verb: $(tail -n 1 "$tmp/said")"
    done
    echo commit >> "$tmp/marks"
    (cd "$tmp/$name" && "$script" check > "$tmp/said" 2>&1) || fail "$name: after the update: $(tail -n 1 "$tmp/said")"
    tried=$((tried + 1))
done
echo "$tried programs tried"
