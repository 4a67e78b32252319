#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
set -e
contents () { yes "$1 of a critical file" | head -c 9000; }
wrong () { echo "$1"; exit 1; }
committed () { grep -q "^commit" "$POWERCUT_MARKS_FILE"; }

setup ()
{
    mkdir source target
    contents old > target/file
    touch -d 2020-01-01 target/file
    contents new > source/file
    contents new > source/other
}
update () { rsync -a --fsync source/ target/; }
check ()
{
    contents new | cmp -s - target/file || contents old | cmp -s - target/file ||
        wrong 'target/file is neither the old nor the new one'
    [ ! -e target/other ] || contents new | cmp -s - target/other || wrong 'target/other is there in part'
    committed || return 0
    contents new | cmp -s - target/file || wrong 'rsync has returned, and target/file is the old one'
    [ -e target/other ] || wrong 'rsync has returned, and target/other is not there'
}
"$@"
