#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Bad input and bad usage end in one line that says what is wrong, and exit status 2; nothing is left behind.
. "${srcdir:?run the tests with make check}/tests/functions.sh" || exit 1
requires nbdkit nbdcopy mkfs.ext4

mkdir "$tmp/work" "$tmp/empty"
export TMPDIR=$tmp/work
true=$(type -P true)

# refused TEXT COMMAND...: one line with TEXT in it, exit status 2
refused ()
{
    local text=$1
    shift
    expect_status 2 "$@"
    expect_one_line "$tmp/err"
    grep -q -- "$text" "$tmp/err" || fail "no word of '$text' from $*: $(cat "$tmp/err")"
    [ ! -s "$tmp/out" ] || fail "output of $*"
    [ -z "$(ls -A "$tmp/work")" ] || fail "left by $*: $(ls -A "$tmp/work")"
    cat "$tmp/err"
}

# A small log with an update of one sector.
make_log ()
{
    head -c 4096 /dev/urandom > "$tmp/data"
    nbdkit -U - "$builddir/nbd-plugin/.libs/nbdkit-writelog-plugin.so" "$1" size=1M info=filesystem=ext4 \
        --run "nbdcopy --flush $tmp/data \"\$uri\""
}
make_log "$tmp/log.bin"
size=$(stat -c %s "$tmp/log.bin")

# Usage.
refused 'unknown option' "$replay" --frobnicate "$tmp/log.bin"
refused 'needs an argument' "$replay" "$tmp/log.bin" --json
refused 'which log' "$replay"
refused 'one log' "$replay" "$tmp/log.bin" "$tmp/log.bin"
refused 'exclude' "$replay" --list --state=1 "$tmp/log.bin"
refused 'not understood' "$replay" --jobs=many "$tmp/log.bin"
refused 'too small' "$replay" --jobs=0 "$tmp/log.bin"
refused 'no such command' "$powercut" frobnicate
refused 'what to do' "$powercut"
refused 'which command' "$powercut" record -o "$tmp/x.bin"
refused 'give -o LOG' "$powercut" record -- "$true"
refused '--bus=usb' "$powercut" record --bus=usb -o "$tmp/x.bin" -- "$true"
refused '--settle=soon' "$powercut" record --settle=soon -o "$tmp/x.bin" -- "$true"
refused '--size=12Q' "$powercut" record --size=12Q -o "$tmp/x.bin" -- "$true"

# Not a log, another version, a hole in the ground.
refused 'No such file' "$replay" "$tmp/nothing.bin"
refused 'not a regular file' "$replay" "$tmp"
refused 'not a powercut log' "$replay" "$true"
refused 'not a regular file' "$replay" /dev/null
cp "$tmp/log.bin" "$tmp/other.bin"
printf '\002' | dd of="$tmp/other.bin" bs=1 seek=8 conv=notrunc status=none
refused 'version 2' "$replay" "$tmp/other.bin"

# States.
refused 'not a state id' "$replay" --state=x --export="$tmp/i" "$tmp/log.bin"
refused 'positions 0 to' "$replay" --state=4000000 --export="$tmp/i" "$tmp/log.bin"
refused 'not a choice' "$replay" --state=3:98 --export="$tmp/i" "$tmp/log.bin"
refused 'no write is issued' "$replay" --state=3:-0 --export="$tmp/i" "$tmp/log.bin"
last=$("$replay" --list "$tmp/log.bin" | sed -n 's/^ *\([0-9]*\) .* write .*/\1/p' | tail -n 1)
end=$("$replay" --list "$tmp/log.bin" | sed -n 's/^\([0-9]*\) events.*/\1/p')
refused 'durable' "$replay" --state=$((end - 1)):-$last --export="$tmp/i" "$tmp/log.bin"

# Recording: programs, kernels, file systems, sizes.
refused 'not found\|No such file' "$powercut" record -o "$tmp/x.bin" -- /nonexistent/program
refused 'ermission denied\|not executable\|no executable' "$powercut" record -o "$tmp/x.bin" -- "$tmp/log.bin"
refused 'directory\|folder' "$powercut" record -o "$tmp/x.bin" -- "$tmp/work"
refused "$tmp/nothing" "$powercut" record --kernel="$tmp/nothing" -o "$tmp/x.bin" -- "$true"
refused "$tmp/empty" "$powercut" record --kernel="$tmp/empty" -o "$tmp/x.bin" -- "$true"
refused 'log.bin' "$powercut" record --kernel="$tmp/log.bin" -o "$tmp/x.bin" -- "$true"
refused 'foofs' "$powercut" record --fs=foofs -o "$tmp/x.bin" -- "$true"
refused 'not the name of a file system' "$powercut" record --fs=../ext4 -o "$tmp/x.bin" -- "$true"
refused '16384 bytes' "$powercut" record --size=16K -o "$tmp/x.bin" -- "$true"
refused '--include=' "$powercut" record --include="$tmp/nothing" -o "$tmp/x.bin" -- "$true"
refused "$tmp/nothing" "$powercut" record --initial="$tmp/nothing" -o "$tmp/x.bin" -- "$true"
refused "$tmp/nothing/x.bin" "$powercut" record -o "$tmp/nothing/x.bin" -- "$true"

# No QEMU, no nbdkit: a PATH with everything but them.  The sbin folders are searched in any case, and hold neither.
mkdir "$tmp/bin"
for folder in /usr/bin /usr/sbin /sbin; do
    for program in "$folder"/*; do
        case $program in */nbdkit | */qemu-*) ;; *) ln -sf "$program" "$tmp/bin/" ;; esac
    done
done
refused 'nbdkit: not found' env PATH="$tmp/bin" "$powercut" record -o "$tmp/x.bin" -- "$true"
ln -s "$(type -P nbdkit)" "$tmp/bin/"
refused 'qemu-system-x86_64: not found' env PATH="$tmp/bin" "$powercut" record -o "$tmp/x.bin" -- "$true"
[ ! -e "$tmp/x.bin" ] && [ ! -e "$tmp/x.bin.part" ] || fail 'a log was left'

# A log cut at every byte: never a crash; once the header is whole it can be listed as far as it goes.
header=$(od -A n -t u4 -j 12 -N 4 "$tmp/log.bin" | tr -d ' ')
for ((cut = 0; cut < size; cut += cut < 600 || cut > size - 200 ? 1 : 97)); do
    head -c $cut "$tmp/log.bin" > "$tmp/cut.bin"
    status=0
    "$replay" --list "$tmp/cut.bin" > "$tmp/out" 2> "$tmp/err" || status=$?
    if [ "$cut" -lt "$header" ]; then
        [ $status = 2 ] || fail "cut at $cut: exit status $status"
    else
        [ $status = 0 ] || fail "cut at $cut: exit status $status: $(cat "$tmp/err")"
        grep -q 'cut off at byte' "$tmp/err" || fail "cut at $cut: not said"
    fi
    expect_one_line "$tmp/err"
done

# A flipped byte: the log is refused, wherever it is.  (In the end record it looks like a recorder that was cut off.)
for ((at = 0; at < size - 40; at += at < 600 || at > size - 200 ? 1 : 97)); do
    cp "$tmp/log.bin" "$tmp/flip.bin"
    byte=$(od -A n -t u1 -j $at -N 1 "$tmp/log.bin")
    printf "\\x$(printf %x $((byte ^ 0x40)))" | dd of="$tmp/flip.bin" bs=1 seek=$at conv=notrunc status=none
    expect_status 2 "$replay" "$tmp/flip.bin"
    expect_one_line "$tmp/err"
done
