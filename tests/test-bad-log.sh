#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A file that is no log, a log that is cut or damaged anywhere, a state that is not legal: one line that says what is wrong, and
# exit status 2.
. "${srcdir:?run the tests with make check}/tests/functions.sh" || exit 1
requires nbdkit nbdcopy python3

mkdir "$tmp/work"
export TMPDIR=$tmp/work
true=$(type -P true)

# A small log with an update of one sector.
# make_log LOG PARAMETER...
make_log ()
{
    local log=$1

    shift
    rm -f "$log"
    head -c 4096 /dev/urandom > "$tmp/data"
    nbdkit -U - "$builddir/nbd-plugin/.libs/nbdkit-writelog-plugin.so" "$log" size=1M info=filesystem=ext4 "$@" \
        --run "nbdcopy --flush $tmp/data \"\$uri\""
}
make_log "$tmp/log.bin"

# Not a log, another version, a hole in the ground.
refused 'No such file' "$replay" "$tmp/nothing.bin"
refused 'not a regular file' "$replay" "$tmp"
refused 'not a powercut log' "$replay" "$true"
refused 'not a regular file' "$replay" /dev/null
cp "$tmp/log.bin" "$tmp/other.bin"
printf '\002' | dd of="$tmp/other.bin" bs=1 seek=8 conv=notrunc status=none
refused 'version 2' "$replay" "$tmp/other.bin"

# What it was recorded with is believed within bounds alone, unless the command line says it.
for info in memory=1 memory=-1 memory=18446744073709551616 memory=256M timeout=0 timeout=9999999; do
    make_log "$tmp/other.bin" "info=$info"
    refused "has a ${info%=*} that cannot be: give --${info%=*}" "$replay" "$tmp/other.bin"
done
make_log "$tmp/other.bin" info=memory=1099511627776000
refused 'than this machine' "$replay" "$tmp/other.bin"
expect_status 0 "$replay" --list "$tmp/other.bin"

# States.
refused 'not a state id' "$replay" --state=x --export="$tmp/i" "$tmp/log.bin"
refused 'positions 0 to' "$replay" --state=4000000 --export="$tmp/i" "$tmp/log.bin"
refused 'not a choice' "$replay" --state=3:98 --export="$tmp/i" "$tmp/log.bin"
refused 'no write is issued' "$replay" --state=3:-0 --export="$tmp/i" "$tmp/log.bin"
last=$("$replay" --list "$tmp/log.bin" | sed -n 's/^ *\([0-9]*\) .* write .*/\1/p' | tail -n 1)
end=$("$replay" --list "$tmp/log.bin" | sed -n 's/^\([0-9]*\) events.*/\1/p')
refused 'durable' "$replay" --state=$((end - 1)):-$last --export="$tmp/i" "$tmp/log.bin"

# What would destroy the log, or make no sense.
cp "$tmp/log.bin" "$tmp/whole.bin"
refused 'that is the log itself' "$replay" --export="$tmp/log.bin" "$tmp/log.bin"
for report in json json-lines junit tap html; do
    refused 'that is the log itself' "$replay" --$report="$tmp/log.bin" "$tmp/log.bin"
done
cmp "$tmp/log.bin" "$tmp/whole.bin" || fail 'a refused report changed the log'

# What somebody has put in the way, and a disk that is full.
echo precious > "$tmp/victim"
ln -s victim "$tmp/link"
refused 'link: is a symbolic link' "$replay" --json-lines="$tmp/link" "$tmp/log.bin"
expect_status 0 "$replay" --state=1 --export="$tmp/link" "$tmp/log.bin"
[ ! -L "$tmp/link" ] && [ "$(cat "$tmp/victim")" = precious ] || fail 'an export went where a link led'
full ()
{
    (trap '' XFSZ; ulimit -f 1; exec "$replay" --state=1 --export="$1" "$tmp/log.bin")
}
refused 'File too large' full "$tmp/victim"
[ "$(cat "$tmp/victim")" = precious ] || fail 'a failed export has replaced what was there'
refused 'File too large' full "$tmp/image"
[ ! -e "$tmp/image" ] || fail 'a failed export has left something'
refused 'too many' "$replay" --jobs=4294967296 "$tmp/log.bin"
refused 'for a whole replay' "$replay" --list --json=- "$tmp/log.bin"

# Cut at every byte, and a flipped byte.
python3 "$srcdir/tests/damage-log.py" "$replay" "$tmp/log.bin" "$tmp/damaged.bin" || fail 'a damaged log'

# Marks of a program's own, which a checker is told, and a thousand groups of overlapping writes in flight together at
# as many crash points: what is looked at does not grow with the product.
python3 - "$tmp/marks.bin" "$tmp/groups.bin" << 'END' || fail 'no logs'
import os, sys
sys.path.insert(0, os.environ['srcdir'] + '/tests/model')
from write_log import COMPLETION, FLUSH, MARK, SECTOR, ZERO, Event, Log, log_bytes

def save(path, info, events):
    with open(path, 'wb') as file:
        file.write(log_bytes(Log([1 << 30], ['filesystem=ext4'] + info, events)))

save(sys.argv[1], ['check=true'], [Event(MARK, data=b'begin')] + [Event(MARK, data=b'x')] * 60000)
events = []
for group in range(1000):
    first = len(events)
    events += [Event(ZERO, 0, 0, SECTOR * group, SECTOR)] * 6
    events += [Event(COMPLETION, 0, 0, first + n) for n in range(6)]
    events += [Event(FLUSH), Event(COMPLETION, 0, 0, first + 12)]
save(sys.argv[2], [], events)
END
for log in marks groups; do
    expect_status 0 timeout 20 "$replay" --list "$tmp/$log.bin"
done
