#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# What people expect of a command line: help in every spelling, output that goes nowhere, and which cases `corpus` finds.
. "${srcdir:?run the tests with make check}/tests/functions.sh" || exit 1
requires nbdkit nbdcopy

cd "$tmp"
export XDG_CACHE_HOME=$tmp/cache
head -c 4096 /dev/urandom > data
nbdkit -U - "$builddir/nbd-plugin/.libs/nbdkit-writelog-plugin.so" log.bin size=1M info=filesystem=ext4 \
    --run "nbdcopy --flush data \"\$uri\""
printf 'creat a\n' > a.workload

# help of the words that follow
same_help ()
{
    expect_status 0 "$powercut" "$@" --help
    mv out expected
    expect_status 0 "$powercut" "$@" -h
    cmp expected out || fail "$* -h"
    expect_status 0 "$powercut" help "$@"
    cmp expected out || fail "help $*"
}
same_help
for words in run record replay show bundle matrix corpus 'corpus run' 'corpus list' 'corpus add' workload gen merge import export kernel cache; do
    # shellcheck disable=SC2086
    same_help $words
done

# On a full disk: one line and exit status 2.  After a pipe that nobody reads: not a word.
said ()
{
    local status=0

    "$@" > /dev/full 2> err || status=$?
    [ $status = 2 ] || fail "on a full disk: exit status $status of: $*"
    expect_one_line err
    grep -q 'standard output: No space left on device' err || fail "on a full disk: $(cat err)"
    (trap '' PIPE; sleep 0.2; "$@") 2> err | : || true
    [ ! -s err ] || fail "after a pipe: $(cat err)"
    "$@" 2> err | : || true
    [ ! -s err ] || fail "after a pipe: $(cat err)"
}
said "$powercut" --help
said "$powercut" --version
said "$powercut" run --help
said "$powercut" help corpus
said "$powercut" workload a.workload
said "$powercut" corpus list
said "$powercut" gen --limit=1 -o made
said "$powercut" show log.bin
said "$powercut" replay --list log.bin
said "$replay" --list log.bin
said "$replay" --help

# Without a directory `corpus list` lists what comes with powercut.  Files NAME.workload are cases where they are pointed at alone.
expect_status 0 "$powercut" corpus list
[ "$(grep -c '^[^ ]' out)" = "$(find "$srcdir/corpus/cases" "$srcdir/corpus/findings" -name case.ini | wc -l)" ] || fail "corpus list: $(cat out)"
mkdir -p cases/known cases/others/deep
printf 'title = t\n' > cases/known/case.ini
cp a.workload cases/known/workload
cp a.workload cases/b.workload
echo 'not one of ours' > cases/others/deep/c.workload
expect_status 0 "$powercut" corpus list cases a.workload
[ "$(grep '^[^ ]' out | tr '\n' ' ')" = 'a b known ' ] || fail "cases: $(cat out)"
expect_status 2 "$powercut" corpus list cases/others
expect_one_line err
