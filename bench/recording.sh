#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Recording: writes per second through nbdkit, the writelog plugin against nbdkit's own memory plugin.  Each round measures
# one right after the other on fresh servers; the median of the rounds' ratios is quoted.  Requests are 16 or 64 deep, without
# flushes or with one after each 100 writes.  Target: at least 0.95.  SIZE is what is written each time: 10G for a large log.
set -euo pipefail
builddir=$1
rounds=${ROUNDS:-7} size=${SIZE:-512M}
folder=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill "$pid" 2> /dev/null; rm -rf "$folder"' EXIT

# measure RW BLOCK-SIZE DEPTH FLUSH PLUGIN [PARAMETER...]: writes per second of $size written to a disk of a gigabyte
measure ()
{
    local rw=$1 block=$2 depth=$3 flush=$4
    shift 4
    rm -f "$folder"/log
    nbdkit -f -U "$folder/sock" -P "$folder/pid" "$@" &
    pid=$!
    until [ -s "$folder/pid" ]; do sleep 0.01; done
    fio --name=bench --ioengine=nbd --uri="nbd+unix:///disk0?socket=$folder/sock" --rw="$rw" --bs="$block" --iodepth="$depth" \
        --fsync="$flush" --size=1G --io_size="$size" --output-format=json --output="$folder/json"
    kill "$pid"
    wait "$pid" || true
    pid=
    rm -f "$folder/pid" "$folder/sock"
    jq '.jobs[0].write.iops | floor' "$folder/json"
}

printf '%-26s %12s %12s %8s\n' recording memory/s writelog/s ratio
for rw in randwrite write; do
    for what in '4k 16 0' '64k 16 0' '4k 64 0' '4k 16 100' '4k 64 100'; do
        read -r block depth flush <<< "$what"
        for ((round = 0; round < rounds; round++)); do
            memory=$(measure $rw "$block" "$depth" "$flush" memory 1G)
            writelog=$(measure $rw "$block" "$depth" "$flush" "$builddir/nbd-plugin/.libs/nbdkit-writelog-plugin.so" "$folder/log" size=1G)
            echo "$memory $writelog $(jq -n "$writelog / $memory")"
        done | sort -g -k3 | awk -v name="$rw $block x $depth / $flush" \
            '{ line[NR] = $0 } END { split (line[int ((NR + 1) / 2)], m); printf "%-26s %12d %12d %8.2f\n", name, m[1], m[2], m[3] }'
    done
done
