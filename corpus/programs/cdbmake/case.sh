#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# That the new one is there once cdbmake has returned is not promised, and not asked for.
set -e
wrong () { echo "$1"; exit 1; }

make () { { for i in $(seq 300); do echo "+${#i},7:$i->$1-value"; done; echo; } | cdbmake cdb cdb.tmp; }
setup () { make 1; }
update () { make 2; }
check ()
{
    seen=$(cdbget 300 < cdb && cdbget 1 < cdb) || wrong 'a record is not there'
    [ "$seen" = 1-value1-value ] || [ "$seen" = 2-value2-value ] || wrong "records of both: $seen"
}
"$@"
