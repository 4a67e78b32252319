#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
set -e
contents () { yes "$1 line" | head -c 9000; }
wrong () { echo "$1"; exit 1; }
committed () { grep -q "^commit" "$POWERCUT_MARKS_FILE"; }

setup () { contents old > file; }
update () { vim.tiny -N -u NONE -es -c 'set backupcopy=yes' -c '%s/old/new/' -c wq file; }
is () { contents "$1" | cmp -s - "$2"; }
check ()
{
    if is new file; then
        return
    fi
    ! committed || wrong "vim has ended, and file has $(wc -c < file) bytes, and is not the new one"
    if is old file || is old file~; then
        return
    fi
    vim.tiny -N -u NONE -es -r file -c 'w! recovered' -c 'qa!' > /dev/null 2>&1 || true
    is old recovered || is new recovered ||
        wrong "file has $(wc -c < file) bytes, its backup $(wc -c < file~), and the swap file does not have it"
}
"$@"
