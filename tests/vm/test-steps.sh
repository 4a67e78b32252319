#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# An update of several steps: after a step has committed a crash shows that step or, while the next one runs, the next, and
# nothing else.
. "${srcdir:?run the tests with make check}/tests/functions.sh" || exit 1
requires jq mkfs.ext4 mkfs.btrfs nbdkit
any_guest

durably='sync a.tmp; mv a.tmp a; sync .'

# run STATUS FILE-SYSTEM STEP...
run ()
{
    local status=$1 fs=$2 step steps=()
    shift 2
    for step in "$@"; do
        steps+=("--step=$step")
    done
    expect_status "$status" "$powercut" run --jobs=1 --background=none --quiet --fs="$fs" --setup='echo 0 > a' -o "$tmp/log.bin" --json="$tmp/json" "${steps[@]}"
    [ "$(jq .exhaustive "$tmp/json")" = true ] || fail "$fs: not exhaustive"
}

# violations: kind, last mark and detail of each, a line each
violations ()
{
    jq -r '.violations[] | "\(.kind) after \(.after): \(.detail)"' "$tmp/json"
}

for fs in ext4 btrfs; do
    run 0 $fs "echo 1 > a.tmp; $durably" "echo 2 > a.tmp; $durably" "echo 3 > a.tmp; $durably"
    [ "$(jq -c '[.atomic, .durable]' "$tmp/json")" = '[true,true]' ] || fail "$fs: durable steps: $(violations)"
    expect_status 0 "$replay" --list "$tmp/log.bin"
    for mark in 'begin 1' 'commit 1' 'begin 3' 'commit 3'; do
        grep -q " mark  *$mark\$" "$tmp/out" || fail "no mark '$mark'"
    done
done

# The first step is not made durable: once it has committed, and until the second one is there, a crash undoes it.  (On ext4 the
# sync of the second may find it with a file of zeros: docs/matrix.md, rename.)
run 1 btrfs 'echo 1 > a.tmp; mv a.tmp a' "echo 2 > a.tmp; $durably"
violations | grep -q '^durability after commit 1: old contents after commit: a' || fail "not durable: $(violations)"
violations | grep -q '^durability after begin 2: step 1 is undone: everything is as before step 1$' || fail "not durable: $(violations)"
[ "$(jq .atomic "$tmp/json")" = true ] || fail "not atomic: $(violations)"
! violations | grep -q 'commit 2' || fail "the second step is durable: $(violations)"

# The second step is not atomic: the first one has nothing wrong.
run 1 ext4 "echo 1 > a.tmp; $durably" ': > a; sync a; echo 2 > a; sync a'
[ "$(jq -c '[.atomic, .durable]' "$tmp/json")" = '[false,true]' ] || fail "not atomic, but durable: $(violations)"
[ "$(violations | grep -vc 'after begin 2: a: empty')" = 0 ] || fail "another violation: $(violations)"
