#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# --shell puts one into a guest with the state for a disk: from a pipe and from a terminal, before and after recovery.
. "${srcdir:?run the tests with make check}/tests/functions.sh" || exit 1
requires busybox mkfs.ext4 debugfs script nbdkit
any_guest 6.1

TMPDIR=$tmp/temporary
export TMPDIR
mkdir "$TMPDIR"
expect_status 0 "$powercut" record --background=none --quiet --size=64M --setup='echo contents > "a file"' -o "$tmp/log.bin" -- true

# enter COMMANDS [OPTION...]: feed them to a shell
enter ()
{
    local commands=$1

    shift
    printf '%s' "$commands" | expect_status 0 "$replay" --shell "$@" "$tmp/log.bin"
    [ -z "$(ls -A "$TMPDIR")" ] || fail "left by --shell: $(ls -A "$TMPDIR")"
    sed 's/^/| /' "$tmp/out"
}

# Nothing but what the commands print, whether or not the last line ends, and however much it is.
enter 'cat "a file"; pwd; wc -c <<END
'"$(seq 20000)"'
END
mount | grep -o "^/dev/vda on /mnt type ext4"
echo x > new && sync; exit 7
echo not reached'
printf '%s\n' contents /mnt 108894 '/dev/vda on /mnt type ext4' > "$tmp/expected"
cmp "$tmp/out" "$tmp/expected" || fail 'the output of the shell is wrong'
[ ! -s "$tmp/err" ] || fail "standard error of --shell: $(cat "$tmp/err")"

enter 'grep vda /proc/mounts || echo not mounted
debugfs -R "cat /a\ file" /dev/vda 2> /dev/null || echo no debugfs
echo end' --before-recovery
grep -qx 'not mounted' "$tmp/out" || fail 'it is mounted before recovery'
grep -qx 'no debugfs' "$tmp/out" && fail 'the tools of the file system are not there'
grep -qx 'end' "$tmp/out" || fail 'it ended early'

# A disk with nothing on it cannot be mounted; the shell is there all the same.
enter 'test -b /dev/vda && echo there' --state=0:-0
grep -q 'cannot be mounted' "$tmp/err" || fail "no word of the failed mount: $(cat "$tmp/err")"
grep -q 'before the mark begin' "$tmp/err" || fail "no word that the state is none of the update's: $(cat "$tmp/err")"
[ "$(wc -l < "$tmp/err")" = 2 ] || fail "more is said: $(cat "$tmp/err")"
grep -qx there "$tmp/out" || fail 'no shell without a mount'

# On a terminal it is a terminal.
printf 'tty; echo in-$((40 + 2))\rexit\r' |
    script -qec "$(printf '%q ' "$replay" --shell "$tmp/log.bin")" /dev/null > "$tmp/terminal"
sed 's/^/> /' "$tmp/terminal"
tr -d '\r' < "$tmp/terminal" > "$tmp/out"
grep -q '^in-42$' "$tmp/out" || fail 'no answer on a terminal'
grep -q '^/dev/hvc0$' "$tmp/out" || fail 'the guest has no terminal'

refused "install busybox-static" env PATH=/usr/sbin "$replay" --shell "$tmp/log.bin"
refused 'exclude one another' "$replay" --shell --export="$tmp/image" "$tmp/log.bin"
refused '--before-recovery is for --shell' "$replay" --before-recovery "$tmp/log.bin"
