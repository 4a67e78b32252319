#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# `powercut workload` and `powercut gen`: what is wrong is said in one line, J-lang becomes a workload of ours, and what is made
# is whole.
. "${srcdir:?run the tests with make check}/tests/functions.sh" || exit 1

mkdir "$tmp/work"
export TMPDIR=$tmp/work

# workload LINE...: a file of these lines
workload ()
{
    printf '%s\n' "$@" > "$tmp/file"
}

workload '# mine' 'mkdir A' begin 'write A/foo 0 4K' 'fsync A/foo'
expect_status 0 "$powercut" workload "$tmp/file"
diff -u "$tmp/file" "$tmp/out" || fail 'a workload of ours does not stay what it is'

workload 'creat a' 'rename a'
refused "$tmp/file:2: too few words" "$powercut" workload "$tmp/file"
workload 'creat a' 'rename b a'
refused "$tmp/file:2: rename b: there is nothing of this name" "$powercut" workload "$tmp/file"
workload 'creat a' 'rule +fsync'
refused "$tmp/file:2: fsync: no such rule" "$powercut" workload "$tmp/file"
printf '%s\n' 'tmpfile t' 'linktmp t a' 'linktmp t b' 'unlink a' 'unlink b' 'linktmp t a' > "$tmp/file"
refused "$tmp/file:6: linktmp t: has lost its name" "$powercut" workload "$tmp/file"
printf 'creat a\0b\n' > "$tmp/file"
refused 'holds NULs' "$powercut" workload "$tmp/file"
yes 'checkpoint some words to make it long' 2> /dev/null | head -c 110000 > "$tmp/file" || true
refused 'at most 102400 bytes' "$powercut" workload "$tmp/file"
refused "$tmp/nothing" "$powercut" workload "$tmp/nothing"
refused 'directory' "$powercut" workload "$tmp/work"
refused 'give one file' "$powercut" workload
refused 'give one file' "$powercut" workload "$tmp/file" "$tmp/file"

# On the command line of a recording.
workload 'creat a' 'sync'
refused 'excludes' "$powercut" record --workload="$tmp/file" -o "$tmp/x.bin" -- true
refused 'excludes' "$powercut" run --workload="$tmp/file" --step=true
refused 'excludes' "$powercut" run --workload="$tmp/file" --watch=a
workload 'creat a' 'touch b'
refused "$tmp/file:2: touch: no such operation" "$powercut" run --workload="$tmp/file"

# J-lang: every operation, and descriptors that outlive a name.
cat > "$tmp/jlang" <<'END'
# define 
test
A
A/C
B
A/foo
A/bar
B/foo
foo

# declare
local_checkpoint

# setup
mkdir A 0777
open Afoo O_RDWR|O_CREAT 0777
write Afoo 0 32768
sync
close Afoo

# run
mkdir B 0777
open Afoo O_RDWR 0777
falloc Afoo FALLOC_FL_PUNCH_HOLE|FALLOC_FL_KEEP_SIZE 0 5000
falloc Afoo 0 0 40000
rename Afoo Abar
open Bfoo O_RDWR|O_CREAT 0777
mmapwrite Bfoo 0 8192
dwrite Bfoo 8192 4096
fsetxattr Bfoo
setxattr Bfoo user.other 12
fsync Afoo
checkpoint 1
opendir B 0777
fsync B
fdatasync Bfoo
msync Bfoo
fsync test
none
link Bfoo foo
symlink Bfoo AC
open foo O_RDWR|O_TRUNC 0777
truncate foo 1000
remove Abar
removexattr Bfoo
removexattr Bfoo user.other
unlink foo
remove Bfoo
rmdir B
close Afoo
sync
END
cat > "$tmp/expected" <<'END'
mkdir A
creat A/foo
write A/foo 0 32768
sync
begin
mkdir B
falloc A/foo keep+punch 0 5000
falloc A/foo alloc 0 40000
rename A/foo A/bar
creat B/foo
falloc B/foo alloc 0 8192
mmapwrite B/foo 0 8192
msync B/foo 0 8192
dwrite B/foo 8192 4096
fsync B/foo
setxattr B/foo user.xattr1 val1
setxattr B/foo user.other 12
fsync A/bar
checkpoint 1
fsync B
fdatasync B/foo
msync B/foo 0 12288
fsync .
link B/foo foo
symlink B/foo A/C
truncate foo 0
truncate foo 1000
unlink A/bar
removexattr B/foo user.xattr1
removexattr B/foo user.other
unlink foo
unlink B/foo
rmdir B
sync
END
expect_status 0 "$powercut" workload "$tmp/jlang"
diff -u "$tmp/expected" "$tmp/out" || fail 'J-lang becomes something else'

# jlang LINE...: these lines in the section `run`
jlang ()
{
    printf '%s\n' '# define' A/foo '# run' "$@" > "$tmp/file"
}

jlang 'open Afoo O_CREAT 0777'
refused "$tmp/file (converted):1: creat A/foo: its folder is not there" "$powercut" workload "$tmp/file"
jlang 'sync' 'fiddle foo'
refused "$tmp/file:5: fiddle: has no equivalent here" "$powercut" workload "$tmp/file"
jlang 'mknod foo TEST_FILE_PERMS|S_IFCHR|S_IFBLK 0' 'mknod bar S_IFCHR 259' 'mknod fifo 0600|S_IFIFO 0' 'mknod file 0600 0'
expect_status 0 "$powercut" workload "$tmp/file"
printf '%s\n' 'mknod foo b 0 0' 'mknod bar c 1 3' 'mkfifo fifo' 'creat file' | diff -u - "$tmp/out" || fail 'mknod becomes something else'
jlang 'mknod foo S_IFCHR zero'
refused "$tmp/file:4: zero: is no device" "$powercut" workload "$tmp/file"
jlang 'open foo O_RDWR 0777'
refused "$tmp/file:4: foo: is not there, and O_CREAT is not given" "$powercut" workload "$tmp/file"
jlang 'open foo O_CREAT 0777' 'unlink foo' 'write foo 0 1'
refused "$tmp/file:6: foo: the file has no name any more" "$powercut" workload "$tmp/file"
jlang 'open foo O_CREAT 0777' 'falloc foo FALLOC_FL_NOVEL 0 1'
refused "$tmp/file:5: FALLOC_FL_NOVEL: no such mode" "$powercut" workload "$tmp/file"
jlang 'write foo'
refused "$tmp/file:4: write: 1 words behind it are too few" "$powercut" workload "$tmp/file"
printf '%s\n' sync '# define' '# run' > "$tmp/file"
refused "$tmp/file:1: stands in no section" "$powercut" workload "$tmp/file"

# Every short workload; a second run goes on where the first has ended.
expect_status 0 "$powercut" gen --set=link,rename --limit=10 -o "$tmp/made"
grep -qx '10 workloads, 10 of them new; the bounds allow at least 11' "$tmp/out" || fail "$(cat "$tmp/out")"
rm "$tmp/made/ops1-000004.workload"
expect_status 0 "$powercut" gen --set=link,rename -o "$tmp/made"
[[ $(cat "$tmp/out") =~ ^([0-9]+)\ workloads,\ ([0-9]+)\ of\ them\ new\;\ the\ bounds\ allow\ ([0-9]+)$ ]] ||
    fail "$(cat "$tmp/out")"
[ "${BASH_REMATCH[1]}" = "${BASH_REMATCH[3]}" ] && [ "${BASH_REMATCH[2]}" = $((BASH_REMATCH[1] - 9)) ] || fail "$(cat "$tmp/out")"
[ "$(find "$tmp/made" -name 'ops1-*.workload' | wc -l)" = "${BASH_REMATCH[1]}" ] || fail 'not as many files as it says'
expect_status 0 "$powercut" gen --set=link,rename --from=$((BASH_REMATCH[1] - 1)) -o "$tmp/last"
diff "$tmp/made/ops1-$(printf %06d "${BASH_REMATCH[1]}").workload" "$tmp/last" || fail '--from begins with others'
[ "$(find "$tmp/last" -type f | wc -l)" = 2 ] || fail '--from makes others'
for file in "$tmp"/made/*; do
    expect_status 0 "$powercut" workload "$file"
done
# On standard output they are an archive of the same files.
"$powercut" gen --set=link,rename --from=3 --limit=7 -o - 2> "$tmp/err" > "$tmp/made.tar" || fail "$(cat "$tmp/err")"
grep -qx '7 workloads; the bounds allow at least 10' "$tmp/err" || fail "$(cat "$tmp/err")"
mkdir "$tmp/unpacked"
tar -xf "$tmp/made.tar" -C "$tmp/unpacked"
[ "$(find "$tmp/unpacked" -type f | wc -l)" = 7 ] || fail 'the archive has others'
for file in "$tmp"/unpacked/*; do
    cmp "$file" "$tmp/made/${file##*/}"
done
status=0; "$powercut" gen --set=link,rename -o - > /dev/full 2> "$tmp/err" || status=$?
[ "$status" = 2 ] && grep -q 'standard output: ' "$tmp/err" || fail "to a full device: $status, $(cat "$tmp/err")"
# Random ones: the same of a seed, and all can be done.
expect_status 0 "$powercut" gen --random=40 --seed=7 --ops=3-8 -o "$tmp/random"
grep -qx '40 workloads, 40 of them new; the bounds allow 40' "$tmp/out" || fail "$(cat "$tmp/out")"
expect_status 0 "$powercut" gen --random=40 --seed=7 --ops=3-8 --from=40 -o "$tmp/random-last"
diff "$tmp/random/random7-000040.workload" "$tmp/random-last" || fail 'a seed stands for others each time'
expect_status 0 "$powercut" workload "$tmp/random/random7-000040.workload"
refused 'random7-000001.workload: is another workload' "$powercut" gen --random=40 --seed=7 --ops=2 -o "$tmp/random"

refused 'ops1-000001.workload: is another workload' "$powercut" gen --set=write -o "$tmp/made"
refused 'ops1-000001.workload: is another workload' "$powercut" gen --set=write --from=1000 -o "$tmp/made"
refused 'give 1, 2 or 3' "$powercut" gen --ops=4 -o "$tmp/none"
refused 'give 1, 2 or 3' "$powercut" gen --ops=1-2 -o "$tmp/none"
refused 'give a number up to 100, or two' "$powercut" gen --random=1 --ops=8-3 -o "$tmp/none"
refused 'give a number up to 100, or two' "$powercut" gen --random=1 --ops=101 -o "$tmp/none"
refused 'mkfifo is none of' "$powercut" gen --set=mkfifo -o "$tmp/none"
refused 'fsync is none of' "$powercut" gen --random=1 --set=fsync -o "$tmp/none"
refused 'give -o DIR' "$powercut" gen
refused 'fsync is none of' "$powercut" gen --set=link,fsync -o "$tmp/none"
refused 'options alone' "$powercut" gen -o "$tmp/none" more
refused "$tmp/nothing/none" "$powercut" gen -o "$tmp/nothing/none"
