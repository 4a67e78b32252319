#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# With HDBOTSYNC; the program goes on after its commit, so that the database stays open.
set -e
library=/usr/lib/x86_64-linux-gnu/libtokyocabinet.so.9
# What it needs is named for the guest to have it.
[ -e /usr/lib/x86_64-linux-gnu/libtokyocabinet.so.9 ] || exit 77
[ -e /usr/lib/x86_64-linux-gnu/libbz2.so.1.0 ] || exit 77
[ -e /usr/lib/x86_64-linux-gnu/libz.so.1 ] || exit 77
[ -e /usr/lib/x86_64-linux-gnu/libpthread.so.0 ] || exit 77
[ -e /usr/lib/x86_64-linux-gnu/libm.so.6 ] || exit 77

# database put VALUE | get: six keys, in one transaction; each value that there is, once
database ()
{
    /usr/bin/python3 -c '
import ctypes, os, sys
cabinet = ctypes.CDLL (sys.argv[1])
cabinet.tchdbnew.restype = ctypes.c_void_p
cabinet.tchdbget2.restype = ctypes.c_char_p
WRITER, CREATE, TSYNC = 1 << 1, 1 << 2, 1 << 6
database = ctypes.c_void_p (cabinet.tchdbnew ())
if not cabinet.tchdbopen (database, b"database.tch", WRITER | CREATE | TSYNC):
    print ("cannot be opened: error %d" % cabinet.tchdbecode (database))
elif sys.argv[2] == "get":
    print (*sorted ({str (cabinet.tchdbget2 (database, b"key%d" % number)) for number in range (6)}))
else:
    assert cabinet.tchdbtranbegin (database)
    for number in range (6):
        assert cabinet.tchdbput2 (database, b"key%d" % number, sys.argv[3].encode ())
    assert cabinet.tchdbtrancommit (database)
sys.stdout.flush ()
os._exit (0)' $library "$@"
}
wrong () { echo "$1"; exit 1; }
committed () { grep -q "^commit" "$POWERCUT_MARKS_FILE"; }

setup () { database put value1; }
update () { database put value2; }
check ()
{
    seen=$(database get)
    case $seen in
    "b'value2'") ;;
    "b'value1'") ! committed || wrong 'the commit has returned, and the transaction is not there' ;;
    *) wrong "a transaction is there in part, or cannot be read: $seen" ;;
    esac
}
"$@"
