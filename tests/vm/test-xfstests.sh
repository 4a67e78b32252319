#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The recipe of docs/xfstests.md: a test that logs its writes with dm-log-writes is run, its log imported, and its
# crash states visited.  xfstests is no package of Debian: tests/vm/xfstests does alike.
. "${srcdir:?run the tests with make check}/tests/functions.sh" || exit 1
requires nbdkit dmsetup debugfs blockdev mkfs.ext4 mkfs.btrfs mount umount insmod cmp jq
need_kernel 6.1 '/^6\.1\.[0-9]*-uml /' --suite=bookworm --flavour=uml

modules=()
for name in dm-mod dm-log-writes brd; do
    module=$(find "$XDG_CACHE_HOME/powercut/kernels/$kernel/lib/modules/" -name "$name.ko" -print -quit)
    [ -n "$module" ] || fail "$kernel has no module $name"
    modules+=("$module")
done

# What the tests run; words of scripts that others read are not looked up.
programs=()
for name in cp dd ln mkdir mv rm sync; do
    programs+=("--include=$(type -P "$name")")
done

# run_test FSTYP SIZE TEST [VARIABLE=VALUE...]: TEST in a guest, over RAM disks of SIZE KiB; its log is
# $tmp/target.log, and what it left in TEST_DIR is $tmp/test-dir
run_test ()
{
    local end

    cat > "$tmp/in-guest" << SCRIPT
#!/bin/sh -e
insmod "\$1"
insmod "\$2"
insmod "\$3" rd_nr=2 rd_size=$2
export FSTYP=$1 SCRATCH_DEV=/dev/ram0 SCRATCH_MNT=/tmp/scratch LOGWRITES_DEV=/dev/ram1 TEST_DIR=/mnt/test-dir ${*:4}
$srcdir/tests/vm/xfstests/check $3
cp --sparse=always /dev/ram1 target.log
sync
SCRIPT
    chmod +x "$tmp/in-guest"
    expect_status 0 "$powercut" record --background=none --device=fast --quiet --timeout=600 --size=512M --memory=512M \
        --kernel="$kernel" --include="$srcdir/tests/vm/xfstests" "${modules[@]/#/--include=}" \
        "${programs[@]}" --include="$(type -P "mkfs.$1")" -o "$tmp/recorded.bin" -- "$tmp/in-guest" "${modules[@]}"
    end=$("$replay" --list "$tmp/recorded.bin" | awk '/ mark +commit/ { print $1 }')
    "$replay" --state="$end" --export="$tmp/recorded.img" "$tmp/recorded.bin"
    rm -rf "$tmp/test-dir" "$tmp/target.log"
    debugfs -R "dump target.log $tmp/target.log" "$tmp/recorded.img" 2> "$tmp/err"
    debugfs -R "rdump test-dir $tmp" "$tmp/recorded.img" 2> "$tmp/err"
    [ -s "$tmp/target.log" ] || fail "no log: $(cat "$tmp/err")"
}

# What has a mark is as its copy.
cat > "$tmp/check-files" << SCRIPT
#!/bin/sh
for name in \$(grep -o 'testfile[0-9]*' "\$POWERCUT_MARKS_FILE"); do
    cmp -s "$tmp/test-dir/\$name" "\$name" || { echo "\$name: not what was synced"; exit 1; }
done
SCRIPT
chmod +x "$tmp/check-files"

# visit RESULT FSTYP SIZE [OPTION...]: import the log and replay a few states of each crash point; RESULT is right or
# wrong, and OPTIONs are import's
visit ()
{
    local status=0

    "$powercut" import --from=dm-log-writes --fs="$2" --size="$3K" --begin=mkfs "${@:4}" "$tmp/target.log" \
        -o "$tmp/log.bin" > "$tmp/import.out"
    "$replay" --fsck --usable --tear=none --timeout=600 --limit=2 --kernel="$kernel" --json="$tmp/json" \
        "$tmp/log.bin" > "$tmp/out" 2> "$tmp/err" || status=$?
    case $1:$status in
        right:0 | right:3 | wrong:1) ;;
        *) fail "exit status $status, should be $1: $(cat "$tmp/out" "$tmp/err")" ;;
    esac
    # More than what a look at each FUA write shows, as generic/482 does.
    jq -e '.imported == "dm-log-writes" and .crash_points > .fua and (.states_covered | tonumber) > .crash_points and
        .fua > 0' "$tmp/json" > "$tmp/jq.out" || fail "replayed: $(cat "$tmp/out")"
}

run_test ext4 32768 many-operations
visit right ext4 32768
run_test ext4 32768 files-at-fsync
[ "$(ls "$tmp/test-dir")" = $'testfile0\ntestfile1\ntestfile2' ] || fail "TEST_DIR: $(ls "$tmp/test-dir")"
visit right ext4 32768 --check="$tmp/check-files" --include="$tmp/test-dir"
run_test ext4 32768 files-at-fsync FORGET_FSYNC=yes
visit wrong ext4 32768 --check="$tmp/check-files" --include="$tmp/test-dir"
grep -q 'testfile0: not what was synced' "$tmp/out" || fail "nothing is said of what was not synced: $(cat "$tmp/out")"
run_test btrfs 131072 files-at-fsync
visit right btrfs 131072 --check="$tmp/check-files" --include="$tmp/test-dir"
