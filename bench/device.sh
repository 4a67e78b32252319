#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A device that answers late: how much longer the update of the README takes to record than with one that answers at once.  Each
# round records with one right after the other; the median of the rounds' ratios is quoted.  Target: at most 1.5.
. "${0%/*}/functions.sh"
rounds=${ROUNDS:-5}

printf '#!/bin/sh\necho new > greeting.tmp\nmv greeting.tmp greeting\n' > "$folder/update.sh"
chmod +x "$folder/update.sh"

# seconds_of FILESYSTEM DEVICE
seconds_of ()
{
  local start=$EPOCHREALTIME

  "$builddir/record/powercut" record --quiet --background=none --fs="$1" --size=300M --device="$2" --setup='echo old > greeting' \
    -o "$folder/log.bin" -- "$folder/update.sh"
  awk -v start="$start" -v end="$EPOCHREALTIME" 'BEGIN { print end - start }'
}

printf '%-22s %12s %12s %8s\n' 'recording on' fast/s late/s ratio
for filesystem in ext4 xfs btrfs; do
  for ((round = 0; round < rounds; round++)); do
    fast=$(seconds_of "$filesystem" fast)
    late=$(seconds_of "$filesystem" late)
    awk -v fast="$fast" -v late="$late" 'BEGIN { print fast, late, late / fast }'
  done | sort -g -k3 | awk -v name="$filesystem" \
    '{ line[NR] = $0 } END { split (line[int ((NR + 1) / 2)], m); printf "%-22s %12.2f %12.2f %8.2f\n", name, m[1], m[2], m[3] }'
done
