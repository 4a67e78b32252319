#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Observing: seconds that the agent takes for a tree of 10,000 files of 1 KiB in 100 folders, read from the disk and when all of it
# is in the guest's memory.  The median of the rounds is quoted.  Target: less than 0.5 in memory.
set -euo pipefail
builddir=$1
rounds=${ROUNDS:-7}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

mkdir "$folder/tree"
for ((i = 0; i < 100; i++)); do
    mkdir "$folder/tree/$i"
    for ((j = 0; j < 100; j++)); do
        printf '%1024d' $((100 * i + j)) > "$folder/tree/$i/$j"
    done
done
printf '%-22s %12s %12s %8s\n' observing objects disk memory
for fs in ext4 btrfs; do
    rm -f "$folder/image"
    truncate -s 512M "$folder/image"
    case $fs in
    ext4) mkfs.ext4 -q -F -E lazy_itable_init=0,lazy_journal_init=0 -d "$folder/tree" "$folder/image" ;;
    btrfs) mkfs.btrfs -q -f --rootdir "$folder/tree" "$folder/image" ;;
    esac
    "$builddir/bench/observe-tree" $fs "$folder/image" "$rounds"
done
