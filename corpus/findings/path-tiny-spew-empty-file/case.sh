#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# That the new one is there once spew has returned is not promised, and not asked for.
set -e
contents () { yes "$1 line" | head -c 9000; }
wrong () { echo "$1"; exit 1; }

setup () { contents old > file; }
update () { perl -e 'use Path::Tiny; path ("file")->spew (substr ("new line\n" x 1000, 0, 9000))'; }
check ()
{
    contents new | cmp -s - file || contents old | cmp -s - file ||
        wrong "file has $(wc -c < file) bytes, and is neither the old nor the new one"
}
"$@"
