#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
set -e
export HOME=/ GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b
wrong () { echo "$1"; exit 1; }
committed () { grep -q "^commit" "$POWERCUT_MARKS_FILE"; }

commit ()
{
    echo "$1" > repository/file
    git -C repository add file
    git -C repository commit -q -m "commit $1"
}
setup ()
{
    git init -q --template= repository
    git -C repository config core.fsync all
    git -C repository config gc.auto 0
    git -C repository config maintenance.auto false
    commit 1
}
update () { commit 2; }
check ()
{
    said=$(git -C repository fsck --no-progress --no-dangling 2>&1) || wrong "git fsck: $(echo "$said" | head -n 1)"
    count=$(git -C repository rev-list --count HEAD 2>&1) || wrong "git rev-list: $count"
    ! committed || [ "$count" = 2 ] || wrong 'git commit has returned, and the branch is at the commit before'
}
"$@"
