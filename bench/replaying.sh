#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Replaying: milliseconds per run, against the same recovery on a plain image file.  Target: at most 1.25.
. "$(dirname "$0")/functions.sh"
rounds=${ROUNDS:-51}

printf '%-22s %12s %12s %8s\n' replaying file/ms log/ms ratio
for fs in ext4 xfs btrfs; do
    "$builddir/record/powercut" record --background=none --fs=$fs --initial="$folder/initial" -o "$folder/log.bin" -- "$update" rename-fsync file
    "$builddir/replay/replay" --export="$folder/image" "$folder/log.bin"
    "$builddir/bench/replay-run" "$folder/log.bin" "$folder/image" "$rounds"
done
