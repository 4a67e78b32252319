#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Runs that share a guest say what separate runs say, on more than one file system, and whatever one of them does to its guest
# does not disturb the next.
. "${srcdir:?run the tests with make check}/tests/functions.sh" || exit 1
requires jq mkfs.ext4 mkfs.btrfs qemu-system-x86_64 nbdkit perl pgrep

mkdir "$tmp/work" "$tmp/initial" "$tmp/pool" "$tmp/bin"
export TMPDIR=$tmp/work
echo old > "$tmp/initial/file"

# Every boot is noted.
printf '#!/bin/sh\necho "$*" >> %q\nexec %q "$@"\n' "$tmp/boots" "$(type -P qemu-system-x86_64)" > "$tmp/bin/qemu-system-x86_64"

# One program for all, so that all can be served by one guest.  `litter` leaves a process that has a file of the disk in use, and
# files in a folder for temporary ones.
cat > "$tmp/bin/update" <<'END'
#!/bin/sh
set -e
case $1 in
rename) echo new > tmp; mv tmp file ;;
synced) echo new > tmp; sync tmp; mv tmp file; sync . ;;
litter)
    echo new > file
    sync
    sleep 1000 < file &
    mkdir /tmp/left
    echo x > /tmp/left/x ;;
elsewhere) echo new > file; sync; mkdir /elsewhere ;;
setting) echo new > file; sync; echo 17 > /proc/sys/vm/swappiness ;;
clean) [ -z "$POWERCUT_FREEZE_AT" ]; [ "$(cat /proc/sys/vm/swappiness)" != 17 ]; [ ! -e /tmp/left ]; [ ! -e /elsewhere ]; echo new > file; sync ;;
freeze) powercut-mark now; echo new > file; sync ;;
hang) sleep 1000 ;;
panic) echo 1 > /proc/sys/kernel/sysrq; echo c > /proc/sysrq-trigger ;;
esac
END
chmod +x "$tmp/bin/update" "$tmp/bin/qemu-system-x86_64"
PATH=$tmp/bin:$PATH

small="--size=64M --initial=$tmp/initial" large="--size=128M --initial=$tmp/initial"
cat > "$tmp/jobs" <<END
first $small --fs=ext4 -- $tmp/bin/update rename
synced $small --fs=ext4 -- $tmp/bin/update synced
nested $small --fs=ext4 --nested=1 --tear=none -- $tmp/bin/update synced
litter $small --fs=ext4 -- $tmp/bin/update litter
clean $small --fs=ext4 -- $tmp/bin/update clean
hang $small --fs=ext4 --timeout=1 -- $tmp/bin/update hang
panic $small --fs=ext4 -- $tmp/bin/update panic
freeze $small --fs=ext4 --freeze-at=now -- $tmp/bin/update freeze
clean-2 $small --fs=ext4 -- $tmp/bin/update clean
btrfs $large --fs=btrfs -- $tmp/bin/update rename
setting $large --fs=btrfs -- $tmp/bin/update setting
clean-4 $large --fs=btrfs -- $tmp/bin/update clean
ext4 $large --fs=ext4 -- $tmp/bin/update rename
elsewhere $large --fs=btrfs -- $tmp/bin/update elsewhere
clean-3 $large --fs=btrfs -- $tmp/bin/update clean
unknown $large --fs=foofs -- $tmp/bin/update rename
last $large --fs=ext4 -- $tmp/bin/update synced
END
"$srcdir/tests/vm/pool-jobs.pl" "$powercut" ext4,btrfs "$tmp/jobs" "$tmp/pool" 2> "$tmp/err" \
    || fail "the worker: $(cat "$tmp/err")"
cat "$tmp/err"
[ -z "$(ls -A "$tmp/work")" ] || fail "left in TMPDIR: $(ls -A "$tmp/work")"
! pgrep -f "$tmp/work" > "$tmp/pids" || fail "processes left: $(ps -o pid,args -p "$(paste -sd, "$tmp/pids")")"

# status NAME STATUS [TEXT]: how the job ended, and what it said
status ()
{
    [ "$(cat "$tmp/pool/$1.status")" = "$2" ] || fail "$1: exit status $(cat "$tmp/pool/$1.status") and not $2"
    sed -n "/^$1\$/,/^[a-z0-9-]*\$/p" "$tmp/err" | grep -q -- "${3:-}" || fail "$1: no word of $3"
}

status first 1
status synced 0
status nested 0
status litter 0
status clean 0
status hang 2 'time-out: see --timeout'
status panic 2 'sysrq'
status freeze 0
status clean-2 0
status btrfs 1
status setting 0
status clean-4 0
status ext4 1
status elsewhere 0
status clean-3 0
status unknown 2 'mkfs.foofs'
status last 0

# A guest that records has a network.  Those are booted for `first`, after `hang`, after `panic`, for a larger disk, after
# `setting`, after `elsewhere` and after `unknown`.  Where KVM works, one may have been emulated until that was found out.
emulated=$(grep guestfwd "$tmp/boots" | grep -c accel=tcg) || true
virtualized=$(grep guestfwd "$tmp/boots" | grep -c accel=kvm) || true
boots=$((virtualized > 0 ? virtualized : emulated))
[ "$boots" = 7 ] || fail "$boots guests and not 7 were booted for recordings"

# What interrupts recovery has to know of its flushes, and gets a guest of its own whose disk has a cache.
grep -v -e guestfwd -e drive=extras "$tmp/boots" | grep -q drive=disk0,write-cache=on ||
    fail 'recoveries were interrupted in a guest that sends no flushes'

# The same one by one, in another guest.  What was asked of one file system and is right must be said of it, whoever had the guest
# before.
any_guest
said='[.filesystem, .atomic, .durable, .leftovers, .exhaustive, ([.violations[] | [.kind, .detail]] | sort)]'
compare ()
{
    local name=$1 expected=$2
    shift 2
    expect_status "$expected" "$powercut" run --background=none --quiet --jobs=1 -o "$tmp/log.bin" --json="$tmp/json" "$@"
    [ "$(jq -c "$said" "$tmp/json")" = "$(jq -c "$said" "$tmp/pool/$name.json")" ] \
        || fail "$name: $(jq -c "$said" "$tmp/pool/$name.json") and alone $(jq -c "$said" "$tmp/json")"
}
compare synced 0 --size=64M --initial="$tmp/initial" -- "$tmp/bin/update" synced
compare btrfs 1 --size=128M --initial="$tmp/initial" --fs=btrfs -- "$tmp/bin/update" rename
[ "$(jq -c "$said" "$tmp/pool/first.json")" = "$(jq -c "$said" "$tmp/pool/ext4.json")" ] || fail 'ext4 is not what it was'
