#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A log that is exported to dm-log-writes leaves, in another reader, after every entry the device that it is itself at that point;
# and so does what is imported from that.
. "${srcdir:?run the tests with make check}/tests/functions.sh" || exit 1
requires nbdkit qemu-io perl

head -c 8192 /dev/urandom > "$tmp/base.img"
cat > "$tmp/work" << 'COMMANDS'
write -P 1 0 16k
write -P 2 8k 4k
flush
write -f -P 3 512 512
write -z 0 4k
write -z -f 16k 512
discard 8k 4k
write -P 4 252k 4k
flush
write -P 5 0 4k
COMMANDS
nbdkit -U - "$builddir/nbd-plugin/.libs/nbdkit-writelog-plugin.so" "$tmp/log.bin" size=256K base="$tmp/base.img" --run '
    set -e
    qemu-io -t writeback -f raw "nbd+unix:///disk0?socket=$unixsocket" < '"$tmp"'/work
    printf "begin here" > '"$tmp"'/mark
    nbdcopy '"$tmp"'/mark "nbd+unix:///mark?socket=$unixsocket"
    qemu-io -t writeback -f raw -c "write -P 6 4k 1k" "nbd+unix:///disk0?socket=$unixsocket"' > "$tmp/out"
! grep -i 'fail\|error' "$tmp/out" || fail 'qemu-io failed'

expect_status 0 "$powercut" export --to=dm-log-writes "$tmp/log.bin" -o "$tmp/exported"
grep -q "^$tmp/exported: [1-9][0-9]* entries\$" "$tmp/out" || fail "exported: $(cat "$tmp/out")"
perl "$srcdir/tests/compare-dm-log.pl" "$replay" "$tmp/log.bin" "$tmp/exported" "$tmp/state.img"

expect_status 0 "$powercut" import --from=dm-log-writes "$tmp/exported" -o "$tmp/again.bin"
perl "$srcdir/tests/compare-dm-log.pl" "$replay" "$tmp/again.bin" "$tmp/exported" "$tmp/state.img"
points ()
{
    "$replay" --list "$1" | sed -n 's/^-------- crash point [0-9]*: //p'
}
[ "$(points "$tmp/log.bin")" = "$(points "$tmp/again.bin")" ] || fail 'other crash points than before'

# What it cannot do.
import=("$powercut" import --from=dm-log-writes)
mkdir "$tmp/work.d"
export TMPDIR=$tmp/work.d
nbdkit -U - "$builddir/nbd-plugin/.libs/nbdkit-writelog-plugin.so" "$tmp/two.bin" size=1M size=1M --run true
refused 'has 2 devices' "$powercut" export --to=dm-log-writes "$tmp/two.bin" -o "$tmp/two"
refused 'not a powercut log' "$powercut" export --to=dm-log-writes "$tmp/exported" -o "$tmp/two"
refused 'that is the log itself' "$powercut" export --to=dm-log-writes "$tmp/log.bin" -o "$tmp/log.bin"
refused '--to=ext4: give dm-log-writes' "$powercut" export --to=ext4 "$tmp/log.bin" -o "$tmp/two"
refused 'where to write' "$powercut" export --to=dm-log-writes "$tmp/log.bin"
refused 'which log' "$powercut" export --to=dm-log-writes -o "$tmp/two"
refused 'no regular file' "$powercut" export --to=dm-log-writes "$tmp/log.bin" -o "$tmp/work.d"
refused 'No such file' "$powercut" export --to=dm-log-writes "$tmp/log.bin" -o "$tmp/none/there"
refused 'give dm-log-writes, blklogwrites or nbd-datalog' "$powercut" import "$tmp/exported" -o "$tmp/two"
refused 'byte 0: wrong magic' "$powercut" import --from=blklogwrites "$tmp/log.bin" -o "$tmp/two"
refused 'byte 0: wrong magic' "$powercut" import --from=nbd-datalog "$tmp/log.bin" -o "$tmp/two"
refused 'that is the log itself' "${import[@]}" "$tmp/exported" -o "$tmp/exported"
refused 'give logged or cautious' "${import[@]}" --order=any "$tmp/exported" -o "$tmp/two"
refused 'multiple of 512' "${import[@]}" --size=1000 "$tmp/exported" -o "$tmp/two"
refused 'beyond the device of 4096 bytes: see --size' "${import[@]}" --size=4096 "$tmp/exported" -o "$tmp/two"
refused 'no mark of the text --begin=nowhere' "${import[@]}" --begin=nowhere "$tmp/exported" -o "$tmp/two"
refused 'nothing.img: No such file' "${import[@]}" --base="$tmp/nothing.img" "$tmp/exported" -o "$tmp/two"
refused '--include=nothing: No such file' "${import[@]}" --include=nothing "$tmp/exported" -o "$tmp/two"
[ ! -e "$tmp/two" ] && [ ! -e "$tmp/two.part" ] || fail 'something is left of what was refused'
