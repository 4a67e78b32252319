#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Searching: crash states covered per run and per second by the search, against one run for each state (--no-reduction, for
# at most SECONDS seconds a crash point); and processor time per answer of the search itself (target: under 0.3 ms) and of the
# server of the guest's disk.  The update is small enough for both; many-files has hundreds of writes in flight.
. "$(dirname "$0")/functions.sh"
seconds=${SECONDS_EACH:-10}
many=$builddir/corpus/many-files/many-files
mkdir "$folder/empty"

# Show one replay: NAME OPTION...
replay ()
{
    local name=$1 status=0
    shift
    "$builddir/replay/replay" --quiet --json="$folder/json" "$@" "$folder/log.bin" || status=$?
    [ $status -eq 0 ] || [ $status -eq 1 ] || [ $status -eq 3 ] || exit $status
    jq -r --arg name "$name" '
        def logarithm: (.[0:15] | tonumber | log10) + ([length - 15, 0] | max);
        def short ($logarithm): ($logarithm | floor) as $digits |
            if $digits < 6 then pow (10; $logarithm) | round | tostring
            else "\(pow (10; $logarithm - $digits + 1) | floor / 10)e\($digits)" end;
        (.runs + .remembered) as $answers | (.states_covered | logarithm) as $covered |
        [$name, .pending_max, short (.crash_states | logarithm), (if .exhaustive then "all" else short ($covered) end), .runs,
         .remembered, short ($covered - (.runs | log10)), short ($covered - (.seconds | log10)), (.seconds * 10 | round / 10),
         (.search_cpu_seconds / $answers * 1e5 | round / 1e2), (.device_cpu_seconds / $answers * 1e5 | round / 1e2)] |
        @tsv' "$folder/json" |
        awk -F '\t' '{ printf "%-26s %7s %9s %9s %6s %9s %10s %10s %7s %9s %7s\n", $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11 }'
}

printf '%-26s %7s %9s %9s %6s %9s %10s %10s %7s %9s %7s\n' searching pending states covered runs recalled states/run states/s \
    seconds search/ms disk/ms
for fs in ext4 xfs btrfs; do
    "$builddir/record/powercut" record --background=none --fs=$fs --initial="$folder/initial" -o "$folder/log.bin" -- "$update" in-place file
    replay "$fs in place"
    replay "$fs in place, one by one" --no-reduction --limit=0 --time="$seconds"
    replay "$fs in place, torn" --tear=prefix --limit=512
    "$builddir/record/powercut" record --background=none --fs=$fs --initial="$folder/empty" -o "$folder/log.bin" -- "$many" 300
    replay "$fs 300 files"
    replay "$fs 300 files, torn" --tear=prefix --limit=512
    replay "$fs 300 files, one by one" --no-reduction --limit=0 --time="$seconds"
done
