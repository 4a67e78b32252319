#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
set -e
message () { yes 'a message, line by line' | head -c 9000; }
wrong () { echo "$1"; exit 1; }
committed () { grep -q "^commit" "$POWERCUT_MARKS_FILE"; }

setup () { mkdir -p maildir/tmp maildir/new maildir/cur; }
update () { message | mdeliver maildir; }
check ()
{
    for file in maildir/new/*; do
        if [ ! -e "$file" ]; then
            ! committed || wrong 'mdeliver has returned 0, and the message is not there'
        else
            message | cmp -s - "$file" || wrong "a message of $(wc -c < "$file") bytes of 9000, or others"
        fi
    done
}
"$@"
