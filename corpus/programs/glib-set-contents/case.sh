#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
set -e
library=/usr/lib/x86_64-linux-gnu/libglib-2.0.so.0
contents () { yes "$1 line" | head -c 9000; }
wrong () { echo "$1"; exit 1; }
committed () { grep -q "^commit" "$POWERCUT_MARKS_FILE"; }

setup () { contents old > file; }
update ()
{
    /usr/bin/python3 -c '
import ctypes, sys
glib = ctypes.CDLL (sys.argv[1])
CONSISTENT, DURABLE = 1, 2
contents = (b"new line\n" * 1000)[:9000]
size = ctypes.c_ssize_t (len (contents))
assert glib.g_file_set_contents_full (b"file", contents, size, CONSISTENT | DURABLE, 0o644, None)' $library
}
check ()
{
    contents new | cmp -s - file || contents old | cmp -s - file ||
        wrong "file has $(wc -c < file) bytes, and is neither the old nor the new one"
    ! committed || contents new | cmp -s - file || wrong 'it has returned, and the file is the old one'
}
"$@"
