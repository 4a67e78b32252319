#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
set -e
export RESTIC_PASSWORD=x HOME=/tmp
wrong () { echo "$1"; exit 1; }
committed () { grep -q "^commit" "$POWERCUT_MARKS_FILE"; }

restic_here () { restic -q --no-cache -r repository "$@"; }
setup () { mkdir data; echo one > data/one; restic_here init; restic_here backup data; }
update () { echo two > data/two; restic_here backup data; }
check ()
{
    said=$(restic_here check --no-lock --read-data 2>&1) || wrong "restic check: $(echo "$said" | tail -n 1)"
    count=$(restic_here snapshots --no-lock --json | grep -o '"short_id"' | grep -c .)
    [ "$count" -ge 1 ] || wrong 'the snapshot of before is not there'
    ! committed || [ "$count" = 2 ] || wrong 'restic backup has returned, and its snapshot is not there'
}
"$@"
