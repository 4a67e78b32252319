#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Schedules: `powercut run` of the README's example under all default schedules, against one of them alone.  Each round measures one
# right after the other; the median of the rounds' ratios is quoted.  Target: at most 1.6.
. "$(dirname "$0")/functions.sh"
rounds=${ROUNDS:-7}
cat > "$folder/update.sh" <<'END'
#!/bin/sh
echo new > greeting.tmp
mv greeting.tmp greeting
END
chmod +x "$folder/update.sh"

# measure [OPTION...]: seconds of a run
measure ()
{
    local start=$EPOCHREALTIME status=0
    "$builddir/record/powercut" run "$@" --quiet --fs=ext4 --size=64M --setup='echo old > greeting' -o "$folder/log.bin" -- \
        "$folder/update.sh" || status=$?
    [ $status = 1 ] || { echo "exit status $status" >&2; exit 1; }
    echo "$start $EPOCHREALTIME" | awk '{ printf "%.2f", $2 - $1 }'
}

printf '%-22s %12s %12s %8s\n' schedules one/s all/s ratio
for ((round = 0; round < rounds; round++)); do
    one=$(measure --background=none)
    all=$(measure)
    awk -v one="$one" -v all="$all" 'BEGIN { print one, all, all / one }'
done | sort -g -k3 | awk \
    '{ line[NR] = $0 } END { split (line[int ((NR + 1) / 2)], m); printf "%-22s %12.1f %12.1f %8.2f\n", "README", m[1], m[2], m[3] }'
