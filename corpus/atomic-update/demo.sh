#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The same update done four ways on three file systems, as one table.  Run it with the build tree as its argument; more
# arguments go to `powercut run`.
set -euo pipefail
builddir=$(cd "$1" && pwd)
shift
update=$builddir/corpus/atomic-update/atomic-update
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/initial"
(cd "$folder/initial" && "$update" old file)

# A number of many digits as a power of ten.
short ()
{
    if [ ${#1} -le 12 ]; then echo "$1"; else echo "${1:0:1}.${1:1:1}e$((${#1} - 1))"; fi
}

printf '%-14s %-6s %7s %7s %13s %6s  %-7s %-8s %6s\n' update fs writes points states runs atomic durable time
for fs in ext4 xfs btrfs; do
    for way in in-place rename rename-fsync tmpfile; do
        start=$(date +%s%N)
        status=0
        "$builddir/record/powercut" run --quiet --fs=$fs --initial="$folder/initial" -o "$folder/$fs-$way.bin" \
            --json="$folder/$fs-$way.json" "$@" -- "$update" $way file || status=$?
        [ $status -le 1 ] || exit $status
        read -r writes points states runs atomic durable < <(jq -r \
            '[.writes, .crash_points, .crash_states, .runs,
              if .atomic then "yes" else "NO" end, if .durable then "yes" else "NO" end] | join (" ")' \
            "$folder/$fs-$way.json")
        printf '%-14s %-6s %7s %7s %13s %6s  %-7s %-8s %5.1fs\n' $way $fs "$writes" "$points" "$(short "$states")" "$runs" \
            "$atomic" "$durable" "$((($(date +%s%N) - start) / 100000000))e-1"
    done
done
printf '\nKernel: %s.  What was wrong:\n' "$(jq -r .kernel "$folder/btrfs-tmpfile.json")"
for json in "$folder"/*.json; do
    jq -r --arg name "$(basename "$json" .json)" \
        '.violations[] | "  \($name): \(.kind) after \(.after) in \(.states) states: \(.detail)"' "$json"
done
