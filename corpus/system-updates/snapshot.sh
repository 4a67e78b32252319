#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# A system in subvolumes of btrfs: the update is made in a snapshot, which becomes what is mounted by default.
#   snapshot.sh setup          the old system, read-only, and its data
#   snapshot.sh update [data]  the update; with `data`, the data become new ones, too
#   snapshot.sh check [data]   of what is mounted by default, after a crash
set -e
files='kernel library configuration'

contents () { yes "$1 $2" | head -c 20000; }

# make SUBVOLUME VERSION
make ()
{
    for file in $files; do contents "$file" "$2" > "$1/$file"; done
    btrfs property set -ts "$1" ro true
}

# Whether DIRECTORY has VERSION and nothing else.
is_whole ()
{
    for file in $files; do contents "$file" "$2" | cmp -s - "$1/$file" || return 1; done
    [ "$(ls "$1")" = "$(printf '%s\n' $files | sort)" ]
}

wrong () { echo "$1"; exit 1; }

setup ()
{
    btrfs -q subvolume create system-1
    make system-1 1
    mkdir data-1 data-2
    ln -s data-1 data
    btrfs subvolume set-default system-1
}

update ()
{
    btrfs -q subvolume snapshot system-1 system-2
    make system-2 2
    btrfs filesystem sync .     # all of it is on the disk before anything leads to it
    btrfs subvolume set-default system-2
    if [ "$1" = data ]; then
        ln -s data-2 data.new
        mv -T data.new data
    fi
    btrfs filesystem sync .
}

check ()
{
    if is_whole . 1; then
        version=1
    elif is_whole . 2; then
        version=2
    else
        wrong 'what is mounted is neither the old nor the new system'
    fi
    ! grep -q '^commit' "$POWERCUT_MARKS_FILE" || [ $version = 2 ] || wrong 'the old system after the update'
    mkdir -p /tmp/all
    mount -o subvolid=5 "$POWERCUT_DISK_disk0" /tmp/all
    trap 'umount /tmp/all' EXIT
    is_whole /tmp/all/system-1 1 || wrong 'the old system is not there to fall back to'
    [ "$1" != data ] || [ "$(readlink /tmp/all/data)" = data-$version ] || wrong "system $version with other data"
}

"$@"
