#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
set -e
message () { printf 'From: a@b\n\n'; yes 'a message, line by line' | head -c 9000; }
wrong () { echo "$1"; exit 1; }
committed () { grep -q "^commit" "$POWERCUT_MARKS_FILE"; }

setup ()
{
    mkdir -p maildir/tmp maildir/new maildir/cur
    printf 'MAILDIR=%s\nDEFAULT=%s/maildir/\nLOGFILE=/dev/null\n' "$PWD" "$PWD" > procmailrc
    chmod 600 procmailrc
}
update () { message | procmail "$PWD/procmailrc"; }
check ()
{
    for file in maildir/new/*; do
        if [ ! -e "$file" ]; then
            ! committed || wrong 'procmail has returned 0, and the message is not there'
        else
            tail -c 9000 "$file" > /tmp/body
            message | tail -c 9000 | cmp -s - /tmp/body || wrong "a message of $(wc -c < "$file") bytes, or others"
        fi
    done
}
"$@"
