#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# User Mode Linux sees what a machine sees: the same log has the same results in both, and what it records has them, too.  A run
# that hangs it leaves no process.
. "${srcdir:?run the tests with make check}/tests/functions.sh" || exit 1
requires jq mkfs.ext4 mkfs.xfs mkfs.btrfs qemu-system-x86_64 nbdkit
need_kernel 6.1 '/^6\.1\.[0-9]*-uml /' --suite=bookworm --flavour=uml

printf '#!/bin/sh\necho new > greeting.tmp\nmv greeting.tmp greeting\n' > "$tmp/update.sh"
chmod +x "$tmp/update.sh"

# results KERNEL LOG: what replaying LOG with KERNEL says, but for what differs each time
results ()
{
  "$replay" --kernel="$1" --jobs=1 --quiet --json="$tmp/json" "$2" || [ $? -eq 1 ] || fail "$2 with $1"
  what_was_found "$tmp/json" | jq 'del (.log, .kernel)'
}

# A newer mkfs.xfs makes what this kernel does not know, unless it is told; Debian 12's refuses its own lists.
xfs=/usr/share/xfsprogs/mkfs/lts_6.1.conf newer=/usr/share/xfsprogs/mkfs/lts_6.12.conf

# record KERNEL FS SIZE [SETUP]
record ()
{
  local options=()
  [ "$2" != xfs ] || [ ! -e "$newer" ] || options=(--include="$xfs" --mkfs="-c options=$xfs")
  "$powercut" record --kernel="$1" --quiet --background=none --fs="$2" --size="$3" "${options[@]}" --setup='echo old > greeting' --setup="${4:-:}" \
    -o "$tmp/$2-$1.bin" -- "$tmp/update.sh" || fail "recording $2 with $1"
}

for filesystem in ext4:64M xfs:300M btrfs:128M; do
  record 6.1 "${filesystem%:*}" "${filesystem#*:}"
  results 6.1 "$tmp/${filesystem%:*}-6.1.bin" > "$tmp/expected"
  results 6.1-uml "$tmp/${filesystem%:*}-6.1.bin" > "$tmp/seen"
  diff "$tmp/expected" "$tmp/seen" >&2 || fail "$filesystem: other results in User Mode Linux"
done

# It records flushes and FUA writes as others do, and what was recorded in it is judged alike in both.  Its guest starts no
# program for each device, and can tell that nothing is left of a recording, so that it serves the next.
record 6.1-uml ext4 64M "test \$(stat -f -c %T /) = tmpfs && test -z \"\$(cat /sys/kernel/uevent_helper)\""
"$powercut" show "$tmp/ext4-6.1-uml.bin" > "$tmp/events"
grep -q 'write FUA' "$tmp/events" && grep -q ' flush ' "$tmp/events" || fail 'neither flushes nor FUA writes'
results 6.1 "$tmp/ext4-6.1-uml.bin" > "$tmp/expected"
results 6.1-uml "$tmp/ext4-6.1-uml.bin" > "$tmp/seen"
diff "$tmp/expected" "$tmp/seen" >&2 || fail 'other results of what User Mode Linux recorded'

# Where no guest is a machine, nothing is said of how slow those are.
mkdir -p "$tmp/cache/powercut"
ln -s "$XDG_CACHE_HOME/powercut/kernels" "$tmp/cache/powercut/"
sed 's/ told / untold /' "$XDG_CACHE_HOME/powercut/accel" > "$tmp/cache/powercut/accel"
XDG_CACHE_HOME=$tmp/cache "$powercut" matrix --kernel=6.1-uml --background=none --fs=ext4 --protocol=rename-fsync > "$tmp/out" 2> "$tmp/err"
[ ! -s "$tmp/err" ] || fail "said of a matrix without machines: $(cat "$tmp/err")"

# Where it does not mount something, it says why.
expect_status 2 "$powercut" record --kernel=6.1-uml --quiet --fs=ext4 --size=64M --mount=nonsense -o "$tmp/none.bin" -- "$tmp/update.sh"
expect_one_line "$tmp/err"
grep -q 'see --mount and --mkfs.*Invalid argument: .*nonsense' "$tmp/err" || fail "nobody says why: $(cat "$tmp/err")"

# A log that names such a kernel does not make it run.
expect_status 2 "$replay" --quiet "$tmp/ext4-6.1-uml.bin"
grep -q 'say --kernel=6.1.*-uml' "$tmp/err" || fail "not what to do: $(cat "$tmp/err")"

# A run that hangs is one that hangs, and its guest is ended.
mkdir "$tmp/work"
status=0
TMPDIR=$tmp/work "$replay" --kernel=6.1-uml --jobs=1 --quiet --timeout=1 --limit=1 --check='while :; do :; done' --json="$tmp/json" \
  "$tmp/ext4-6.1.bin" 2> "$tmp/err" || status=$?
[ "$status" = 1 ] && jq -e '.violations[] | select (.kind == "hang")' "$tmp/json" > /dev/null || fail 'a hang is not seen'
! readlink /proc/[0-9]*/cwd | grep -F "$tmp/work/" >&2 || fail 'processes are left in these'
