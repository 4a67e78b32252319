#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# By the library itself, since mdb_load does not sync in each release.
set -e
library=/usr/lib/x86_64-linux-gnu/liblmdb.so.0
[ -e /usr/lib/x86_64-linux-gnu/liblmdb.so.0 ] || exit 77
wrong () { echo "$1"; exit 1; }
committed () { grep -q "^commit" "$POWERCUT_MARKS_FILE"; }

transaction ()
{
    /usr/bin/python3 -c '
import ctypes, sys
lmdb = ctypes.CDLL (sys.argv[2])
class Value (ctypes.Structure):
    _fields_ = [("size", ctypes.c_size_t), ("data", ctypes.c_char_p)]
def call (name, *arguments):
    result = getattr (lmdb, name) (*arguments)
    assert result == 0, (name, result)
environment, transaction, database = ctypes.c_void_p (), ctypes.c_void_p (), ctypes.c_uint ()
call ("mdb_env_create", ctypes.byref (environment))
call ("mdb_env_open", environment, b"environment", 0, 0o644)
call ("mdb_txn_begin", environment, None, 0, ctypes.byref (transaction))
call ("mdb_dbi_open", transaction, None, 0, ctypes.byref (database))
for number in range (1, 7):
    key, value = b"key%d" % number, b"value%s" % sys.argv[1].encode ()
    call ("mdb_put", transaction, database, ctypes.byref (Value (len (key), key)),
          ctypes.byref (Value (len (value), value)), 0)
call ("mdb_txn_commit", transaction)' "$1" $library
}
setup () { mkdir environment; transaction 1; }
update () { transaction 2; }
check ()
{
    dump=$(mdb_dump -p environment 2>&1) || wrong "cannot be read: $dump"
    seen=$(echo "$dump" | grep '^ value' | sort | uniq -c | tr -s ' ' | tr '\n' ';')
    case $seen in
    ' 6 value1;') ! committed || wrong 'the commit has returned, and the transaction is not there' ;;
    ' 6 value2;') ;;
    *) wrong "a transaction is there in part: $seen" ;;
    esac
}
"$@"
