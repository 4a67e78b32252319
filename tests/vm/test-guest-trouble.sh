#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A guest program that panics the kernel, hangs, fills the file system or fails, and Ctrl-C: each ends in one clear line and
# the right exit status, and leaves no process, socket or temporary file behind.
. "${srcdir:?run the tests with make check}/tests/functions.sh" || exit 1
requires mkfs.ext4 mkfs.xfs qemu-system-x86_64 nbdkit pgrep script unshare
any_guest

mkdir "$tmp/work"
export TMPDIR=$tmp/work

nothing_left ()
{
    [ -z "$(ls -A "$tmp/work")" ] || fail "$1: left in TMPDIR: $(ls -A "$tmp/work")"
    ! pgrep -f "$tmp/work" > "$tmp/pids" || fail "$1: processes left: $(ps -o pid,args -p "$(paste -sd, "$tmp/pids")")"
    ! readlink /proc/[0-9]*/cwd | grep -F "$tmp/work/" >&2 || fail "$1: processes are left in these"
    [ ! -e "$tmp/log.bin.part" ] || fail "$1: left: log.bin.part"
}

# trouble NAME STATUS TEXT-OF-THE-MESSAGE [OPTION...] -- COMMAND...
trouble ()
{
    local name=$1 status=$2 text=$3
    shift 3
    echo 'an older log' > "$tmp/log.bin"
    expect_status "$status" "$powercut" record --background=none --size=64M -o "$tmp/log.bin" "$@"
    grep -q -- "$text" "$tmp/err" || fail "$name: no word of '$text': $(cat "$tmp/err")"
    [ "$(cat "$tmp/log.bin")" = 'an older log' ] || fail "$name: the older log was not left alone"
    nothing_left "$name"
    echo "$name: $(cat "$tmp/err")"
}

trouble 'exit 1' 2 'exit 1' -- sh -c 'echo this went wrong >&2; exit 1'
expect_one_line "$tmp/err"
grep -q 'this went wrong' "$tmp/err" || fail 'exit 1: what it printed is not shown'

trouble full 2 'No space left' -- dd if=/dev/zero of=file bs=1M
expect_one_line "$tmp/err"

# A file system is made in the guest, by this host's mkfs: what its arguments do, they do there.
trouble 'mkfs size' 2 '16384 bytes.*Not enough space' --size=16K -- true
expect_one_line "$tmp/err"
trouble 'mkfs option' 2 "invalid option -- 'Z'\$" --mkfs=-Z -- true
expect_one_line "$tmp/err"
echo precious > "$tmp/victim"
cp "$tmp/victim" "$tmp/expected"
trouble 'mkfs victim' 2 'victim' --fs=xfs --size=300M --mkfs="-l logdev=$tmp/victim,size=4096b" -- true
cmp "$tmp/victim" "$tmp/expected" || fail 'mkfs.xfs reached a file of the host'
expect_status 0 "$powercut" record --background=none --quiet --size=64M --mkfs="-z /tmp/$$.undo" -o "$tmp/log.bin" -- true
[ ! -e "/tmp/$$.undo" ] || fail 'mkfs.ext4 made a file of the host'

trouble hang 2 'time-out' --timeout=2 -- sleep 1000
expect_one_line "$tmp/err"

for guest in "$kernel" 6.12; do
    trouble "panic of $guest" 2 'sysrq' --kernel="$guest" -- sh -c 'echo 1 > /proc/sys/kernel/sysrq; echo c > /proc/sysrq-trigger'
    grep -q "log.bin.died holds what was recorded" "$tmp/err" || fail "panic: nothing about the log: $(cat "$tmp/err")"
    expect_status 0 "$replay" --list "$tmp/log.bin.died"
    grep -q 'mark       begin' "$tmp/out" || fail 'panic: the log does not reach to the panic'
done

trouble 'nothing to watch' 2 'neither there before' --watch=nonsuch -- true
expect_one_line "$tmp/err"

# A log on a full disk: the guest may not even notice, since the kernel writes back later; the recorder says it.
cat > "$tmp/on-full-disk" <<'END'
mount -t tmpfs -o size=4M none "$1"
shift
status=0
"$@" || status=$?
exit $status
END
mkdir "$tmp/full"
namespace=(unshare --mount)
[ "$(id -u)" = 0 ] || namespace=(unshare --user --map-root-user --mount)
expect_status 2 "${namespace[@]}" bash "$tmp/on-full-disk" "$tmp/full" "$powercut" record --background=none --size=64M -o "$tmp/full/log.bin" -- \
    dd if=/dev/urandom of=file bs=1M count=20
expect_one_line "$tmp/err"
grep -q 'cannot record: No space left on device' "$tmp/err" || fail "full disk: $(cat "$tmp/err")"
nothing_left 'full disk'
echo "full disk: $(cat "$tmp/err")"
# One that is full before: no guest is started for that.
cat > "$tmp/fill" <<'EOF'
head -c 3500K /dev/zero > "$1/full"
shift
exec "$@"
EOF
expect_status 2 "${namespace[@]}" bash "$tmp/on-full-disk" "$tmp/full" bash "$tmp/fill" "$tmp/full" "$powercut" record --background=none \
    --size=64M -o "$tmp/full/log.bin" -- true
expect_one_line "$tmp/err"
grep -q 'less than 1024 KiB are free there: free some space' "$tmp/err" || fail "full before: $(cat "$tmp/err")"

# Ctrl-C while the guest's program runs, and while it boots.
for delay in 0.5 5; do
    rm -f "$tmp/log.bin"
    interrupted $delay "$powercut" record --kernel=6.12 --background=none --size=64M -o "$tmp/log.bin" -- sleep 1000
    expect_one_line "$tmp/err"
    nothing_left "Ctrl-C after $delay s"
done

# QEMU is killed, as by a kernel that is short of memory: that is no fault of the guest's.  Until then it may do little.
rm -f "$tmp/log.bin"
"$powercut" record --kernel=6.12 --background=none --size=64M -o "$tmp/log.bin" -- sleep 1000 2> "$tmp/err" &
pid=$!
# The recorder has the mark `begin` when the guest that is to be saved for others, if there was one, has ended.
for ((i = 0; i < 600; i++)); do
    ! grep -qs begin "$tmp/log.bin.part" || break
    sleep 0.1
done
qemu=$(pgrep -f "qemu-system.*$tmp/work/" | head -n 1)
[ "$(awk '/^(NoNewPrivs|Seccomp):/ { print $2 }' "/proc/$qemu/status" | tr '\n' ' ')" = '1 2 ' ] ||
    fail "QEMU runs without its sandbox: $(cat "/proc/$qemu/status")"
kill -KILL "$qemu"
status=0
wait "$pid" || status=$?
[ $status = 2 ] || fail "QEMU is killed: exit status $status: $(cat "$tmp/err")"
expect_one_line "$tmp/err"
grep -q 'QEMU was killed by signal 9 (out of memory?)' "$tmp/err" || fail "QEMU is killed: $(cat "$tmp/err")"
[ ! -e "$tmp/log.bin" ] || fail 'QEMU is killed: a log was left'
nothing_left 'QEMU is killed'

# Ctrl-C while replaying.  A terminal shows what goes on while recording; the log keeps what its replay needs to do the same.
expect_status 0 script -qec "$powercut record --background=none --size=64M --memory=192M --timeout=2m -o $tmp/log.bin -- sh -c 'echo new > file; sync'" \
    /dev/null < /dev/null
[ "$(tr '\r' '\n' < "$tmp/out" | sed -n 's/^\x1b\[K\(.[a-z ]*\).*/\1/p' | uniq | tr '\n' ,)" = \
    'booting a guest,making a file system,setting up,running sh,writing back,' ] || fail "progress: $(cat -v "$tmp/out")"
expect_status 0 "$replay" --list "$tmp/log.bin"
[ "$(grep -cx 'info memory=201326592\|info timeout=120' "$tmp/out")" = 2 ] || fail "header: $(grep '^info ' "$tmp/out")"
for guest in "$kernel" 6.12; do
    interrupted 1 "$replay" --kernel="$guest" --no-reduction --check='sleep 1000' "$tmp/log.bin"
    nothing_left "Ctrl-C while replaying in $guest"
done
