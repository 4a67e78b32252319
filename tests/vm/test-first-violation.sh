#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The first violation ends a replay that is to stop there, and what it did not visit is not called covered.  While the recording goes
# on it is told, and ends that, too; what is learnt meanwhile makes no other result, whoever is killed.
. "${srcdir:?run the tests with make check}/tests/functions.sh" || exit 1
requires jq mkfs.ext4 nbdkit pgrep
any_guest
cd "$tmp"

# stopped JSON: whether it says that the first violation ended it, all is covered, how many violations, no state is left out
stopped ()
{
    jq -c '[.stopped_at_first, .exhaustive, (.violations | length), .states_covered == .crash_states]' "$1"
}

# found JSON: the results but for times, and what was told before
found ()
{
    jq -S 'del(.. | .seconds?, .search_cpu_seconds?, .device_cpu_seconds?, .live?)' "$1"
}

# until_true COMMAND...: wait until it is true, for two minutes at most
until_true ()
{
    local i

    for ((i = 0; i < 1200; i++)); do
        ! "$@" || return 0
        sleep 0.1
    done
    fail "in vain: $*: $(cat err)"
}

# --- a log, and two

# What is renamed without fsync is lost after each of two steps, in two recordings.
lossy=(--step='echo 1 > n; mv n f' --step='echo 2 > m; mv m g')
expect_status 0 "$powercut" record --background=none,commit -o log.bin "${lossy[@]}"
expect_status 1 "$replay" --jobs=1 --json=whole.json log.bin log-commit.bin
jq -e '.exhaustive and (.violations | length > 1) and has ("stopped_at_first") == false' whole.json > whole ||
    fail "$(cat whole.json)"
expect_status 1 "$replay" --jobs=1 --stop-at-first --json=first.json log.bin log-commit.bin
[ "$(stopped first.json)" = '[true,false,1,false]' ] || fail "$(stopped first.json)"
grep -q '^NOT FINISHED: it ends with the first violation: ' out || fail "it does not say why it ends: $(cat out)"
[ "$(jq .violations[0].state first.json)" = "$(jq '[.violations[] | select (.schedule == "none")][0].state' whole.json)" ] ||
    fail "another one is the first: $(jq -c .violations first.json)"
[ "$(jq .runs first.json)" -lt "$(jq .runs whole.json)" ] || fail 'it goes on'

# Without a violation it goes to the end.
expect_status 0 "$powercut" record --background=none -o right.bin -- sh -c 'echo 1 > n; sync; mv n f; sync'
expect_status 0 "$replay" --stop-at-first --json=right.json right.bin
[ "$(stopped right.json)" = '[false,true,0,true]' ] || fail "$(stopped right.json)"

# --- while the recording goes on

# told KIND: the live replay has told a violation of that kind
told ()
{
    grep -q "live: [0-9.]* s after the beginning of log.bin: $1: .*possible from" err
}

run=("$powercut" run --live --jobs=1 --background=none -o log.bin)

# told_and_stopped KIND RUN-OPTION...: what would go on for five minutes is stopped by a violation of that kind
told_and_stopped ()
{
    local status=0 kind=$1

    shift
    rm -f log*.bin
    "${run[@]}" --timeout=400 --stop-at-first --json=live.json "$@" > out 2> err || status=$?
    told "$kind" || fail "nothing was told: $(cat err)"
    [ $status = 1 ] || fail "exit status $status: $(cat err)"
    [ "$(stopped live.json)" = '[true,false,1,false]' ] || fail "$(stopped live.json)"
    jq -e '.live.log == "log.bin" and .live.seconds > .live.since_seconds and .live.since_seconds > 0' live.json > told ||
        fail "what was told: $(jq -c .live live.json)"
    grep -q '^live: the first violation was told .* after it could happen$' out || fail "not in the report: $(cat out)"
    ! "$replay" --list --kind=mark log.bin | grep -w end || fail 'the recording went on to its end'
    jq -e --arg kind "$kind" '.violations[0].kind == $kind and .violations[0].repeated' live.json > told || fail "$(cat live.json)"
}

told_and_stopped durability "${lossy[@]}" --step='sleep 300'
told_and_stopped check --check='[ "$(cat f)" = old ]' --setup='echo old > f' -- sh -c 'echo new > n; sync; mv n f; sync; sleep 300'

# same RUN-OPTION...: the log of a run with --live is replayed to the same result without
same ()
{
    local status=0

    "${run[@]}" --json=live.json "$@" > out 2> err || status=$?
    [ "$status" = 0 ] || [ "$status" = 1 ] || fail "exit status $status of $*: $(cat err)"
    expect_status "$status" "$replay" --jobs=1 --json=plain.json "${later[@]}" log.bin
    found live.json > live
    found plain.json | diff - live || fail "another result with --live: $*"
}

# Trees, seen where their data are or read, and operations, each of which promises something at once.
later=()
same "${lossy[@]}" --step='sleep 3; echo 3 > f'
same -- sh -c 'echo 1 > n; sync; mv n f; sleep 3; echo 1 > g; sync'
printf 'write a 0 8K\nfsync a\nwrite b 0 4K\nrename b a\nsync\nmkdir d\nfsync d\nlink a d/c\nfsync a\n' > workload
same --workload=workload
later=(--fsck --usable)
same --fsck --usable -- sh -c 'dd if=/dev/urandom of=f bs=4k count=8; sync; sleep 3; mv f g'

# --- trouble

# follower PID: the process of its live replay, in the file of that name, is there, and has a guest
follower ()
{
    pgrep -P "$1" -x powercut > follower && pgrep -P "$(cat follower)" > guest
}

# gone: nothing of this test is running
gone ()
{
    ! pgrep -f "$tmp/[^ ]*powercut-" > pids
}

export TMPDIR=$tmp/temporary
mkdir "$TMPDIR"
refused 'ended in the guest with exit 3' "${run[@]}" -- sh -c 'echo 1 > f; sync; exit 3'
refused '--live and --lose or --fault exclude one another' "${run[@]}" --fault=lost-flush -- true
refused '--live and --pages exclude one another' "${run[@]}" --pages -- true
until_true gone

# Without the live replay everything is found later.
"${run[@]}" --json=live.json --step='echo 1 > n; mv n f' --step='sleep 30' > out 2> err &
until_true follower $!
kill -9 "$(cat follower)"
status=0
wait $! || status=$?
[ $status = 1 ] || fail "exit status $status: $(cat err)"
grep -q 'the live replay was killed by signal 9' err || fail "it does not say that it was killed: $(cat err)"
expect_status 1 "$replay" --jobs=1 --json=plain.json log.bin
found live.json > live
found plain.json | diff - live || fail 'another result when the live replay is killed'
until_true gone

# Nothing stays when the other one is killed.
"${run[@]}" --timeout=400 --step='echo 1 > n; mv n f' --step='sleep 300' > out 2> err &
until_true told durability
kill -9 $!
wait $! 2> wait.err || :
until_true gone
