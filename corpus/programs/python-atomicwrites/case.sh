#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
set -e
contents () { yes "$1 line" | head -c 9000; }
wrong () { echo "$1"; exit 1; }
committed () { grep -q "^commit" "$POWERCUT_MARKS_FILE"; }

setup () { contents old > file; }
update ()
{
    /usr/bin/python3 -c '
from atomicwrites import atomic_write
with atomic_write ("file", overwrite=True) as file:
    file.write (("new line\n" * 1000)[:9000])'
}
check ()
{
    contents new | cmp -s - file || contents old | cmp -s - file ||
        wrong "file has $(wc -c < file) bytes, and is neither the old nor the new one"
    ! committed || contents new | cmp -s - file || wrong 'it has returned, and the file is the old one'
}
"$@"
