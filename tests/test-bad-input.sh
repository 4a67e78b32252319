#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Bad input and bad usage end in one line that says what is wrong, and exit status 2; nothing is left behind.
. "${srcdir:?run the tests with make check}/tests/functions.sh" || exit 1
requires nbdkit mkfs.ext4

mkdir "$tmp/work" "$tmp/empty"
echo "not a log and not a program" > "$tmp/log.bin"
export TMPDIR=$tmp/work
true=$(type -P true)

# Usage.
mkfifo "$tmp/fifo"
refused 'not a regular file' timeout 10 "$replay" --list "$tmp/fifo"
refused 'frobnicate: no such command' "$powercut" help frobnicate
refused 'unknown option' "$replay" --frobnicate "$tmp/log.bin"
refused 'jasn=x: unknown option: did you mean --json?' "$replay" --jasn=x "$tmp/log.bin"
refused 'needs an argument' "$replay" "$tmp/log.bin" --json
refused 'which log' "$replay"
refused 'is given twice' "$replay" "$tmp/log.bin" "$tmp/log.bin"
refused 'are for one log' "$replay" --list "$tmp/log.bin" "$tmp/other.bin"
refused 'exclude' "$replay" --list --state=1 "$tmp/log.bin"
refused '--lose=any is for a whole replay' "$replay" --lose=any --state=1 "$tmp/log.bin"
refused '--readonly-device is for what is recovered' "$replay" --readonly-device --state=1 --export="$tmp/x" "$tmp/log.bin"
refused '--lose says what recovery has' "$replay" --lose=a --state=1 --export="$tmp/x" "$tmp/log.bin"
refused 'not a powercut log' "$replay" --lose=a --state='1;2' --export="$tmp/x" "$tmp/log.bin"     # a guest recovers from 1
refused 'comes alone' "$powercut" corpus run "$tmp" - < /dev/null
refused '--filter: is for directories' "$powercut" corpus run --filter=x - < /dev/null
refused '--junit: ' "$powercut" corpus run --junit="$tmp/junit" - < /dev/null
refused '--seed=7: is for --random' "$powercut" gen --seed=7 -o "$tmp/gen"
refused '--seed=1: is for --random' "$powercut" gen --seed=1 -o "$tmp/gen"
refused '--fs=xfs: is for --random' "$powercut" gen --fs=xfs -o "$tmp/gen"
refused '--set=subvolumes: the file system can do none' "$powercut" gen --random=1 --fs=xfs --set=subvolumes -o "$tmp/gen"
refused '--fault=flush: lost-flush, lost-fua, misdirected or bitrot' "$replay" --fault=flush "$tmp/log.bin"
refused '--fault is not for --list' "$replay" --fault=lost-flush:1 --list "$tmp/log.bin"
refused 'without a place is for a whole replay' "$replay" --fault=lost-flush --state=1 "$tmp/log.bin"
refused 'with a place is for one log' "$replay" --fault=lost-flush:1 "$tmp/log.bin" "$tmp/other.bin"
refused '--fault=x:1' "$powercut" run --fault=x:1 -- "$true"
refused '--disk=a: give NAME:SIZE' "$powercut" run --disk=a -- "$true"
refused '--disk=a:2M: there is a disk of that name' "$powercut" run --disk=a:1M --disk=a:2M -- "$true"
refused '--disk=any:2M: --lose=any means each' "$powercut" run --disk=any:2M -- "$true"
refused 'excludes --disk' "$powercut" run --size=64M --disk=a:64M -- "$true"
refused 'add --disk=log:SIZE' "$powercut" run --log-device=log -- "$true"
refused '--mount: {log} is no disk: there is disk0' "$powercut" run --mount='x={log}' -- "$true"
refused 'say what --list lists' "$replay" --from=3 "$tmp/log.bin"
refused 'nothing is in between' "$replay" --list --from=3 --to=2 "$tmp/log.bin"
refused '.wirte. is none of write, ' "$replay" --list --kind=flush,wirte "$tmp/log.bin"
refused '.. is none of write, ' "$powercut" show --kind=write, "$tmp/log.bin"
refused 'which log' "$powercut" show
refused 'one log' "$powercut" show "$tmp/log.bin" "$tmp/log.bin"
refused "$tmp/nothing/x.html" "$replay" --html="$tmp/nothing/x.html" "$tmp/log.bin"
refused 'two reports in one file' "$replay" --html="$tmp/x" --tap="$tmp/x" "$tmp/log.bin"
refused 'one report alone' "$replay" --json=- --tap=- "$tmp/log.bin"
refused 'not understood' "$replay" --jobs=many "$tmp/log.bin"
refused 'too small' "$replay" --jobs=0 "$tmp/log.bin"
refused '--nested=9: the power fails again 2 times at most' "$replay" --nested=9 "$tmp/log.bin"
refused '--nested is for all states' "$replay" --nested=1 --state=1 "$tmp/log.bin"
refused '--tear=some' "$replay" --tear=some "$tmp/log.bin"
refused '--accel=xen: auto, kvm or tcg' "$replay" --accel=xen "$tmp/log.bin"
for command in 'run --accel=xen -- true' 'record --accel=xen -o x.bin -- true' 'bundle --accel=xen 1 log.bin -o x' \
               'matrix --accel=xen' 'corpus run --accel=xen .'; do
    read -ra words <<< "$command"
    refused '--accel=xen: auto, kvm or tcg' "$powercut" "${words[@]}"
done
refused '--atomic=513' "$replay" --atomic=513 "$tmp/log.bin"
refused '--atomic=131072' "$replay" --sector=128K "$tmp/log.bin"
refused 'too small' "$replay" --sector=256 "$tmp/log.bin"
refused '--trim=old: any or zero' "$replay" --trim=old "$tmp/log.bin"
refused '--audit=101' "$replay" --audit=101 "$tmp/log.bin"
refused 'no such command' "$powercut" frobnicate
refused 'rnu: no such command: did you mean run?' "$powercut" rnu
refused 'kernel lst: no such command: did you mean list?' "$powercut" kernel lst
refused 'cache clear: no such command: did you mean clean?' "$powercut" cache clear
refused 'cache: say `list` or `clean' "$powercut" cache list --older=1
refused 'stands behind .--.' "$powercut" run -prog
refused '[-]l: behind COMMAND' "$powercut" run ls -l
refused 'what to do' "$powercut"
refused 'which command' "$powercut" record -o "$tmp/x.bin"
refused 'exclude one another' "$powercut" record --step=true -o "$tmp/x.bin" -- "$true"
refused 'give -o LOG' "$powercut" record -- "$true"
refused '--bus=usb' "$powercut" record --bus=usb -o "$tmp/x.bin" -- "$true"
refused '--background=some' "$powercut" record --background=some -o "$tmp/x.bin" -- "$true"
refused 'commit is given twice' "$powercut" record --background=commit,commit -o "$tmp/x.bin" -- "$true"
refused 'none,commit,writeback, each once' "$powercut" record --background=none,commit,writeback,some -o "$tmp/x.bin" -- "$true"
refused '--paths=3: give 1 or 2' "$powercut" record --paths=3 -o "$tmp/x.bin" -- "$true"
refused '--paths=2: excludes --bus=virtio' "$powercut" record --paths=2 --bus=virtio -o "$tmp/x.bin" -- "$true"
refused '--paths=2: is for one disk' "$powercut" record --paths=2 --disk=a:64M --disk=b:64M -o "$tmp/x.bin" -- "$true"
refused '--path-down-at=begin: is for a disk that has another path: add --paths=2' \
    "$powercut" record --path-down-at=begin -o "$tmp/x.bin" -- "$true"
refused '--hold-limit=86401: give a day' "$powercut" record --hold-limit=86401 -o "$tmp/x.bin" -- "$true"
mkdir "$tmp/way" "$tmp/way/x-commit.bin"
refused 'x-commit.bin: is there already' "$powercut" record -o "$tmp/way/x.bin" -- "$true"
refused '/dev/stdout: a log is a file of its own' "$powercut" record -o /dev/stdout -- "$true"
refused 'x-commit-random-2.bin: a report cannot be written there' "$powercut" run --recordings=1 --json="$tmp/x-commit-random-2.bin" \
    -o "$tmp/x.bin" -- "$true"
refused '--settle=soon' "$powercut" record --settle=soon -o "$tmp/x.bin" -- "$true"
refused '--tear=some' "$powercut" run --tear=some -o "$tmp/x.bin" -- "$true"
refused '--audit=101' "$powercut" run --audit=101 -o "$tmp/x.bin" -- "$true"
refused 'than this machine' "$powercut" run --memory=64T -o "$tmp/x.bin" -- "$true"
refused 'with [0-9]* processor' "$powercut" run --jobs=4097 -o "$tmp/x.bin" -- "$true"
refused 'two reports in one file' "$powercut" run --tap="$tmp/x" --json="$tmp/work/../x" -o "$tmp/x.bin" -- "$true"
refused 'tear=any: unknown option' "$powercut" record --tear=any -o "$tmp/x.bin" -- "$true"
for path in /f d/ d//f ./f ../f d/../f ''; do
    refused "watch=$path: give a path relative" "$powercut" record --watch="$path" -o "$tmp/x.bin" -- "$true"
done
refused 'check=/nonexistent/check x: /nonexistent/check: not found' "$powercut" run --check='/nonexistent/check x' -o "$tmp/x.bin" -- "$true"
refused 'frobnicate: not found' "$replay" --check='frobnicate' "$tmp/log.bin"
cp "$true" "$tmp/chk"
(cd "$tmp" && refused "give the whole path, $tmp/chk" "$powercut" run --check='./chk 1' -o "$tmp/x.bin" -- "$true")
refused "$tmp/nothing/x.json" "$powercut" run --json="$tmp/nothing/x.json" -o "$tmp/x.bin" -- "$true"
refused "$tmp/nothing/x.lines" "$powercut" run --json-lines="$tmp/nothing/x.lines" -o "$tmp/x.bin" -- "$true"
refused 'that is the log itself' "$powercut" run --html="$tmp/work/../x.bin" -o "$tmp/x.bin" -- "$true"
refused 'two reports in one file' "$powercut" matrix --json="$tmp/x" --html="$tmp/work/../x"
refused '--size=12Q' "$powercut" record --size=12Q -o "$tmp/x.bin" -- "$true"

refused '--page-size=1000: must be a multiple of 512' "$powercut" record --pages --page-size=1000 -o "$tmp/x.bin" -- "$true"
refused '--page-size=33554432' "$powercut" record --pages --page-size=32M -o "$tmp/x.bin" -- "$true"
refused 'is for --pages' "$powercut" record --page-size=4096 -o "$tmp/x.bin" -- "$true"
refused '--page-size=1000' "$replay" --page-size=1000 "$tmp/log.bin"

refused 'options alone' "$powercut" matrix "$true"
refused 'no such protocol: give some of .*rename-fsync' "$powercut" matrix --protocol=rename,frobnicate
refused 'mkfs.foofs not found' "$powercut" matrix --fs=ext4,foofs
refused 'name is missing' "$powercut" matrix --fs=ext4,,xfs
refused 'given twice' "$powercut" matrix --protocol=rename,rename
refused 'xfs is not among the file systems' "$powercut" matrix --fs=ext4 --mount=xfs:noatime
refused 'not printable' "$powercut" matrix --mount=$'no\natime'
refused '--settle=soon' "$powercut" matrix --settle=soon
refused '--jobs=1000' "$powercut" matrix --jobs=1000
refused "$tmp/nothing" "$powercut" matrix --kernel="$tmp/nothing"
refused "$tmp/nothing/x.html" "$powercut" matrix --html="$tmp/nothing/x.html"

# Recording: programs, kernels, file systems, sizes.
refused 'not found\|No such file' "$powercut" record -o "$tmp/x.bin" -- /nonexistent/program
refused 'ermission denied\|not executable\|no executable' "$powercut" record -o "$tmp/x.bin" -- "$tmp/log.bin"
refused 'directory\|folder' "$powercut" record -o "$tmp/x.bin" -- "$tmp/work"
refused "$tmp/nothing" "$powercut" record --kernel="$tmp/nothing" -o "$tmp/x.bin" -- "$true"
refused "$tmp/empty" "$powercut" record --kernel="$tmp/empty" -o "$tmp/x.bin" -- "$true"
refused 'log.bin' "$powercut" record --kernel="$tmp/log.bin" -o "$tmp/x.bin" -- "$true"
refused 'foofs' "$powercut" record --fs=foofs -o "$tmp/x.bin" -- "$true"
refused 'not the name of a file system' "$powercut" record --fs=../ext4 -o "$tmp/x.bin" -- "$true"
refused '--include=' "$powercut" record --include="$tmp/nothing" -o "$tmp/x.bin" -- "$true"
refused "$tmp/nothing" "$powercut" record --initial="$tmp/nothing" -o "$tmp/x.bin" -- "$true"
refused "$tmp/nothing/x.bin" "$powercut" record -o "$tmp/nothing/x.bin" -- "$true"

# No QEMU, no nbdkit: a PATH with everything but them.  The sbin folders are searched in any case, and hold neither.
mkdir "$tmp/bin"
for folder in /usr/bin /usr/sbin /sbin; do
    for program in "$folder"/*; do
        case $program in */nbdkit | */qemu-*) ;; *) ln -sf "$program" "$tmp/bin/" ;; esac
    done
done
refused 'nbdkit: not found' env PATH="$tmp/bin" "$powercut" record -o "$tmp/x.bin" -- "$true"
ln -s "$(type -P nbdkit)" "$tmp/bin/"
refused 'qemu-system-x86_64: not found' env PATH="$tmp/bin" "$powercut" record -o "$tmp/x.bin" -- "$true"
[ ! -e "$tmp/x.bin" ] && [ ! -e "$tmp/x.bin.part" ] || fail 'a log was left'
