#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# A system on a seed device of btrfs: the new disk sprouts from the old one, is updated in place, and lets go of it.
# The disks `old` and `new`; and one that boots, whose file `boot`, once it is there, says that it is `new` that does.
#   seed.sh setup|update|check
set -e
files='kernel library configuration'

contents () { yes "$1 $2" | head -c 20000; }

wrong () { echo "$1"; exit 1; }

setup ()
{
    mkfs.btrfs -q "$POWERCUT_DISK_old"
    mkdir -p /run/system
    mount "$POWERCUT_DISK_old" /run/system
    for file in $files; do contents "$file" 1 > "/run/system/$file"; done
    umount /run/system
    btrfstune -S 1 "$POWERCUT_DISK_old"
    cksum < "$POWERCUT_DISK_old" > sum
}

update ()
{
    mkdir -p /run/system
    mount -o ro "$POWERCUT_DISK_old" /run/system
    btrfs -q device add -K "$POWERCUT_DISK_new" /run/system
    mount -o remount,rw /run/system
    for file in $files; do
        contents "$file" 2 > "/run/system/$file.new"
        sync "/run/system/$file.new"
        mv "/run/system/$file.new" "/run/system/$file"
    done
    btrfs filesystem sync /run/system   # the new system is whole before anything leads to it
    echo new > boot
    sync boot .
    powercut-mark switched
    btrfs device remove "$POWERCUT_DISK_old" /run/system
    umount /run/system
}

# The disk that boots has a whole system, and the old one is what it was to the last byte.
check ()
{
    disk=$POWERCUT_DISK_old version=1
    if [ "$(cat boot 2> /dev/null)" = new ]; then
        disk=$POWERCUT_DISK_new version=2
    fi
    ! grep -q '^switched' "$POWERCUT_MARKS_FILE" || [ $version = 2 ] || wrong 'the old system after the switch'
    [ "$(cksum < "$POWERCUT_DISK_old")" = "$(cat sum)" ] || wrong 'the old disk has changed'
    mkdir -p /tmp/system
    btrfs -q device scan "$POWERCUT_DISK_old"
    btrfs -q device scan "$POWERCUT_DISK_new" 2> /dev/null || :
    # The next run has other disks.
    trap 'umount /tmp/system 2> /dev/null || :; btrfs -q device scan --forget' EXIT
    mount "$disk" /tmp/system || wrong "system $version cannot be mounted"
    for file in $files; do
        contents "$file" $version | cmp -s - "/tmp/system/$file" || wrong "system $version: $file is not whole"
    done
}

"$@"
