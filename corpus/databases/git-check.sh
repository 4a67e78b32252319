#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# A git repository: sound, and the branch has every commit that has returned, or, with `consistent`, perhaps an earlier one.
#
#     git-check.sh durable|consistent
export HOME=/ GIT_CONFIG_NOSYSTEM=1
begun=0 committed=0
while read -r mark; do
    case $mark in begin*) begun=$((begun + 1)) ;; commit*) committed=$((committed + 1)) ;; esac
done < "$POWERCUT_MARKS_FILE"
wrong ()
{
    echo "$1"
    exit 1
}
cd repository || exit 1
said=$(git fsck --no-progress --no-dangling 2>&1) || wrong "git fsck: $(echo "$said" | head -n 1)"
count=$(git rev-list --count HEAD 2>&1) || wrong "git rev-list: $count"
[ "$count" -le $((begun + 1)) ] || wrong "commit $((count - 1)) is there, and has not begun"
[ "$1" = consistent ] || [ "$count" -gt "$committed" ] || wrong "commit $committed has returned, but the branch is at $((count - 1))"
