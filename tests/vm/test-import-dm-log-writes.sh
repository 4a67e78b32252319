#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A log of the kernel's own dm-log-writes target: recorded in a guest, imported, replayed.  After every entry it leaves the device
# that another reader of the format has, and the file system recovers from each of its crash states.
. "${srcdir:?run the tests with make check}/tests/functions.sh" || exit 1
requires qemu-system-x86_64 nbdkit dmsetup debugfs mkfs.ext4 mount umount insmod perl jq cmp

# The modules of the newest kernel that has them, where modules are loose files beside it.
modules=()
find_modules ()
{
    local folder=$1 name found

    modules=()
    for name in dm-mod dm-log-writes brd; do
        found=$(find "$folder" -name "$name.ko*" -print -quit)
        [ -n "$found" ] || return 1
        modules+=("$found")
    done
}
kernel=
while read -r release _; do
    folder=$XDG_CACHE_HOME/powercut/kernels/$release/lib/modules/$release
    if [ -d "$folder" ] && find_modules "$folder"; then
        kernel=$release
        break
    fi
done < <("$powercut" kernel list | tail -n +2)
if [ -z "$kernel" ]; then
    printf '%s: skipped: no kernel has the modules dm-mod, dm-log-writes and brd\n' "${0##*/}" >&2
    exit 77
fi

# In the guest: a file system on the target, over two RAM disks; the log comes back as a file.
cat > "$tmp/use-target" << 'SCRIPT'
#!/bin/sh -e
insmod "$1"
insmod "$2"
insmod "$3" rd_nr=2 rd_size=8192
dmsetup create --noudevsync --noudevrules logged --table '0 16384 log-writes /dev/ram0 /dev/ram1'
mkfs.ext4 -q -b 1024 /dev/dm-0
mkdir /tmp/mounted
mount -t ext4 /dev/dm-0 /tmp/mounted
echo old > /tmp/mounted/file
sync -f /tmp/mounted
dmsetup message logged 0 mark ready
echo new | dd of=/tmp/mounted/file conv=notrunc,fsync 2> /dev/null
dmsetup message logged 0 mark synced
dmsetup message logged 0 mark end
umount /tmp/mounted
dmsetup remove --noudevsync logged
cp /dev/ram1 kernel.log
cp /dev/ram0 device.img
sync
SCRIPT
chmod +x "$tmp/use-target"
"$powercut" record --background=none --quiet --size=64M --kernel="$kernel" --include="${modules[0]}" --include="${modules[1]}" \
    --include="${modules[2]}" -o "$tmp/recorded.bin" -- "$tmp/use-target" "${modules[@]}"
end=$("$replay" --list "$tmp/recorded.bin" | awk '/ mark +end/ { print $1 }')
"$replay" --state="$end" --export="$tmp/recorded.img" "$tmp/recorded.bin"
debugfs -R "dump kernel.log $tmp/kernel.log" "$tmp/recorded.img" 2> "$tmp/err"
debugfs -R "dump device.img $tmp/device.img" "$tmp/recorded.img" 2> "$tmp/err"

# What comes back, entry by entry, from where the file is there on.
check='grep -q ^commit "$POWERCUT_MARKS_FILE" || exit 0; grep -qx new file || { echo lost; exit 1; }'
expect_status 0 "$powercut" import --from=dm-log-writes --fs=ext4 --size=8M --begin=ready --commit=synced --check="$check" \
    "$tmp/kernel.log" -o "$tmp/log.bin"
grep -q ' [1-9][0-9]* flushes, [1-9][0-9]* FUA, .* 4 marks' "$tmp/out" || fail "imported: $(cat "$tmp/out")"
ready=$("$replay" --list "$tmp/log.bin" | awk '
    / mark +powercut:/ { next } / done / || / mark / { n++ } / mark +begin ready/ { print n - 1 }')
perl "$srcdir/tests/compare-dm-log.pl" "$replay" "$tmp/log.bin" "$tmp/kernel.log" "$tmp/state.img" "$ready"
last=$("$replay" --list "$tmp/log.bin" | sed -n 's/^\([0-9]*\) events.*/\1/p')
"$replay" --state=$((last - 1)) --export="$tmp/state.img" "$tmp/log.bin"
cmp "$tmp/state.img" "$tmp/device.img" || fail 'in the end, not what is on the device'

# Every crash state, with nothing but what the log says.
expect_status 0 "$replay" --jobs=1 --kernel="$kernel" --json="$tmp/json" "$tmp/log.bin"
grep -q '^imported from dm-log-writes; its order is that of completion, FUA first' "$tmp/out" \
    || fail "reported: $(cat "$tmp/out")"
grep -qx 'check: right' "$tmp/out" || fail "reported: $(cat "$tmp/out")"
jq -e '.exhaustive and .imported == "dm-log-writes" and .fua > 0 and .crash_points > 2' "$tmp/json" > "$tmp/out" \
    || fail "reported: $(cat "$tmp/json")"

# The checker sees the file change: old at the one mark, new at the other.
position ()
{
    "$replay" --list "$tmp/log.bin" | awk -v mark="$1" '$3 == "mark" && $4 == mark { print $1 }'
}
expect_status 1 "$replay" --kernel="$kernel" --check='grep -qx new file' --state="$(position begin)" "$tmp/log.bin"
expect_status 0 "$replay" --kernel="$kernel" --check='grep -qx new file' --state="$(position commit)" "$tmp/log.bin"
