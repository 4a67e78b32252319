#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A data log of nbd-server, written while qemu-io works on its export: imported, it leaves the device that the server has.
. "${srcdir:?run the tests with make check}/tests/functions.sh" || exit 1
requires nbd-server qemu-io cmp

truncate -s 1M "$tmp/disk.img"

# Newer ones are in the background before they listen.
socket_is_there ()
{
    local tries

    for ((tries = 0; tries < 50; tries++)); do
        [ ! -S "$tmp/socket" ] || return 0
        sleep 0.1
    done
    return 1
}

# It wants a TCP port besides the socket: one that is free.
start_server ()
{
    local port tries

    for ((tries = 0; tries < 20; tries++)); do
        port=$((20000 + RANDOM % 12000))
        cat > "$tmp/config" << CONFIG
[generic]
    unixsock = $tmp/socket
    listenaddr = 127.0.0.1
    port = $port
[disk]
    exportname = $tmp/disk.img
    transactionlog = $tmp/nbd.log
    datalog = true
    flush = true
    fua = true
    trim = true
CONFIG
        rm -f "$tmp/socket"
        if nbd-server -C "$tmp/config" -p "$tmp/pid" > "$tmp/server" 2>&1 && socket_is_there; then
            return
        fi
    done
    cat "$tmp/server" >&2
    fail 'nbd-server does not start'
}

stop_server ()
{
    [ ! -e "$tmp/pid" ] || kill "$(cat "$tmp/pid")"
    rm -f "$tmp/pid"
}

cleanup_fn stop_server
start_server
{ some_writes; printf '%s\n' 'discard 64k 16k' 'write -P 7 1020k 4k' flush 'write -P 8 0 4k'; } |
    qemu-io -t writeback -f raw "nbd+unix:///disk?socket=$tmp/socket" > "$tmp/out"
! grep -i 'fail\|error' "$tmp/out" || fail 'qemu-io failed'
stop_server

expect_status 0 "$powercut" import --from=nbd-datalog --fs=ext4 -o "$tmp/log.bin" "$tmp/nbd.log"
grep -q 'a device of 1048576 bytes .*, 8 writes, [3-9] flushes, 1 FUA, 1 trim, 0 zeroes' "$tmp/out" \
    || fail "imported: $(cat "$tmp/out")"
expect_status 0 "$replay" --list "$tmp/log.bin"
grep -qx 'info imported=nbd-datalog' "$tmp/out" || fail 'the header does not say where it comes from'
grep -q 'write  *4096  *4096 FUA' "$tmp/out" || fail 'no FUA write'
grep -q 'error' "$tmp/out" && fail 'an error that there was not'
"$replay" --state="$(($(sed -n 's/^\([0-9]*\) events.*/\1/p' "$tmp/out") - 1))" --export="$tmp/state.img" "$tmp/log.bin"
cmp "$tmp/state.img" "$tmp/disk.img" || fail 'not what the server has'

# Cut anywhere but between records, it is refused.
size=$(stat -c %s "$tmp/nbd.log")
head -c $((size - 5)) "$tmp/nbd.log" > "$tmp/cut.log"
expect_status 2 "$powercut" import --from=nbd-datalog -o "$tmp/cut.bin" "$tmp/cut.log"
expect_one_line "$tmp/err"
grep -q ': byte [0-9]*: the file ends in the middle of a record' "$tmp/err" || fail "of a log that is cut: $(cat "$tmp/err")"
