#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Batches: COUNT generated workloads of one operation on ext4 (target: 600 per minute; then with what
# is done after recovery by default, too), and the matrix on four file systems
# (target: 60 cells per minute), each under all default schedules.  KERNELS are the guests' ones, lines for each; none: the
# newest fetched, and $UML.
. "$(dirname "$0")/functions.sh"
count=${COUNT:-60}
kernels=(${KERNELS:-'' "$uml"})

# seconds_of COMMAND...: a violation is no failure here
seconds_of ()
{
    local start=$EPOCHREALTIME status=0

    "$@" > "$folder/output" 2>&1 || status=$?
    [ $status = 0 ] || [ $status = 1 ] || { cat "$folder/output" >&2; exit $status; }
    awk -v start="$start" -v end="$EPOCHREALTIME" 'BEGIN { print end - start }'
}

"$builddir/record/powercut" gen --ops=1 -o "$folder/all" > /dev/null
mkdir "$folder/some"
names=("$folder"/all/*)
for ((i = 0; i < count; i++)); do
    cp "${names[i * ${#names[@]} / count]}" "$folder/some"
done
# Show one of both: NAME COMMAND OPTION...
measure ()
{
    local name=$1 seconds

    shift
    seconds=$(seconds_of "$builddir/record/powercut" "$@" --json="$folder/json")
    jq '.cells | length' "$folder/json" | awk -v name="$name" -v seconds="$seconds" \
        '{ printf "%-22s %12d %12.1f %12.1f\n", name, $1, seconds, $1 / seconds * 60 }'
}

printf '%-22s %12s %12s %12s\n' batches cells seconds per-minute
for kernel in "${kernels[@]}"; do
    measure "one operation, ext4" corpus run --no-fsck --no-usable --fs=ext4 ${kernel:+--kernel="$kernel"} "$folder/some"
    measure "... fsck and use" corpus run --fs=ext4 ${kernel:+--kernel="$kernel"} "$folder/some"
    measure matrix matrix --fs=ext4,xfs,btrfs,f2fs ${kernel:+--kernel="$kernel"}
done
