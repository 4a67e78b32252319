#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A log that QEMU's blklogwrites writes while qemu-io works on a file: imported, it leaves the same device after every entry.
. "${srcdir:?run the tests with make check}/tests/functions.sh" || exit 1
requires qemu-io perl cmp

# record SECTOR-SIZE: $tmp/disk.img and its log $tmp/qemu.log
record ()
{
    rm -f "$tmp/qemu.log"
    truncate -s 0 "$tmp/disk.img" "$tmp/qemu.log"
    truncate -s 256K "$tmp/disk.img"
    local disk=file.driver=file,file.filename=$tmp/disk.img log=log.driver=file,log.filename=$tmp/qemu.log
    { some_writes; printf '%s\n' 'write -z 0 4k' 'discard 64k 16k' 'write -P 7 252k 4k' flush 'write -P 8 0 4k'; } |
        qemu-io -t writeback --image-opts "driver=blklogwrites,$disk,$log,log-sector-size=$1" > "$tmp/out"
    ! grep -i 'fail\|error' "$tmp/out" || fail 'qemu-io failed'
}

for sector_size in 512 4096; do
    record "$sector_size"
    for order in logged cautious; do
        expect_status 0 "$powercut" import --from=blklogwrites --order="$order" --fs=ext4 -o "$tmp/log.bin" "$tmp/qemu.log"
        grep -q '262144 bytes (as far .*--size), 8 writes, [4-9] flushes, 0 FUA, 1 trim, 1 zero,' "$tmp/out" \
            || fail "imported: $(cat "$tmp/out")"
        expect_status 0 "$replay" --list "$tmp/log.bin"
        grep -qx 'info imported=blklogwrites' "$tmp/out" || fail 'the header does not say where it comes from'
        grep -q '^info order=that of completion: a flush counts for ' "$tmp/out" || fail 'the header does not say the order'
        perl "$srcdir/tests/compare-dm-log.pl" "$replay" "$tmp/log.bin" "$tmp/qemu.log" "$tmp/state.img"
        end=$(($(sed -n 's/^\([0-9]*\) events.*/\1/p' "$tmp/out") - 1))
        "$replay" --state="$end" --export="$tmp/state.img" "$tmp/log.bin"
        cmp "$tmp/state.img" "$tmp/disk.img" || fail "sectors of $sector_size, $order: not what QEMU left"
    done
done

# The super block counts nothing yet, as when QEMU was killed before the first flush that followed.
cp "$tmp/qemu.log" "$tmp/early.log"
printf '\002' | dd of="$tmp/early.log" bs=1 seek=16 conv=notrunc status=none
expect_status 0 "$powercut" import --from=blklogwrites -o "$tmp/early.bin" "$tmp/early.log"
grep -q '^the super block counts 2 entries; [1-9][0-9]* more behind them are valid and taken, too$' "$tmp/out" \
    || fail "not told what is not counted: $(cat "$tmp/out")"
expect_status 0 "$replay" --state="$(($("$replay" --list "$tmp/early.bin" | sed -n 's/^\([0-9]*\) events.*/\1/p') - 1))" \
    --export="$tmp/state.img" "$tmp/early.bin"
cmp "$tmp/state.img" "$tmp/disk.img" || fail 'without what is not counted'

# A super block that counts more than there is.
cp "$tmp/qemu.log" "$tmp/lying.log"
printf '\377' | dd of="$tmp/lying.log" bs=1 seek=16 conv=notrunc status=none
expect_status 2 "$powercut" import --from=blklogwrites -o "$tmp/lying.bin" "$tmp/lying.log"
expect_one_line "$tmp/err"
grep -q ": byte $(stat -c %s "$tmp/qemu.log"): the file ends" "$tmp/err" || fail "of a lying super block: $(cat "$tmp/err")"
[ ! -e "$tmp/lying.bin" ] && [ ! -e "$tmp/lying.bin.part" ] || fail 'something is left of a refused import'
