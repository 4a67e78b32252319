#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What --help says and what the man pages say is the same, in both directions.
. "${srcdir:?run the tests with make check}/tests/functions.sh" || exit 1
requires nbdkit podchecker

# The items of the given sections (all sections if none is given) of a page, formatting codes taken away.
items ()
{
  local page=$srcdir/docs/$1.pod

  shift
  awk -v wanted="$(printf '%s\n' "$@")" '
    BEGIN { count = split (wanted, list, "\n"); for (i = 1; i <= count; i++) if (list[i] != "") sections[list[i]] = 1 }
    /^=head1 / { in_section = wanted == "" || substr ($0, 8) in sections; found[substr ($0, 8)] = 1 }
    in_section && /^=item / { print substr ($0, 7) }
    END { for (section in sections) if (!(section in found)) { print "no section: " section } }
  ' "$page" | sed 's/[BCFI]<\([^<>]*\)>/\1/g'
}

# Options, as `--name=ARGUMENT` and `-x`, of `  -x, --name=ARGUMENT  help` and of items.
options_of_help ()
{
  sed -n 's/^  \(-.\|  \)[, ] \(--[^ ]*\)  .*/\1 \2/p' "$1" | tr -s ' ' '\n' | sed '/^$/d' | sort
}

# What is in parentheses tells an item from one of the same option in another section, as podchecker wants it.
options_of_items ()
{
  sed -n -e 's/ ([a-z]*)$//' -e 's/^\(-[a-z]\)\( [A-Z]*\)\?$/\1/p' -e '/^--/p' -e '/^no section/p' | sort
}

# Parameters, as `name=ARGUMENT`, of `name=<ARGUMENT>  help` and of items.
parameters_of_help ()
{
  sed '1,/^plugin: /d' "$1" | sed -n 's/^\([][a-z-]*=[^ ]*\) .*/\1/p' | tr -d '<>' | sort
}

# agree WHAT HELP PAGE: both are sorted lists
agree ()
{
  [ -s "$2" ] || fail "$1: nothing found in --help"
  diff -u --label "$1 --help" --label "$1's page" "$2" "$3" >&2 || fail "$1: --help and page differ"
}

# program_agrees PAGE SECTION... -- COMMAND...
program_agrees ()
{
  local page=$1 sections=()

  shift
  while [ "$1" != -- ]; do
    sections+=("$1")
    shift
  done
  shift
  expect_status 0 "$@" --help
  options_of_help "$tmp/out" > "$tmp/help"
  items "$page" ${sections[@]+"${sections[@]}"} | options_of_items > "$tmp/page"
  agree "${*#"$builddir"/}" "$tmp/help" "$tmp/page"
}

# page_has_no_more PAGE COMMAND...: the page has no option that none of the commands (with their words) has
page_has_no_more ()
{
  local page=$1 command words

  shift
  for command in "$@"; do
    read -ra words <<< "$command"
    expect_status 0 "$powercut" "${words[@]}" --help
    options_of_help "$tmp/out"
  done | sort -u > "$tmp/help"
  items "$page" | options_of_items | sort -u > "$tmp/page"
  agree "$page" "$tmp/help" "$tmp/page"
}

plugin_agrees ()
{
  expect_status 0 nbdkit "$builddir/nbd-plugin/.libs/nbdkit-$1-plugin.so" --help
  parameters_of_help "$tmp/out" > "$tmp/help"
  items "nbdkit-$1-plugin" PARAMETERS | sort > "$tmp/page"
  agree "$1" "$tmp/help" "$tmp/page"
}

common='OPTIONS OF ALL COMMANDS'
guest='OPTIONS OF RUN, RECORD AND BUNDLE'
program_agrees powercut 'OPTIONS OF RUN AND RECORD' "$guest" 'OPTIONS OF RUN' "$common" -- "$powercut" run
program_agrees powercut 'OPTIONS OF RUN AND RECORD' "$guest" "$common" -- "$powercut" record
program_agrees powercut 'OPTIONS OF SHOW' "$common" -- "$powercut" show
program_agrees powercut 'OPTIONS OF BUNDLE' "$guest" "$common" -- "$powercut" bundle
program_agrees powercut 'OPTIONS OF MATRIX' "$common" -- "$powercut" matrix
program_agrees powercut 'OPTIONS OF CORPUS RUN' "$common" -- "$powercut" corpus run
program_agrees powercut 'OPTIONS OF CORPUS LIST' "$common" -- "$powercut" corpus list
program_agrees powercut 'OPTIONS OF CORPUS ADD' "$common" -- "$powercut" corpus add
program_agrees powercut 'OPTIONS OF GEN' "$common" -- "$powercut" gen
program_agrees powercut 'OPTIONS OF MERGE' "$common" -- "$powercut" merge
program_agrees powercut 'OPTIONS OF IMPORT' "$common" -- "$powercut" import
program_agrees powercut 'OPTIONS OF EXPORT' "$common" -- "$powercut" export
program_agrees powercut 'OPTIONS OF KERNEL FETCH' "$common" -- "$powercut" kernel fetch
program_agrees powercut 'OPTIONS OF CACHE CLEAN' "$common" -- "$powercut" cache clean
page_has_no_more powercut run record show bundle matrix 'corpus run' 'corpus list' 'corpus add' gen merge import export 'kernel fetch' 'cache clean'
program_agrees replay -- "$replay"
plugin_agrees writelog
plugin_agrees crashstate

# Operations and rules.
items powercut-workload THE\ LANGUAGE | sed -n 's/^\([a-z_-]*\)\( .*\|\)$/\1/p' | grep -vx 'begin\|rule' | sort > "$tmp/page"
sed -n 's/^  \[WORKLOAD_[A-Z_]*\] = { "\([a-z_-]*\)".*/\1/p' "$srcdir/checker/workload/language.c" | sort > "$tmp/help"
agree operations "$tmp/help" "$tmp/page"
sed -n 's/^ *\(EXT_FAMILY (\|\.name = \)"\([a-z0-9]*\)".*/\2/p' "$srcdir/filesystem/filesystem.c" > "$tmp/filesystems"
items powercut-workload 'THE RULES' | grep -x '[a-z]*\(-[a-z]*\)*' | grep -vxFf "$tmp/filesystems" | sort > "$tmp/page"
sed -n '/^static const char \*const names\[RULE_COUNT\] = {/,/^};/p' "$srcdir/filesystem/rules.c" \
  | grep -o '"[a-z-]*"' | tr -d '"' | sort > "$tmp/help"
agree rules "$tmp/help" "$tmp/page"

# What is run before a mount, and the packages that make file systems.
grep -o 'C<fsck\.[a-z0-9]* -[a-z]>' "$srcdir/docs/powercut.pod" | sed 's/C<\(.*\)>/\1/' | sort -u > "$tmp/page"
rows=$srcdir/filesystem/filesystem.c
sed -n 's/^ *\.repair = { \.program = "\([^"]*\)", \.option = "\([^"]*\)".*/\1 \2/p' "$rows" | sort > "$tmp/help"
agree 'fsck commands' "$tmp/help" "$tmp/page"
sed -n '/^=head1 AFTER RECOVERY/,/^=head1 STATE/s/^ .*[^ ]   *\([a-z]\)/\1/p' "$srcdir/docs/replay.pod" | sort > "$tmp/page"
tr -s '\n ' ' ' < "$rows" | grep -o '\.fsck = { \.words = { [^}]*' | sed 's/.*{ //; s/[",]//g; s/ $//' | sort > "$tmp/help"
agree 'commands that check' "$tmp/help" "$tmp/page"
sed -n '/^=head1 BEFORE RECOVERY/,/^=head1 AFTER/s/^ .*[^ ]   *\([a-z]\)/\1/p' "$srcdir/docs/replay.pod" | sort -u > "$tmp/page"
sed -n 's/^ *\.norecovery = "\([^"]*\)",$/\1/p' "$rows" | sort -u > "$tmp/help"
agree 'options without recovery' "$tmp/help" "$tmp/page"
sed -n 's/^ *\.mkfs = { .*}, "\([^"]*\)".*/\1/p' "$rows" | sort -u > "$tmp/help"
sed -n '/^\(check_\)\?packages=(/,/)$/p' "$srcdir/quickstart" | tr -s ' ()' '\n' \
  | grep -xFf "$tmp/help" | sort -u > "$tmp/page"
agree 'packages of quickstart' "$tmp/help" "$tmp/page"

# The keys of a log's header.
items powercut-log HEADER | sed 's/, /\n/g' | sort > "$tmp/page"
sed -n 's/^#define LOG_KEY_.* "\([a-z-]*\)".*/\1/p' "$srcdir/log/info.h" | sort > "$tmp/help"
agree keys "$tmp/help" "$tmp/page"

# The update protocols.
items powercut 'THE MATRIX' | grep -v '^\*' | sort > "$tmp/page"
"$builddir/corpus/update-protocols/update-protocols" list | cut -f1 | sort > "$tmp/help"
agree protocols "$tmp/help" "$tmp/page"

# What is known of the corpus, in its table, is what the cases expect.
sed '1,/^| case |/d' "$srcdir/docs/corpus.md" | sed -n 's/^| \([^ |]*\) | [^|]* | [^|]* | \(.*\) |$/\1 \2/p' > "$tmp/known"
[ -s "$tmp/known" ] || fail 'docs/corpus.md has no table of what is known'
while read -r name why; do
  expected=$(cat "$srcdir"/corpus/{cases,findings}/"$name"/case.ini 2> "$tmp/err") || [ -n "$expected" ] ||
    fail "docs/corpus.md: $name: there is no such case"
  while read -r text; do
    why=${why//"$text"/}
  done < <(sed -n 's/^why = //p' <<< "$expected")
  [ -z "${why//; /}" ] || fail "docs/corpus.md: $name: its case.ini does not say: $why"
done < "$tmp/known"

for page in "$srcdir"/docs/*.pod; do
  expect_status 0 podchecker -warnings -warnings "$page"
  if grep -q 'WARNING\|ERROR' "$tmp/out" "$tmp/err"; then
    cat "$tmp/out" "$tmp/err" >&2
    fail "$page: podchecker complains"
  fi
done
