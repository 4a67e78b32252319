#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Commit NUMBER in the git repository `repository` in the current folder, with core.fsync as given.  NUMBER 0 makes it.
#
#     git-commits.sh FSYNC NUMBER
set -e
export HOME=/ GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b
if [ "$2" = 0 ]; then
    git init -q --template= repository
    sync
fi
cd repository
echo "$2" > file
git -c gc.auto=0 -c maintenance.auto=false -c core.fsync="$1" add file
git -c gc.auto=0 -c maintenance.auto=false -c core.fsync="$1" commit -q -m "commit $2"
