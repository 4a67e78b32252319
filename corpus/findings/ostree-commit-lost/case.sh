#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
set -e
wrong () { echo "$1"; exit 1; }
committed () { grep -q "^commit" "$POWERCUT_MARKS_FILE"; }

commit ()
{
    mkdir -p tree
    echo "contents $1" > tree/file
    ostree --repo=repository commit -b branch -s "$1" --tree=dir=tree --timestamp=2026-01-0$1T00:00:00Z > /dev/null
}
setup () { ostree --repo=repository init --mode=bare-user; commit 1; }
update () { commit 2; }
check ()
{
    seen=$(ostree --repo=repository log branch 2>&1) || wrong "the branch cannot be read: $seen"
    number=$(echo "$seen" | grep -c '^commit')
    said=$(ostree --repo=repository cat branch /file 2>&1) || wrong "the file cannot be read: $said"
    [ "$said" = "contents $number" ] || wrong "the file in commit $number has '$said'"
    ! committed || [ "$number" = 2 ] ||
        wrong 'ostree commit has returned, and the branch is at the commit before'
}
"$@"
