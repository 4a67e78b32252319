#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# A system in two slots, the disks `a` and `b`: the one that does not run is made anew, then a flag says that it boots.
#   slots.sh setup|update|check WAY
# WAY is where the flag is, and how it is set:
#   rename    a file, written aside and renamed over the old one
#   truncate  a file, written anew
#   in-place  a file, written over
#   block     the first sector of the disk `flag`, written over
#   sfdisk    an attribute of a partition in the GPT of the disk `flag`, by sfdisk(8)
#   sgdisk    ... by sgdisk(8)
set -e
files='kernel library configuration'

contents () { yes "$1 $2" | head -c 20000; }

wrong () { echo "$1"; exit 1; }

# fill SLOT VERSION
fill ()
{
    eval "disk=\$POWERCUT_DISK_$1"
    mkfs.ext4 -q "$disk"
    mkdir -p /run/slot
    mount "$disk" /run/slot
    for file in $files; do contents "$file" "$2" > "/run/slot/$file"; done
    umount /run/slot
    sync "$disk"
}

# Have `b` boot.
set_flag ()
{
    case $1 in
    rename) echo b > slot.new && sync slot.new && mv slot.new slot && sync . ;;
    truncate) echo b > slot && sync slot ;;
    in-place) printf b | dd of=slot conv=notrunc,fsync status=none ;;
    block) printf %-512s b | dd of="$POWERCUT_DISK_flag" bs=512 oflag=direct conv=fsync status=none ;;
    sfdisk) sfdisk -q --no-reread --no-tell-kernel --part-attrs "$POWERCUT_DISK_flag" 2 GUID:63 ;;
    sgdisk) sgdisk -A 2:set:63 "$POWERCUT_DISK_flag" > /dev/null ;;
    esac
}

get_flag ()
{
    case $1 in
    block) head -c 1 "$POWERCUT_DISK_flag" ;;
    s?disk) if sfdisk --part-attrs "$POWERCUT_DISK_flag" 2 2> /dev/null | grep -q GUID:63; then echo b; else echo a; fi ;;
    *) cat slot ;;
    esac
}

setup ()
{
    fill a 1
    echo a > slot
    case $1 in
    block) printf %-512s a | dd of="$POWERCUT_DISK_flag" bs=512 conv=fsync status=none ;;
    s?disk) printf 'label: gpt\n,1M\n,1M\n' | sfdisk -q --no-reread --no-tell-kernel "$POWERCUT_DISK_flag" ;;
    esac
}

update ()
{
    fill b 2
    set_flag "$1"
}

check ()
{
    case $1 in
    s?disk) sfdisk --dump "$POWERCUT_DISK_flag" 2> /dev/null | grep -q 'label: gpt' || wrong 'no GPT of the two is valid' ;;
    esac
    slot=$(get_flag "$1")
    case $slot in
    a) version=1 ;;
    b) version=2 ;;
    *) wrong "no slot boots: the flag is \`$slot'" ;;
    esac
    ! grep -q '^commit' "$POWERCUT_MARKS_FILE" || [ $version = 2 ] || wrong 'the old system after the update'
    eval "disk=\$POWERCUT_DISK_$slot"
    mkdir -p /tmp/slot
    mount "$disk" /tmp/slot || wrong "slot $slot cannot be mounted"
    trap 'umount /tmp/slot' EXIT
    for file in $files; do
        contents "$file" $version | cmp -s - "/tmp/slot/$file" || wrong "slot $slot: $file is not whole"
    done
}

"$@"
