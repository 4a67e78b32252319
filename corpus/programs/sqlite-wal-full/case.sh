#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
set -e
wrong () { echo "$1"; exit 1; }
committed () { grep -q "^commit" "$POWERCUT_MARKS_FILE"; }

setup ()
{
    sqlite3 t.db "pragma journal_mode=wal; create table t (n integer primary key, last integer, filler text);
        insert into t values (0, 0, hex (zeroblob (2000)));" > /dev/null
}
update ()
{
    sqlite3 t.db "pragma synchronous=full;
        begin; insert into t values (1, 1, hex (zeroblob (2000))); update t set last = 1; commit;"
}
check ()
{
    seen=$(sqlite3 t.db 'pragma integrity_check; select count (*), min (last), max (last) from t' 2>&1 | tr '\n' ' ')
    case $seen in
    'ok 1|0|0 ') ! committed || wrong 'the commit has returned, and the transaction is not there' ;;
    'ok 2|1|1 ') ;;
    *) wrong "the database is not sound, or a transaction is there in part: $seen" ;;
    esac
}
"$@"
