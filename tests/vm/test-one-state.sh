#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A violation's state id rebuilds the state: --state shows it again, --export and --serve give the same bytes.
. "${srcdir:?run the tests with make check}/tests/functions.sh" || exit 1
requires jq tar zstd nbdcopy nbdinfo mkfs.ext4 e2fsck nbdkit
any_guest

make_initial
expect_status 1 "$powercut" run --jobs=1 --background=none --quiet --initial="$tmp/initial" -o "$tmp/log.bin" --json="$tmp/json" -- "$update" in-place file
state=$(jq -r '.violations[0].state' "$tmp/json")
echo "state $state"

# Another spelling of it is answered with the same id.
case $state in
*:*) spelling=${state%%:*}:${state#*:},${state#*:} ;;
*) spelling=$state: ;;
esac
expect_status 1 "$replay" --state="$spelling" "$tmp/log.bin"
grep -qx "state      $state" "$tmp/out" || fail "$spelling is not answered with $state: $(cat "$tmp/out")"
grep -q '^verdict    atomicity: file: ' "$tmp/out" || fail "--state does not show the violation: $(cat "$tmp/out")"

expect_status 0 "$replay" --state="$state" --export="$tmp/image" "$tmp/log.bin"
[ "$(stat -c %s "$tmp/image")" = $((512 << 20)) ] || fail 'the image has not the size of the device'
[ "$(stat -c %b "$tmp/image")" -lt $((100 << 11)) ] || fail 'the image is not sparse'

"$replay" --state="$state" --serve="$tmp/sock" "$tmp/log.bin" &
pid=$!
cleanup_fn kill "$pid"
until [ -S "$tmp/sock" ]; do sleep 0.05; done
nbdcopy "nbd+unix:///disk0?socket=$tmp/sock" "$tmp/copy"
cmp "$tmp/image" "$tmp/copy" || fail '--serve and --export differ'
kill "$pid"
wait "$pid" || :
clean_ups=("${clean_ups[@]::1}")

# With a device that breaks its promise, too: what a flush did not make durable may be missing after the commit.
expect_status 0 "$powercut" run --jobs=1 --background=none --quiet --initial="$tmp/initial" -o "$tmp/safe.bin" -- "$update" rename-fsync file
expect_status 1 "$replay" --jobs=1 --fault=lost-flush --json="$tmp/json" "$tmp/safe.bin"
[ "$(jq '[.durable, .exhaustive]' -c "$tmp/json")" = '[false,true]' ] || fail "a lost flush: $(cat "$tmp/out")"
jq -r '.schedules[].fault' "$tmp/json" > "$tmp/faults"
[ "$(grep -c '^lost-flush:[0-9]*$' "$tmp/faults")" = "$(jq '.schedules[0].flushes' "$tmp/json")" ] ||
    fail "not every flush: $(cat "$tmp/faults")"
read -r fault state <<< "$(jq -r '.violations[] | select(.kind == "durability") | .fault + " " + .state' "$tmp/json" | sed -n 1p)"
expect_status 1 "$replay" --fault="$fault" --state="$state" "$tmp/safe.bin"
grep -qx "fault      $fault" "$tmp/out" || fail "--state does not name the fault: $(cat "$tmp/out")"
expect_status 2 "$replay" --state="$state" "$tmp/safe.bin"
expect_status 0 "$replay" --fault="$fault" --state="$state" --export="$tmp/image" "$tmp/safe.bin"
expect_status 0 "$replay" --fault="$fault" --state="$state" --bundle="$tmp/bug.tar.zst" "$tmp/safe.bin"
mkdir "$tmp/bug"
tar -C "$tmp/bug" --zstd -xf "$tmp/bug.tar.zst"
grep -q "breaks its promise: $fault" "$tmp/bug/README" || fail "the bundle does not name the fault: $(cat "$tmp/bug/README")"
expect_status 1 "$replay" --state="$state" "$tmp/bug/log.bin"

# A copy of the log for each place has to have room.
cp "$tmp/safe.bin" "$tmp/huge.bin"
truncate -s -40 "$tmp/huge.bin" # without its end, which nothing may follow
truncate -s 8T "$tmp/huge.bin"
expect_status 2 "$replay" --fault=misdirected "$tmp/huge.bin"
grep -q -e '--fault=misdirected: .* copies of .*/huge.bin, .* have no room' "$tmp/err" || fail "no room: $(cat "$tmp/err")"
rm "$tmp/huge.bin"

# A checker that dies of what it reads says something about the state.
mkdir "$tmp/programs"
# shellcheck disable=SC2016
printf '#!/bin/sh\nkill -SEGV $$\n' > "$tmp/programs/e2fsck"
chmod +x "$tmp/programs/e2fsck"
PATH="$tmp/programs:$PATH" expect_status 1 "$replay" --fsck --state="${state%%:*}" "$tmp/safe.bin"
grep -q '^verdict    fsck: .*e2fsck: died of signal 11$' "$tmp/out" || fail "a checker that dies: $(cat "$tmp/out")"

# All of the log is a file system that e2fsck recovers from its journal without complaint.
expect_status 0 "$replay" --export="$tmp/image" "$tmp/log.bin"
e2fsck -fy "$tmp/image" > "$tmp/fsck" 2>&1 || [ $? = 1 ] || fail "e2fsck: $(cat "$tmp/fsck")"
