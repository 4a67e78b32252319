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

# interrupted DELAY COMMAND [ARG...]: after DELAY seconds COMMAND gets Ctrl-C, for which it must exit with 130.  (A shell starts
# background jobs with SIGINT ignored.)  What it wrote is in $tmp/out and $tmp/err.
interrupted ()
{
  local delay=$1 status=0 pid

  shift
  setsid env --default-signal=INT "$@" > "$tmp/out" 2> "$tmp/err" &
  pid=$!
  sleep "$delay"
  kill -INT "$pid"
  wait "$pid" || status=$?
  [ $status = 130 ] || fail "Ctrl-C after $delay s: exit status $status of $*: $(cat "$tmp/err")"
}

# need_kernel VERSION EXPRESSION OPTION...: the newest fetched kernel whose line of `powercut kernel list` fits the awk
# EXPRESSION, in $kernel; without one the test is skipped, and says how to fetch one: with OPTIONs
need_kernel ()
{
  kernel=$(awk "$2"' { print $1; exit }' "$kernel_list")
  [ -z "$kernel" ] || return 0
  echo "skipped: a kernel is missing: powercut kernel fetch $1 ${*:3}" >&2
  exit 77
}

# any_guest [6.1]: what this test is about is the same in each guest, so that the quickest will do: powercut and replay boot User Mode
# Linux where they are not told which kernel: 7.2, which since 6.16 takes a third of the time for programs, or 6.1 where the test wants
# it or there is no other.  With POWERCUT_TEST_KERNEL these tests boot that kernel, for example 6.12.
any_guest ()
{
  local program

  kernel=${POWERCUT_TEST_KERNEL-}
  [ -z "$kernel" ] || requires qemu-system-x86_64
  [ -n "$kernel" ] || [ -n "${1-}" ] || kernel=$(awk '/^7\.2\.[0-9]*-uml / { print $1; exit }' "$kernel_list")
  [ -n "$kernel" ] || need_kernel 6.1 '/^6\.1\.[0-9]*-uml /' --suite=bookworm --flavour=uml
  mkdir "$tmp/.any-guest"
  for program in powercut replay; do
    printf '#!/bin/bash\nprogram=%q kernel=%q\n%s\n' "${!program}" "$kernel" "$(declare -f with_kernel)"$'\nwith_kernel "$@"' \
      > "$tmp/.any-guest/$program"
    chmod +x "$tmp/.any-guest/$program"
    printf -v "$program" %s "$tmp/.any-guest/$program"
  done
}

# with_kernel ARG...: become $program, told to boot $kernel if it boots one and was told of none
with_kernel ()
{
  local words=() word

  for word in "$@"; do
    [ "$word" != -- ] || break
    [[ $word != --kernel* ]] || exec "$program" "$@"
  done
  case ${program##*/}:${1-}:${2-} in
    replay:*) ;;
    powercut:run:* | powercut:record:* | powercut:matrix:* | powercut:bundle:*) words=("${@:1:1}") ;;
    powercut:corpus:run) words=(corpus run) ;;
    *) exec "$program" "$@" ;;
  esac
  exec "$program" "${words[@]}" --kernel="$kernel" "${@:${#words[@]} + 1}"
}

update=$builddir/corpus/atomic-update/atomic-update

# make_initial: $tmp/initial has what there is before an update by $update
make_initial ()
{
  mkdir "$tmp/initial"
  (cd "$tmp/initial" && "$update" old file)
}

# some_writes: the commands for qemu-io with which each test of a recorder of devices begins
some_writes ()
{
  cat << COMMANDS
write -P 1 0 16k
write -P 2 8k 4k
flush
aio_write -P 3 64k 8k
aio_write -P 4 80k 4k
aio_write -P 5 96k 64k
aio_flush
write -f -P 6 4k 4k
COMMANDS
}

tmp=$(mktemp -d "${TMPDIR:-/tmp}/powercut-test-XXXXXX")
cleanup_fn rm -rf "$tmp"

# same_kernels: the tests boot the same kernels whatever else was fetched, so that a new one in the cache turns no test
# red.  They have a cache of their own with five kernels of the user's, as far as those are there; 6.12, the newest, is
# what they get without --kernel.  $kernel_list is a file with what `powercut kernel list` says of them, which takes a while.
same_kernels ()
{
  local fetched=${XDG_CACHE_HOME:-$HOME/.cache}/powercut/kernels own=$builddir/tests/cache/powercut/kernels

  export XDG_CACHE_HOME=$builddir/tests/cache
  kernel_list=$own/.list
  [ "$fetched" != "$own" ] || return 0
  mkdir -p "$own"
  (
    flock 9
    test_kernels > "$own/.wanted.new"
    [ ! -e "$kernel_list" ] || ! cmp -s "$own/.wanted" "$own/.wanted.new" || exit 0
    find "$own" -type l -delete
    while read -r kernel; do
      ln -s "$kernel" "$own/"
    done < "$own/.wanted.new"
    "$powercut" kernel list > "$kernel_list"
    mv "$own/.wanted.new" "$own/.wanted"
  ) 9> "$own/.lock"
}

test_kernels ()
{
  [ -d "$fetched" ] || return 0
  test_kernel 6.1 -cloud-amd64 bookworm
  test_kernel 6.1 -amd64 bookworm
  test_kernel 6.1 -uml bookworm
  test_kernel 7.2 -uml sid
  test_kernel 6.12 -cloud-amd64 trixie
}

# test_kernel VERSION ENDING SUITE: the directory of the newest fetched kernel of this version whose release ends so, if possible
# one that came from SUITE
test_kernel ()
{
  local kernels kernel

  kernels=$(find "$fetched" -mindepth 1 -maxdepth 1 -name "$1.*$2" ! -name "*[a-z]$2" | sort -Vr)
  for kernel in $kernels; do
    [ "$(cat "$kernel/suite" 2> /dev/null)" != "$3" ] || break
    kernel=
  done
  printf '%s\n' ${kernel:-$kernels} | sed -n '1{/./p}'
}

# own_cache: what is kept is this test's alone, the kernels are those of all tests
own_cache ()
{
  mkdir -p "$tmp/cache/powercut"
  ln -s "$XDG_CACHE_HOME/powercut/kernels" "$tmp/cache/powercut/kernels"
  [ ! -e "$XDG_CACHE_HOME/powercut/accel" ] || cp -p "$XDG_CACHE_HOME/powercut/accel" "$tmp/cache/powercut/accel"
  export XDG_CACHE_HOME=$tmp/cache
}

# what_was_found JSON: the results of a replay without what may differ from one replay to another: times, and which answers were
# remembered
what_was_found ()
{
  jq -S 'def found: del (.seconds, .search_cpu_seconds, .device_cpu_seconds, .audited) |
      .answers = .runs + .remembered | del (.runs, .remembered);
    found | .points |= map (found) | .schedules |= map (found)' "$1"
}

same_kernels
