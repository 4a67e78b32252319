#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Programs in the guest write marks: with powercut-mark and with dd, in the order of what they do, and none of powercut's own.
. "${srcdir:?run the tests with make check}/tests/functions.sh" || exit 1
requires mkfs.ext4 qemu-system-x86_64 nbdkit
any_guest

# What runs in the guest; its output is compared below.
cat > "$tmp/update" <<'END'
#!/bin/sh
# try WORD...: the line and the exit status of powercut-mark
try ()
{
    powercut-mark "$@" > /tmp/said 2>&1
    echo "$? $(wc -l < /tmp/said) $(cat /tmp/said)"
}
powercut-mark one  'two  three' four
echo data > file
sync file
powercut-mark --written
printf 'by dd\n' > /tmp/text
dd if=/tmp/text of=$POWERCUT_MARK_DEVICE bs=512 conv=sync oflag=direct 2> /tmp/said || cat /tmp/said
for text in base begin commit end 'commit 1' powercut:new powercut: 'end
'; do
    try "$text"
done
try powercut:old tree
try commit 2
try
try ''
try beginning of base
try "$(head -c 4096 /dev/zero | tr '\0' x)"
try "$(head -c 4097 /dev/zero | tr '\0' y)"
(unset POWERCUT_MARK_DEVICE; try nowhere)
(POWERCUT_MARK_DEVICE=/dev/nonsuch; try nowhere)
END
chmod +x "$tmp/update"
{
    for name in base begin commit end 'commit 1'; do
        echo '2 1 powercut-mark: base, begin, commit and end are powercut'"'"'s own: take another name'
    done
    echo '2 1 powercut-mark: names that begin with `powercut:'"'"' are powercut'"'"'s own: take another name'
    echo '2 1 powercut-mark: names that begin with `powercut:'"'"' are powercut'"'"'s own: take another name'
    echo '2 1 powercut-mark: base, begin, commit and end are powercut'"'"'s own: take another name'
    echo '2 1 powercut-mark: names that begin with `powercut:'"'"' are powercut'"'"'s own: take another name'
    echo '2 1 powercut-mark: base, begin, commit and end are powercut'"'"'s own: take another name'
    echo '2 1 powercut-mark: a mark needs a text'
    echo '2 1 powercut-mark: a mark needs a text'
    echo '0 0 '
    echo '0 0 '
    echo '2 1 powercut-mark: a mark has at most 4096 bytes'
    echo '1 1 powercut-mark: nothing is being recorded: POWERCUT_MARK_DEVICE is not set'
    echo '1 1 powercut-mark: /dev/nonsuch: No such file or directory'
} > "$tmp/expected"
{
    printf '%s\n' base powercut:old powercut:device begin 'one two  three four' --written 'by dd' 'beginning of base'
    printf 'x%.0s' {1..60}
    printf '%s\n' ... commit powercut:new end
} > "$tmp/expected-marks"

# Also where each of its calls is followed.  User Mode Linux has no virtio disk.
background=none
for bus in nbd virtio; do
    guest=
    [ $bus = nbd ] || guest=--kernel=6.12
    expect_status 0 "$powercut" record --size=64M --bus=$bus $guest --background=$background -o "$tmp/log.bin" -- "$tmp/update"
    diff -u "$tmp/expected" "$tmp/out" || fail "--bus=$bus: powercut-mark said something else"
    expect_status 0 "$replay" --list "$tmp/log.bin"
    sed -n 's/^.* mark  *//p' "$tmp/out" | sed 's/^\(powercut:[a-z]*\).*/\1/' > "$tmp/marks"
    diff -u "$tmp/expected-marks" "$tmp/marks" || fail "--bus=$bus: other marks in the log"
    # What fsync made durable stands before the mark behind it, and is not yet there at the mark before it.
    awk '/mark +one two/ { armed = 1 } armed && / write / { written = 1 } written && / flush / { flushed = 1 }
         /mark +--written/ { exit !flushed }' "$tmp/out" || fail "--bus=$bus: the mark is not behind what was done before it"
    background=writeback
done

# The mark is in the log when powercut-mark returns: a panic cannot take it back.
expect_status 2 "$powercut" record --background=none --size=64M -o "$tmp/panic.bin" -- \
    sh -c 'powercut-mark the last words; echo c > /proc/sysrq-trigger'
expect_status 0 "$replay" --list "$tmp/panic.bin.died"
grep -q 'mark  *the last words$' "$tmp/out" || fail 'the mark did not reach the log'

# --setup may write marks, too; they are none of the update.
expect_status 0 "$powercut" record --background=none --size=64M --setup='powercut-mark set up' -o "$tmp/log.bin" -- sh -c 'echo data > file'
expect_status 0 "$replay" --list "$tmp/log.bin"
awk '/mark +set up/ { found = 1 } /mark +begin/ { exit !found }' "$tmp/out" || fail 'no mark from --setup'
