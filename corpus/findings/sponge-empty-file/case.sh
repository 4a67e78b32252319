#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# That the new one is there once sponge has returned is not promised, and not asked for.
set -e
contents () { yes "$1 line" | head -c 9000; }
wrong () { echo "$1"; exit 1; }

setup () { contents old > file; mkdir tmp; }
update () { contents new | TMPDIR=$PWD/tmp sponge file; }
check ()
{
    contents new | cmp -s - file || contents old | cmp -s - file ||
        wrong "file has $(wc -c < file) bytes, and is neither the old nor the new one"
}
"$@"
