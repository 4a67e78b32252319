#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Workloads from the file to the verdict: right ones are right, a promise that was not kept is found, and which rule says so.
. "${srcdir:?run the tests with make check}/tests/functions.sh" || exit 1
requires mkfs.ext4 mkfs.btrfs nbdkit jq
any_guest

# run_workload STATUS FS [OPTION...] < WORKLOAD: in $tmp/json what came of it
run_workload ()
{
    local status=$1 fs=$2 size=64M

    shift 2
    [ "$fs" = ext4 ] || size=128M
    cat > "$tmp/workload"
    expect_status "$status" "$powercut" run --jobs=1 --background=none --fs="$fs" --size=$size --workload="$tmp/workload" --json="$tmp/json" \
        -o "$tmp/log.bin" "$@"
}

# found TEXT: every violation is one of durability whose detail begins so
found ()
{
    jq -e --arg text "$1" '(.violations | length) > 0 and .durable == false
        and all (.violations[]; .kind == "durability" and (.detail | startswith ($text)))' "$tmp/json" > /dev/null || {
        jq .violations "$tmp/json" >&2
        fail "not found: $1"
    }
}

# found_among TEXT: some violation has a detail that begins so
found_among ()
{
    jq -e --arg text "$1" 'any (.violations[].detail; startswith ($text))' "$tmp/json" > /dev/null || {
        jq .violations "$tmp/json" >&2
        fail "not found: $1"
    }
}

# Nearly every operation, on file systems that keep what they promise.  That the guest's files are those of the simulation is
# checked by the replay before it judges anything.
acl=%02%00%00%00%01%00%07%00%ff%ff%ff%ff%02%00%06%00%e8%03%00%00%04%00%05%00%ff%ff%ff%ff%10%00%03%00%ff%ff%ff%ff%20%00%05%00%ff%ff%ff%ff
workload="mkdir A
write A/foo 0 8K
write A/old 0 4K
setxattr A/foo user.a one
tmpfile gone
begin
rename A/foo A/bar
write A/foo 0 4K
fsync A/foo
link A/bar A/baz
append A/bar 3000
falloc A/bar punch 1K 2K
fsync A/bar
checkpoint half way
dwrite A/new 0 4K
mmapwrite A/bar 100 5000
msync A/bar 0 8K
exchange A/new A/old
falloc A/new zero+keep 3K 8K
falloc A/bar insert 4K 4K
falloc A/bar collapse 0 4K
setxattr A user.b two%20words
symlink ../A/bar A/%21link
fsync A
truncate A/bar 5000
removexattr A/bar user.a
fdatasync A/bar
unlink A/foo
mkdir B
rmdir B
tmpfile t
write t 0 9K
linktmp t file
mknod device c 1 3
creat moved
rename moved A/moved noreplace
rename A/moved moved whiteout
append moved 5000 sync
dwrite moved 0 4K dsync
sync_file_range moved 0 4K
utimes moved 1700000000 1
chmod moved 6755
chown moved 7 8
chattr moved +iS
fsync moved
chattr moved -i
chattr moved +a
append moved 5
utimes A 2 1700000001
fsync A
close t
remount ro
sync
remount rw,noatime
mkdir A/shared
chmod A/shared 2777
chown A/shared 9 10
mkdir A/shared/folder
symlink x A/shared/link
creat A/shared/file
mkdir M
200x creat M/a-long-name-of-a-file-%24-$
100x append M/a-long-name-of-a-file-%24-7 100
mkdir C
setxattr C system.posix_acl_default $acl
mkdir C/folder
creat C/file
chmod C/file 4640
setxattr A/new system.posix_acl_access $acl
removexattr A/new system.posix_acl_access
syncfs"
# btrfs keeps fsync-unlinked from Linux 6.15 on.
opened="rule -fsync-unlinked
open unlinked M/a-long-name-of-a-file-%24-1
open renamed A/new
open directory M
unlink M/a-long-name-of-a-file-%24-1
append @unlinked 4K
fsync @unlinked
rename A/new M/new
write @renamed 0 4K
fdatasync @renamed
close renamed
open renamed .
fsync @directory
{ write M/one 0 8K ; fsync M/one ; append @unlinked 100 | 3x { creat C/other-$ ; fsync C/other-$ } sync | mkdir D ; fsync D }
copyrange M/new 1000 copied 5000 3000
fsync copied"
for fs in ext4 btrfs; do
    if [ $fs = ext4 ]; then
        more='rename file A/file'
    else                        # which can make no room in the middle of a file
        workload=${workload/falloc A\/bar insert 4K 4K/append A\/bar 5000}
        workload=${workload/falloc A\/bar collapse 0 4K/mmapwrite A\/bar 9000 9}
        more='reflink file A/file
clone A/new A/file 0 4K 64K
dedupe A/new 0 A/file 64K 4K
fdatasync A/file
subvolume A/sub
write A/sub/file 0 8K
setxattr A/sub/file user.a one
link A/sub/file A/sub/other
fsync A/sub/file
subvolume A/sub/in
append A/sub/file 4K
snapshot A/sub snap
snapshot A/sub B ro
write snap/file 0 4K
rename A/sub/in in
fsync in
snapshot . in/all
delete-subvolume A/sub
fsync A'
    fi
    run_workload 0 $fs <<< "$workload
$more
$opened"
    jq -e '.atomic == null and .durable == true and .exhaustive and .violations == []' "$tmp/json" > /dev/null ||
        fail "$fs: $(cat "$tmp/out")"
    tail -n 1 "$tmp/out" | grep -qx 'durable: yes' || fail "$fs: $(cat "$tmp/out")"
    # A crash point stands right before each mark of an operation, and the text is in the log.
    expect_status 0 "$replay" --list "$tmp/log.bin"
    for number in 8 12 16 23 26 37 38 44 49 368; do
        awk -v mark="mark +op $number\$" '$0 ~ mark { found = previous ~ /crash point/ } { previous = $0 } END { exit !found }' \
            "$tmp/out" || fail "$fs: no crash point before op $number"
        grep -q "operation $number has returned" "$tmp/out" || fail "$fs: operation $number changes nothing"
    done
    grep -q 'mark  *checkpoint half way$' "$tmp/out" || fail "$fs: no mark of the checkpoint"
    grep -Eq 'operations [0-9]+, [0-9]+ and [0-9]+ have returned' "$tmp/out" || fail "$fs: three processes have not come so far"
done

# Nothing was promised, so nothing is broken.
run_workload 0 ext4 --settle=none <<'END'
write old 0 8K
begin
write new 0 4K
rename new old
END

# btrfs loses what was synced before the file had a name.
expect_status 0 "$powercut" corpus run --jobs=1 --background=none --fs=btrfs --filter=lost-tmpfile-workload --json="$tmp/cells" "$srcdir/tests/vm/logs"
jq '.cells[0].result' "$tmp/cells" > "$tmp/json"
found 'fsync-data: file: empty, should be 65536 bytes '
jq -r '.violations[].detail' "$tmp/json" | grep -q ' (fsync at line 5)$' || fail 'the operation that promised is not named'

# What falloc has allocated after the end of a file: an fsync promises it, where the device's cache is flushed.
allocating='write a 0 4K
begin
falloc a keep 4K 64K
fsync a
rule +allocated'
run_workload 0 ext4 <<< "$allocating"
run_workload 1 ext4 --mount=barrier=0 <<< "$allocating"
found_among 'allocated: a: not all blocks of bytes 4096 to 69632 are there, falloc has allocated them (fsync at line 4)'

# What quotas say is what there is: a file that is left out of what is observed is one too many.
owning='creat a
begin
write a 0 8K
chown a 100 0
project a 7
fsync a'
quotas=(--mkfs='-O quota,project -E quotatype=usrquota:prjquota')
run_workload 0 ext4 "${quotas[@]}" <<< "$owning"
run_workload 1 ext4 "${quotas[@]}" --setup='echo x > .powercut-background && chown 100 .powercut-background' <<< "$owning"
found 'quota: .: user 100 has '
found_among 'quota: .: user 100 has 2 objects with 9216 bytes, says the quota, should be 1 object with 8192 bytes'

# What a file system cannot do, and what goes wrong in the guest.
run_workload 77 ext4 <<'END'
creat a
reflink a b
END
grep -q 'workload:2: reflink a: Operation not supported' "$tmp/err" || fail "$(cat "$tmp/err")"
run_workload 77 ext4 <<'END'
subvolume s
END
grep -q 'workload:1: subvolume s: only btrfs has subvolumes' "$tmp/err" || fail "$(cat "$tmp/err")"
run_workload 2 ext4 <<'END'
write a 0 8K
falloc a insert 100 1
END
grep -q 'the workload ended in the guest with exit 1: .*workload:2: falloc a: Invalid argument' "$tmp/err" ||
    fail "$(cat "$tmp/err")"
