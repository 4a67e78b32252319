#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The house that docs/hacking.md draws: rooms that include only what is below them, names that stand once, files and lines of a size.
. "${srcdir:?run the tests with make check}/tests/functions.sh" || exit 1
requires perl

# From the ground up: a file includes only from its own room and from rooms before it.
rooms='
common
filesystem
log
log/foreign
vhost
nbd-plugin
checker/observe
checker/workload
checker/persistence
checker
guest/agent
guest/kernel
guest/initramfs
guest
record
replay/search
replay/explain
replay
replay/report
batch
batch/corpus
batch/matrix
commands
'

# Each rule prints a line `FILE: FAULT` for each fault among the FILEs, which are named as from the top of the sources, where it is run.

columns ()
{
    LC_ALL=C awk 'length > 120 { printf "%s: line %d has %d columns\n", FILENAME, FNR, length }' "$@"
}

# POWERCUT_ and the path of the header.
guards ()
{
    awk 'FNR == 1 { guard = toupper(FILENAME); gsub(/[^A-Z0-9]/, "_", guard); guard = "POWERCUT_" guard; seen = 0 }
         FILENAME ~ /\.h$/ && /^#ifndef / && !seen++ && $2 != guard { printf "%s: guard %s, not %s\n", FILENAME, $2, guard }' "$@"
}

# Of structures, unions and enumerations.
tags ()
{
    perl -0777 -e 'for my $file (grep !m(^tests/), @ARGV) {
                       open my $in, "<", $file or die "$file: $!"; local $_ = <$in>; s(/\*.*?\*/)()gs;
                       while (/\b(?:struct|union|enum)\s+(\w+)\s*\{/g) {
                           print "$file: tag $1, as in $place{$1}\n" if $place{$1}; $place{$1} //= $file } }' "$@"
}

# What the constants of an enumeration have in common, up to a `_`.
prefixes ()
{
    perl -0777 -e 'for my $file (grep !m(^tests/), @ARGV) {
                       open my $in, "<", $file or die "$file: $!"; local $_ = <$in>; s(/\*.*?\*/)()gs;
                       while (/\benum\s*\w*\s*\{([^}]*)\}/g) {
                           my @names = $1 =~ /(?:^|,)\s*(\w+)/g; next if @names < 2;
                           my ($prefix) = join("\n", @names) =~ /^(\w+_)\w*(?:\n\1\w*)*$/ or next;
                           print "$file: constants $prefix, as in $place{$prefix}\n" if $place{$prefix}; $place{$prefix} //= $file } }' "$@"
}

includes ()
{
    awk -v rooms="$rooms" '
        function room (path) { sub(/\/?[^\/]*$/, "", path); return path }
        BEGIN { count = split(rooms, list); for (i = 1; i <= count; i++) floor[list[i]] = i }
        FNR == 1 { from = floor[room(FILENAME)] }
        from && /^#include "/ {
            split($0, part, "\""); to = room(part[2])
            if (to != "" && (!floor[to] || floor[to] > from)) printf "%s: includes %s, which is above it\n", FILENAME, part[2] }' "$@"
}

# Of C: at most 450 lines, or 600 where the comment at the top says `Long because ...`.
lengths ()
{
    awk 'function judge () {
             if (file ~ /\.c$/ && lines > (excused ? 600 : 450))
                 printf "%s: %d lines%s\n", file, lines, (lines > 600 ? "" : ", and no comment at the top says: Long because ...") }
         FNR == 1 { judge(); file = FILENAME; excused = code = 0 }
         /^#/ { code = 1 }
         !code && /Long because / { excused = 1 }
         { lines = FNR }
         END { judge() }' "$@"
}

# No file repeats the name of its directory, but for one that is named as its room.
names ()
{
    printf '%s\n' "$@" | awk -F / 'NF > 1 && index($NF, $(NF - 1) "-") == 1 { printf "%s: says twice where it is\n", $0 }'
}

rules=(columns guards tags prefixes includes lengths names)

# A C file or header outside the rooms and the programs beside them would escape the rules.
files_below ()
{
    (cd "$1" && find batch bench checker commands common corpus filesystem guest log nbd-plugin record replay tests vhost \
        -name '*.[ch]' 2> /dev/null | LC_ALL=C sort)
}

# judge TREE RULE: the faults of TREE by RULE
judge ()
{
    local files

    mapfile -t files < <(files_below "$1")
    (cd "$1" && "$2" "${files[@]}")
}

# put FILE: a file of the small house, with the text of standard input
put ()
{
    mkdir -p "$tmp/house/$(dirname "$1")"
    cat > "$tmp/house/$1"
}

# header FILE [LINE...]
header ()
{
    local file=$1 guard

    guard=POWERCUT_$(tr a-z/.- A-Z___ <<< "$file")
    shift
    { printf '#ifndef %s\n#define %s\n' "$guard" "$guard"; printf '%s\n' "$@" '#endif'; } | put "$file"
}

# empty_lines COUNT
empty_lines ()
{
    printf '\n%.0s' $(seq "$1")
}

# What every rule lets pass.
sound_house ()
{
    rm -rf "$tmp/house"
    header common/array.h 'struct array { int count; };' 'enum part { PART_AGENT, PART_SHOW };' "/* $(printf '%0114d' 0) */"
    header replay/search/search.h '#include "common/array.h"' 'enum search_step { SEARCH_TASK, SEARCH_DONE };'
    { printf '/* Long because it is. */\n#include "replay/search/search.h"\n'; empty_lines 598; } | put replay/runner.c
    empty_lines 450 | put guest/kernel/find.c
    printf 'struct array { int other; };\nenum { PART_ONE, PART_TWO };\n' | put tests/unit/common/test-array.c
    header guest/agent/agent.h 'enum { FIRST, SECOND };' 'enum { THIRD, FOURTH };'
}

# must_see RULE FILE: what stands in FILE, on standard input, is a fault by RULE and by no other
must_see ()
{
    local rule faults

    put "$2"
    for rule in "${rules[@]}"; do
        faults=$(judge "$tmp/house" "$rule")
        if [ "$rule" = "$1" ]; then
            [[ $faults == "$2: "* && $faults != *$'\n'* ]] || fail "$rule does not see what is wrong with $2: $faults"
        else
            [ -z "$faults" ] || fail "$rule sees what is not: $faults"
        fi
    done
    sound_house
}

sound_house
for rule in "${rules[@]}"; do
    faults=$(judge "$tmp/house" "$rule")
    [ -z "$faults" ] || fail "$rule: a sound house: $faults"
done
must_see columns log/reader.c <<< "/* $(printf '%0115d' 0) */"
must_see guards log/reader.h <<< '#ifndef POWERCUT_READER_H'
must_see tags log/reader.c <<< 'struct array { int size; };'
must_see tags replay/explain/reason.c <<< $'enum\npart { ONE, TWO };'
must_see prefixes log/reader.c <<< 'enum { PART_LEFT, /* or } */ PART_RIGHT };'
must_see includes log/reader.c <<< '#include "replay/search/search.h"'
must_see includes replay/explain/reason.c <<< '#include "tests/unit/unit.h"'
must_see lengths log/reader.c < <(empty_lines 451)
must_see lengths log/writer.c < <(printf '#include "log/writer.h"\n/* Long because one says so too late. */\n'; empty_lines 450)
must_see lengths replay/session.c < <(printf '/* Long because it is. */\n'; empty_lines 600)
must_see names replay/report/report-text.c <<< ''

# Every room is there, and every directory with C in it is a room, of tests, or of programs that nothing here includes.
for room in $rooms; do
    [ -d "$srcdir/$room" ] || fail "$room: no such room"
done
while read -r directory; do
    [[ $rooms == *$'\n'"$directory"$'\n'* || $directory =~ ^(bench|corpus|tests)(/|$) ]] || fail "$directory: no room"
done < <(files_below "$srcdir" | sed 's|/[^/]*$||' | sort -u)

# Every test is run.
while read -r test; do
    grep -qs "${test//./\\.}\([ \\]\|\$\)" "$srcdir/tests/local.mk" "$srcdir"/tests/*/local.mk || fail "$test: in no list of tests"
done < <(cd "$srcdir" && find tests -name 'test-*.sh' -o -name 'test-*.c' | sed 's/\.c$//')

cd "$tmp"
for rule in "${rules[@]}"; do
    judge "$srcdir" "$rule"
done > faults
[ ! -s faults ] || { cat faults >&2; fail "$(wc -l < faults) faults"; }
