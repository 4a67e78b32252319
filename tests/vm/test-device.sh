#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A device that answers late shows that a program does not wait: one that starts writeback of a file and then only fsyncs another
# is durable on a fast device alone.  The verdict on a program that waits is the same on both.
. "${srcdir:?run the tests with make check}/tests/functions.sh" || exit 1
requires jq fstrim mkfs.ext4 qemu-system-x86_64 nbdkit
any_guest

cat > "$tmp/save.c" << 'END'
#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* With an argument it waits for the writeback, and that it is on the disk. */
int
main (int argc, char **argv)
{
  char bytes[16384];
  int file = open ("greeting", O_WRONLY), other = open ("other", O_WRONLY);

  (void) argv;
  memset (bytes, 'n', sizeof bytes);
  if (pwrite (file, bytes, sizeof bytes, 0) != sizeof bytes || write (other, "x", 1) != 1)
    return 1;
  if (argc > 1 ? fsync (file) : sync_file_range (file, 0, 0, SYNC_FILE_RANGE_WRITE))
    return 2;
  return fsync (other) ? 3 : 0;
}
END
gcc -O1 -static -o "$tmp/save" "$tmp/save.c"

# save DEVICE [ARGUMENT...]: record and replay it; the exit status in $status
save ()
{
  status=0
  "$powercut" run --jobs=1 --background=none --tear=none --watch=greeting --fs=ext4 --size=64M --device="$1" \
    --setup='head -c 16384 /dev/zero | tr "\0" o > greeting; : > other' -o "$tmp/log.bin" --json="$tmp/json" \
    -- "$tmp/save" "${@:2}" > "$tmp/out" 2> /dev/null || status=$?
}

# durable WANTED WHAT
durable ()
{
  [ "$(jq .durable "$tmp/json")" = "$1" ] || fail "$2: durable: $(jq .durable "$tmp/json"), exit status $status"
}

# On a busy machine the two writes may change places between the guest and the recorder: the newest is then the wrong one.
for ((attempt = 0; attempt < 10; attempt++)); do
  save late
  [ "$(jq .durable "$tmp/json")" = true ] || break
done
durable false 'nothing is waited for, late'
[ "$(jq .in_flight "$tmp/json")" -gt 0 ] || fail 'nothing met anything in flight'
grep -q '^device: late hold=.*ms: .* met others in flight, at most ' "$tmp/out" || fail 'the report does not say how the device answered'
expect_status 0 "$powercut" show "$tmp/log.bin"
grep -q '^device: late hold=' "$tmp/out" || fail 'show does not say how the device answered'

save fast
durable true 'nothing is waited for, fast'
[ "$(jq '.in_flight, .in_flight_max' "$tmp/json" | tr '\n' ' ')" = '0 1 ' ] || fail 'a fast device had something in flight'
[ "$(jq -r '.schedules[0].device' "$tmp/json")" = fast ] || fail 'the log does not say that the device was fast'

save late and-wait
durable true 'all is waited for, late'

# It has another order by the guest's virtio disk, too; and the limit of holding.  A further recording has the next seed, and what
# trims leave is said of it, too.
expect_status 0 "$powercut" run --jobs=1 --quiet --background=none --kernel=6.12 --bus=virtio --device=random:3 --hold-limit=0 --size=64M --setup=': > a' \
  --recordings=1 --trim=zero --json="$tmp/json" -o "$tmp/log.bin" -- sh -c 'echo a > a; sync; fstrim .'
[ "$(jq -r '.schedules[] | "\(.device) \(.log)"' "$tmp/json" | head -n 2)" = "random:3 $tmp/log.bin
random:4 $tmp/log-random-4.bin" ] || fail "the recordings: $(jq -c .schedules "$tmp/json")"
expect_status 0 "$replay" --list --trim=zero "$tmp/log-random-4.bin"
[ "$(tail -n 1 "$tmp/out" | sed 's/.* \([0-9]*\) crash states/\1/')" = "$(jq -r '.schedules[1].crash_states' "$tmp/json")" ] ||
  fail "a further recording has other states than with --trim=zero: $(jq -c .schedules "$tmp/json")"
expect_status 0 "$powercut" show "$tmp/log.bin"
grep -q '^device: random:3 hold=.*ms until event [0-9]* (--hold-limit): ' "$tmp/out" || fail 'the limit of holding is not said'
