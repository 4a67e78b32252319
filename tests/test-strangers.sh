#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# What a stranger's log names on this machine is not run, booted or read, unless the command line says so: SECURITY in powercut(1).
. "${srcdir:?run the tests with make check}/tests/functions.sh" || exit 1
requires nbdkit nbdcopy gcc

mkdir "$tmp/work" "$tmp/here"
cd "$tmp/here"
export TMPDIR=$tmp/work XDG_CACHE_HOME=$tmp/cache

# stranger INFO...: a log with these texts in its header
stranger ()
{
    local words=() text

    for text; do words+=("info=$text"); done
    rm -f "$tmp/log.bin"
    head -c 4096 /dev/zero | tr '\0' a > "$tmp/data"
    nbdkit -U - "$builddir/nbd-plugin/.libs/nbdkit-writelog-plugin.so" "$tmp/log.bin" size=1M "${words[@]}" \
        --run "nbdcopy --flush $tmp/data \"\$uri\""
}

# A program of the host that would tell if it were run, as a script and as the loader of an executable.
printf '#!/bin/sh\ntouch %q\n' "$tmp/was-run" > "$tmp/here/run-me"
chmod +x "$tmp/here/run-me"
echo 'int main (void) { return 0; }' > "$tmp/here/program.c"
gcc -o "$tmp/here/program" -Wl,--dynamic-linker="$tmp/here/run-me" "$tmp/here/program.c"

for check in "$tmp/here/run-me" ./run-me "$tmp/here/program" "sh -c $tmp/here/program"; do
    stranger filesystem=ext4 "check=$check"
    refused 'whose programs it does not carry' "$replay" "$tmp/log.bin"
    refused 'does not carry' "$replay" --state=3 --bundle="$tmp/bundle" "$tmp/log.bin"
    refused 'does not carry' "$replay" --state=3 --shell "$tmp/log.bin"
done
stranger filesystem=ext4 "assemble=$tmp/here/run-me {disk0}"
refused 'whose programs it does not carry' "$replay" "$tmp/log.bin"
refused 'whose programs it does not carry' "$replay" --check=true "$tmp/log.bin"
refused 'what assembles the disks' "$replay" --check=true --state=3 --bundle="$tmp/bundle" "$tmp/log.bin"
[ ! -e "$tmp/was-run" ] || fail 'a program that a log names was run on the host'

# Its includes are nothing without a checker of its own, and not taken for one that it does not carry.
echo 'a secret' > "$tmp/here/secret"
chmod 600 "$tmp/here/secret"
stranger filesystem=ext4 "check=cat $tmp/here/secret; exit 1" "include=$tmp/here/secret"
refused 'does not carry' "$replay" "$tmp/log.bin"

# Its kernel is known by its release, and by nothing else.
echo 'no kernel' > vmlinuz
stranger filesystem=ext4 kernel=9.9.9-none kernel-image=vmlinuz
refused 'recorded on Linux 9.9.9-none.*kernel fetch 9.9.9-none' "$replay" "$tmp/log.bin"
refused "^replay: $tmp/log.bin was recorded on Linux 9.9.9-none" "$replay" --state=3 --bundle="$tmp/bundle" "$tmp/log.bin"
refused 'vmlinuz: is no x86 kernel image' "$replay" --trust-log "$tmp/log.bin"
stranger filesystem=ext4 'kernel=6.1; touch here' kernel-image=vmlinuz
refused 'the kernel that it names is none' "$replay" "$tmp/log.bin"
stranger filesystem=ext4 kernel=../../here/vmlinuz
refused 'the kernel that it names is none' "$replay" "$tmp/log.bin"

# Its file system becomes a word of other programs' command lines.
for filesystem in --config=/here ../ext4 'ext4 xfs' ''; do
    stranger "filesystem=$filesystem"
    refused 'the file system that it names is none' "$replay" "$tmp/log.bin"
done

# What goes with a checker of the command line goes with no other.
stranger filesystem=ext4
refused 'is for --check' "$replay" --include="$tmp/here/secret" "$tmp/log.bin"

# What a log carries is in it.
echo 'no archive' > "$tmp/files"
rm -f "$tmp/log.bin"
nbdkit -U - "$builddir/nbd-plugin/.libs/nbdkit-writelog-plugin.so" "$tmp/log.bin" size=1M info=filesystem=ext4 info=check=true \
    files="$tmp/files" --run "nbdcopy --flush $tmp/data \"\$uri\""
"$powercut" show "$tmp/log.bin" | grep -q 'powercut:files (26 bytes)' || fail 'the log does not carry the files'

# A case's files are its own, wherever symbolic links lead.
case=$tmp/cases/stranger
mkdir -p "$case"
echo 'title = a case' > "$case/case.ini"
printf 'begin\nwrite a 0 4K\nfsync a\n' > "$tmp/here/workload"
ln -s ../../here/workload "$case/workload"
refused 'workload: leads out of the case, to .*--trust-cases' "$powercut" corpus run "$tmp/cases"
rm "$case/workload"
ln -s "$tmp/log.bin" "$case/log.zst"
refused 'log.zst: leads out of the case' "$powercut" corpus run "$tmp/cases"
rm "$case/log.zst"
for initial in /etc '$CASE/../../here' '$CASE/link'; do
    ln -sfn ../../here "$case/link"
    printf 'title = a case\ncommand = true\ninitial = %s\n' "$initial" > "$case/case.ini"
    refused 'leads out of the case' "$powercut" corpus run "$tmp/cases"
done

ln -sf "$tmp/here/secret" "$case/case.ini"
refused 'case.ini: leads out of the case' "$powercut" corpus run "$tmp/cases"
refused 'case.ini: leads out of the case' "$powercut" corpus list "$tmp/cases"

# They are files, of which none waits for anybody or has no end: also with links that are trusted.
ln -sf /dev/zero "$case/case.ini"
refused 'case.ini: is no regular file' "$powercut" corpus run --trust-cases "$tmp/cases"
rm "$case/case.ini"
mkfifo "$case/case.ini"
refused 'case.ini: is no regular file' timeout 20 "$powercut" corpus list "$tmp/cases"
rm "$case/case.ini"
truncate -s 2M "$case/case.ini"
refused 'case.ini: is larger than' "$powercut" corpus list "$tmp/cases"
echo 'title = a case' > "$case/case.ini"
for name in workload log.zst; do
    mkfifo "$case/$name"
    refused "$name: is no regular file" timeout 20 "$powercut" corpus run "$tmp/cases"
    refused "$name: is no regular file" timeout 20 "$powercut" corpus run --trust-cases "$tmp/cases"
    rm "$case/$name"
done

# So are the files that a guest takes for it.
unset XDG_CACHE_HOME
confined () { refused 'is neither in' "$powercut" record --confine="$case" -o "$tmp/x.bin" "$@"; }
confined -- "$tmp/here/run-me"
confined --include="$tmp/here/secret" -- /bin/true
refused 'excludes --root=host' "$powercut" record --confine="$case" --root=host -o "$tmp/x.bin" -- /bin/true
# An interpreter of the system is asked for its library, and finds nothing in the directory where that is done.
for module in os sysconfig; do echo "open('$tmp/was-run', 'w')" > $module.py; done
confined --include="$tmp/here/secret" -- "$(type -P /usr/bin/python3 || echo /bin/true)" -c 'import json'
[ ! -e "$tmp/was-run" ] || fail 'the host ran a module of the current directory'
confined --initial="$tmp/here" -- /bin/true
confined --check=true --include=/etc/passwd -- /bin/true
refused 'is neither in' "$powercut" record --confine="$case" -o "$tmp/x.bin" --include=/usr/local -- /bin/true

# What only some may read is not a case's, though it is among the system's files: as root, who runs this may read everything.
in_system='mount -t tmpfs none /usr/src && echo secret > /usr/src/secret && chmod 600 /usr/src/secret'
if [ -d /usr/src ] && unshare -Urm sh -c "$in_system"; then
    refused 'not everybody on this machine may read it' unshare -Urm sh -c "$in_system"' && exec "$@"' sh \
        "$powercut" record --confine="$case" -o "$tmp/x.bin" --include=/usr/src/secret -- /bin/true
fi

# Interpreters that a case brings are not asked: neither its own programs, nor what a link to one of the system's starts.
mkdir "$case/bin"
printf '#!/bin/sh\ntouch %q\n' "$tmp/was-run" | tee "$case/perl" > "$case/python3"
chmod +x "$case/perl" "$case/python3"
confined --include="$tmp/here/secret" -- "$case/python3" -c 'import json'
confined --include="$tmp/here/secret" -- sh -c "$case/perl -e 1"
if [ -x /usr/bin/python3 ]; then
    ln -s /usr/bin/python3 "$case/bin/python3"
    echo 'home = /usr/bin' > "$case/pyvenv.cfg"
    modules=$(cd / && "$case/bin/python3" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
    mkdir -p "$modules"
    echo "import os; open('$tmp/was-run', 'w')" > "$modules/evil.pth"
    "$case/bin/python3" -c 1
    [ -e "$tmp/was-run" ] || fail 'the test has no environment of Python that runs code'
    rm "$tmp/was-run"
    confined --include="$tmp/here/secret" -- "$case/bin/python3" -c 'import json'
fi
# Those of the system heed nothing of the environment, which may lead to the current directory.
echo "BEGIN { open my \$file, '>', '$tmp/was-run' } 1;" > Evil.pm
PERL5LIB=$PWD PERL5OPT=-MEvil confined --include="$tmp/here/secret" -- "$(type -P /usr/bin/perl || echo /bin/true)" -e 1
[ ! -e "$tmp/was-run" ] || fail 'the host ran what a case brings'
