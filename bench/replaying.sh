#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Replaying: milliseconds per run, against the same recovery on a plain image file (target: at most 1.25), against a bare loop
# of mount, read and unmount in a guest of the same kind over the same disk path (target with a kernel that is a program: at
# most 1.5, and a quarter of what an emulated guest takes), and beside the same loop of this machine's own kernel, which needs
# root.  KERNELS are the guests' ones, a line for each and each file system; none: the recording's, and $UML.  A kernel that
# is a program has no disk that is a file: 0.0.
. "$(dirname "$0")/functions.sh"
rounds=${ROUNDS:-51}
loop=$builddir/bench/mount-loop
memory=$(mktemp -d -p /dev/shm)
trap 'rm -rf "$folder" "$memory"' EXIT
kernels=(${KERNELS:-'' "$uml"})

# Show the median of the loop here, of the file system FS in the image, which is in memory then as the guests' disks are.
host_loop ()
{
    local fs=$1 device

    cp --sparse=always "$folder/image" "$memory/image"
    if [ "$(id -u)" = 0 ] && grep -qw "$fs" /proc/filesystems && device=$(losetup --find --show "$memory/image"); then
        mkdir -p "$folder/mounted"
        "$loop" "$device" "$fs" '' "$folder/mounted" "$rounds" || echo -
        losetup --detach "$device"
    else
        echo -
    fi
}

printf '%-22s %12s %12s %8s %12s %8s %12s\n' replaying file/ms log/ms ratio bare/ms ratio host/ms
for fs in ext4 xfs btrfs; do
    "$builddir/record/powercut" record --background=none --fs=$fs --initial="$folder/initial" -o "$folder/log.bin" -- \
        "$update" rename-fsync file
    "$builddir/replay/replay" --export="$folder/image" "$folder/log.bin"
    for kernel in "${kernels[@]}"; do
        "$builddir/bench/replay-run" "$folder/log.bin" "$folder/image" "$rounds" "$loop" ${kernel:+"$kernel"}
        printf ' %12s\n' "$(host_loop "$fs")"
    done
done
