#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# That the new one is there once cdb has returned is not promised, and not asked for.
set -e
wrong () { echo "$1"; exit 1; }

make () { { for i in $(seq 300); do echo "+${#i},7:$i->$1-value"; done; echo; } | cdb -c -t database.tmp database; }
setup () { make 1; }
update () { make 2; }
check ()
{
    seen=$(cdb -q database 300 2>&1 && cdb -q database 1 2>&1) ||
        wrong "cannot be read: $seen, $(wc -c < database) bytes"
    [ "$seen" = 1-value1-value ] || [ "$seen" = 2-value2-value ] || wrong "records of both: $seen"
}
"$@"
