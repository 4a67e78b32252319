#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# What the recorder writes down is what nbdkit's own log filter sees, in an order that could have been.
. "${srcdir:?run the tests with make check}/tests/functions.sh" || exit 1
requires nbdkit perl

socket=$tmp/nbd.sock
nbdkit --foreground --exit-with-parent -U "$socket" -P "$tmp/pid" --filter=log \
    "$builddir/nbd-plugin/.libs/nbdkit-writelog-plugin.so" "$tmp/log.bin" size=64M size=64M size=64M \
    logfile="$tmp/filter.log" &
server=$!
stop_server ()
{
    [ -n "$server" ] || return 0
    local pid=$server
    server=
    kill "$pid"
    wait "$pid"
}
cleanup_fn stop_server
for ((waited = 0; waited < 300; waited++)); do
    [ ! -e "$tmp/pid" ] || break
    sleep 0.1
done
[ -e "$tmp/pid" ] || fail 'nbdkit did not start'

# One client at a time, then with many requests in flight, and with other clients beside it.
workload=$builddir/tests/plugin/workload
"$workload" "$socket" disk0 1 300 1
"$workload" "$socket" disk1 2 200 32 &
clients=$!
"$workload" "$socket" disk2 3 200 1
wait "$clients"

stop_server
"$builddir/tests/plugin/dump-log" "$tmp/log.bin" > "$tmp/log.txt"
"$srcdir/tests/plugin/compare-records.pl" "$tmp/filter.log" "$tmp/log.txt"
for operation in flush 'write [0-9 ]* fua' 'zero [0-9]* [0-9]*$' 'zero [0-9]* [0-9]* fua$' 'zero [0-9 ]* may-trim' \
    'trim [0-9]* [0-9]*$' 'trim [0-9 ]* fua'; do
    grep -q "$operation" "$tmp/log.txt" || fail "the workload has no '$operation'"
done
