# SPDX-License-Identifier: BSD-3-Clause
# What the shell tests have in common; each sources it first.
#
# The Makefile sets srcdir and builddir to the absolute tops of the source and build trees.  A test exits with 0 if it passed,
# 77 if something is missing that it needs, and anything else if it failed.

set -e -u -o pipefail
shopt -s inherit_errexit

: "${srcdir:?run the tests with make check}" "${builddir:?run the tests with make check}"

# Configured as ../configure, make has `..` in them; tests compare paths.
srcdir=$(cd "$srcdir" && pwd -P)
builddir=$(cd "$builddir" && pwd -P)

powercut=$builddir/record/powercut
replay=$builddir/replay/replay

# Programs for file systems are rarely in a user's PATH.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

# Newest first.
clean_ups=()

run_clean_ups ()
{
  local status=$? i

  trap - EXIT
  set +e
  for ((i = ${#clean_ups[@]} - 1; i >= 0; i--)); do
    eval "${clean_ups[i]}"
  done
  exit "$status"
}

trap run_clean_ups EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# cleanup_fn COMMAND [ARG...]: run COMMAND at exit, however the test ends
cleanup_fn ()
{
  clean_ups+=("$(printf '%q ' "$@")")
}

# fail MESSAGE...
fail ()
{
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

# requires COMMAND...: skip the test unless all these programs are there
requires ()
{
  local command

  for command in "$@"; do
    if ! type -P "$command" > /dev/null; then
      printf '%s: skipped: %s is missing\n' "${0##*/}" "$command" >&2
      exit 77
    fi
  done
}

# expect_status STATUS COMMAND [ARG...]: run COMMAND, which must exit with STATUS.  Its standard output is in $tmp/out
# afterwards and its standard error in $tmp/err.
expect_status ()
{
  local expected=$1 status=0

  shift
  "$@" > "$tmp/out" 2> "$tmp/err" || status=$?
  without_note "$tmp/err"
  [ "$status" -ne "$expected" ] || return 0
  sed 's/^/standard output: /' "$tmp/out" >&2
  sed 's/^/standard error: /' "$tmp/err" >&2
  fail "exit status $status and not $expected of: $*"
}

# without_note FILE: take out of it what the first command on a machine without KVM says
without_note ()
{
  sed -i '/: note: guests are emulated/d' "$1"
}

# expect_one_line FILE: it holds one whole line and nothing else
expect_one_line ()
{
  without_note "$1"
  [ "$(wc -l < "$1")" -ne 1 ] || [ -n "$(tail -n +2 "$1")" ] || return 0
  sed 's/^/> /' "$1" >&2
  fail "$1 is not exactly one line"
}

# refused TEXT COMMAND [ARG...]: COMMAND ends with exit status 2 and one line on standard error that has TEXT (a basic regular
# expression) in it, prints nothing else and leaves nothing in TMPDIR
refused ()
{
  local text=$1

  shift
  expect_status 2 "$@"
  expect_one_line "$tmp/err"
  grep -q -- "$text" "$tmp/err" || fail "no word of '$text' from $*: $(cat "$tmp/err")"
  [ ! -s "$tmp/out" ] || fail "output of $*"
  [ -z "$(ls -A "$TMPDIR")" ] || fail "left by $*: $(ls -A "$TMPDIR")"
  cat "$tmp/err"
}

tmp=$(mktemp -d "${TMPDIR:-/tmp}/powercut-test-XXXXXX")
cleanup_fn rm -rf "$tmp"

# same_kernels: the tests boot the same kernels whatever else was fetched, so that a new one in the cache turns no test
# red.  They have a cache of their own with three kernels of the user's, as far as those are there; 6.12, the newest, is
# what they get without --kernel.
same_kernels ()
{
  local fetched=${XDG_CACHE_HOME:-$HOME/.cache}/powercut/kernels own=$builddir/tests/cache/powercut/kernels

  export XDG_CACHE_HOME=$builddir/tests/cache
  [ "$fetched" != "$own" ] || return 0
  mkdir -p "$own"
  (
    flock 9
    test_kernels > "$own/.wanted.new"
    ! cmp -s "$own/.wanted" "$own/.wanted.new" || exit 0
    find "$own" -type l -delete
    while read -r kernel; do
      ln -s "$kernel" "$own/"
    done < "$own/.wanted.new"
    mv "$own/.wanted.new" "$own/.wanted"
  ) 9> "$own/.lock"
}

test_kernels ()
{
  [ -d "$fetched" ] || return 0
  test_kernel 6.1 -cloud bookworm
  test_kernel 6.1 '' bookworm
  test_kernel 6.12 -cloud trixie
}

# test_kernel VERSION FLAVOUR SUITE: the directory of the newest fetched kernel of this version and flavour, if possible
# one that came from SUITE
test_kernel ()
{
  local kernels kernel

  kernels=$(find "$fetched" -mindepth 1 -maxdepth 1 -name "$1.*$2-amd64" ! -name "*[a-z]$2-amd64" | sort -Vr)
  for kernel in $kernels; do
    [ "$(cat "$kernel/suite" 2> /dev/null)" != "$3" ] || break
    kernel=
  done
  printf '%s\n' ${kernel:-$kernels} | sed -n '1{/./p}'
}

same_kernels
