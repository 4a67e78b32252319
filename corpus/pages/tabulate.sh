#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Record each way of page-updates on each file system under all schedules, replay them, and print a table of the pages in
# Markdown.
#
#   tabulate.sh FILE-SYSTEM[,...] WAY[,...]|all [OPTION of `powercut run`...] [-- OPTION of `replay`...]
#
# powercut and page-updates are those of the build folder that the environment variable BUILD names, by default `build`.
set -e -u -o pipefail

build=${BUILD:-build}
powercut=$build/record/powercut
updates=$build/corpus/pages/page-updates
types=${1//,/ } ways=${2//,/ }
shift 2
record=() replay=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do
    record+=("$1")
    shift
done
[ $# -eq 0 ] || replay=("${@:2}")
[ "$ways" != all ] || ways=$("$updates" list | cut -f1)
updates=$(realpath "$updates")
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

echo '| update | file system | pages | in update | committed |'
echo '|---|---|---|---|---|'
for way in $ways; do
    for type in $types; do
        rm -f "$tmp"/log*.bin
        "$powercut" record --quiet --pages --fs="$type" --watch=data --setup="$updates old data" -o "$tmp/log.bin" \
            ${record[@]+"${record[@]}"} -- "$updates" "$way" data
        status=0
        "$powercut" replay --quiet --json="$tmp/json" ${replay[@]+"${replay[@]}"} "$tmp"/log*.bin || status=$?
        # 3: not all states, which the table says.
        case $status in 0 | 1 | 3) ;; *) exit "$status" ;; esac
        # Pages that do not change and were never damaged have no row; those that are alike share one.
        jq -r --arg way "$way" '
            def short: if length > 15 then "\(.[:1]).\(.[1:3])e\(length - 1)" else . end;
            def counts: to_entries | map (select (.value != "0") | "\(.value | short) \(.key)") | join (", ");
            def row: [(.in_update | counts), (.committed | counts)];
            .filesystem as $type | (if .exhaustive then "" else " (not all states)" end) as $note | .pages
            | map (select (row | map (. == "" or test ("^[0-9.e]+ unchanged$")) | all | not))
            | group_by (row) | sort_by (.[0].page)[]
            | "| \($way) | \($type)\($note) | \(map (.page | tostring) | join (", ")) | \(.[0] | row | join (" | ")) |"' "$tmp/json"
    done
done
