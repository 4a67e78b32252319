#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# nbdkit's own log filter, between the guest and the plugin, saw the same operations with the same offsets, lengths and FUA.
. "${srcdir:?run the tests with make check}/tests/functions.sh" || exit 1
requires nbdkit mkfs.ext4 mkfs.xfs mkfs.btrfs qemu-system-x86_64

make_initial
mkdir "$tmp/bin"
nbdkit=$(command -v nbdkit)
cat > "$tmp/bin/nbdkit" <<END
#!/bin/sh
exec $nbdkit --filter=log "\$@" logfile=$tmp/filter.log
END
chmod +x "$tmp/bin/nbdkit"

for fs in ext4 xfs btrfs; do
    # What comes before the log passes the filter, too: the next recording finds the disks prepared.
    expect_status 0 "$powercut" record --background=none --fs=$fs --initial="$tmp/initial" -o "$tmp/log.bin" -- \
        "$update" rename-fsync file
    PATH=$tmp/bin:$PATH expect_status 0 "$powercut" record --background=none --fs=$fs --initial="$tmp/initial" -o "$tmp/log.bin" -- \
        "$update" rename-fsync file
    "$srcdir/tests/vm/filter-operations.pl" "$tmp/filter.log" | sort > "$tmp/filter.txt"
    # The base image is loaded by the plugin itself and passes no filter.
    "$builddir/tests/plugin/dump-log" "$tmp/log.bin" |
        sed -n '1,/^mark base$/d; s/ may-trim$//; s/^disk0 //p' | sort > "$tmp/log.txt"
    diff -u "$tmp/filter.txt" "$tmp/log.txt" > "$tmp/diff" || fail "$fs: the recorders disagree: $(head -n 20 "$tmp/diff")"
    grep -q 'fua' "$tmp/log.txt" || fail "$fs: no FUA write"
    echo "$fs: $(wc -l < "$tmp/log.txt") operations agree, $(grep -c fua "$tmp/log.txt") with FUA"
    rm "$tmp/filter.log"
done
