#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# --background: after each system call of an update the rest of the system makes durable what there is.
. "${srcdir:?run the tests with make check}/tests/functions.sh" || exit 1
requires jq mkfs.ext4 mkfs.f2fs nbdkit
any_guest

# calls LOG: the system calls that have a mark, a line each
calls ()
{
    expect_status 0 "$replay" --list "$1"
    sed -n 's/^ *[0-9]* *[0-9.]* *call  *//p' "$tmp/out"
}

# Whatever the program starts is followed, and nothing that it sees of its parent, group and children is different.
expect_status 0 "$powercut" record --size=64M --background=writeback -o "$tmp/log.bin" -- "$builddir/tests/vm/starts-others"
grep -qx 'child of 1, alone in its group: 1' "$tmp/out" || fail "it was started otherwise: $(cat "$tmp/out")"
calls "$tmp/log.bin" > "$tmp/calls"
for text in 'write(.*/thread-0>, ..., 4) = 4' 'fsync(.*/thread-1>)' 'openat(AT_FDCWD, "thread-2", O_WRONLY|O_CREAT, 0600) = .*' \
    'write(1</mnt/vforked>, ..., 5) = 5' 'mkdir("forked", 0700)' 'bind(.*, "socket", .*)' 'exit_group(0)'; do
    grep -qx "$text" "$tmp/calls" || fail "$text: not among $(cat "$tmp/calls")"
done
# The store to mapped memory, which no call makes, is there when the end of the program has been met.
awk '/ call +exit_group/ { armed = 1 } armed && / write / { written = 1 } / mark +commit/ { exit !written }' "$tmp/out" ||
    fail 'nothing was written back before the end of the program'

# Between two calls the file is empty.  The finding is named after the first of them.
expect_status 1 "$powercut" run --jobs=1 --quiet --size=64M --background=commit --setup='echo old > file' --json="$tmp/json" \
    -o "$tmp/log.bin" -- sh -c 'echo new > file; sync file'
jq -e 'any (.violations[]; .kind == "atomicity" and .detail == "file: empty (old: \"old\\n\", new: \"new\\n\")"
    and (.after | test ("^openat\\(AT_FDCWD, \"file\", O_WRONLY\\|O_CREAT\\|O_TRUNC, 0666\\) = [0-9]+$")))' "$tmp/json" > "$tmp/found" ||
    fail "no empty file: $(jq -c .violations "$tmp/json")"

# The file that another process syncs is no part of what is judged.
mkdir "$tmp/initial"
update=$builddir/corpus/update-protocols/update-protocols
"$update" old "$tmp/initial/file"
expect_status 0 "$powercut" run --jobs=1 --quiet --fs=f2fs --background=commit --initial="$tmp/initial" --json="$tmp/json" \
    -o "$tmp/log.bin" -- "$update" rename-fsync file
[ "$(jq -c '[.exhaustive, .atomic, .durable, .leftovers]' "$tmp/json")" = '[true,true,true,["update.tmp"]]' ] ||
    fail "f2fs: $(jq -c '[.exhaustive, .violations, .leftovers]' "$tmp/json")"

# An operation of a workload is what a system call is otherwise.
cat > "$tmp/workload" <<'END'
creat a
begin
rename a b              # commented
fsync b
unlink b
END
expect_status 0 "$powercut" record --size=64M --background=commit --workload="$tmp/workload" -o "$tmp/log.bin"
[ "$(calls "$tmp/log.bin")" = $'rename a b\nunlink b' ] || fail "the calls of a workload: $(calls "$tmp/log.bin")"
