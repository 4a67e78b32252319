#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# That a message is there once maildrop has returned is not promised, and not asked for.
set -e
message () { echo 'From: a@b'; echo; yes 'a message, line by line' | head -c 9000; }
wrong () { echo "$1"; exit 1; }

setup () { mkdir -p maildir/tmp maildir/new maildir/cur; echo "to \"$PWD/maildir\"" > filter; chmod 600 filter; }
update () { message | maildrop ./filter; }
check ()
{
    for file in maildir/new/*; do
        [ ! -e "$file" ] || message | cmp -s - "$file" ||
            wrong "a message of $(wc -c < "$file") bytes of 9011, or others"
    done
}
"$@"
