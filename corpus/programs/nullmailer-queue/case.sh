#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
set -e
body () { yes 'a message, line by line' | head -c 9000; }
wrong () { echo "$1"; exit 1; }
committed () { grep -q "^commit" "$POWERCUT_MARKS_FILE"; }

# The queue is where nullmailer was built to look for it.
link () { mkdir -p /var/spool; [ -L /var/spool/nullmailer ] || ln -s "$PWD/spool" /var/spool/nullmailer; }
setup () { mkdir -p spool/queue spool/tmp; chmod -R 777 spool; mkfifo -m 666 spool/trigger; }
update () { link; { printf 'a@b\nc@d\n\nFrom: a@b\n\n'; body; } | nullmailer-queue; }
check ()
{
    for file in spool/queue/*; do
        if [ ! -e "$file" ]; then
            ! committed || wrong 'nullmailer-queue has returned 0, and the message is not there'
        else
            # It adds lines of its own to the head.
            tail -c 9000 "$file" > /tmp/body
            body | cmp -s - /tmp/body || wrong "a message of $(wc -c < "$file") bytes, or others"
        fi
    done
}
"$@"
