#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# A file hash database, and a transaction that is begun with hard.  setup closes the database; update ends after its commit.
set -e
library=/usr/lib/x86_64-linux-gnu/libkyotocabinet.so.16
# What it needs is named for the guest to have it.
[ -e /usr/lib/x86_64-linux-gnu/libkyotocabinet.so.16 ] || exit 77
[ -e /usr/lib/x86_64-linux-gnu/liblzma.so.5 ] || exit 77
[ -e /usr/lib/x86_64-linux-gnu/liblzo2.so.2 ] || exit 77
[ -e /usr/lib/x86_64-linux-gnu/libz.so.1 ] || exit 77
[ -e /usr/lib/x86_64-linux-gnu/libstdc++.so.6 ] || exit 77
[ -e /usr/lib/x86_64-linux-gnu/libgcc_s.so.1 ] || exit 77
[ -e /usr/lib/x86_64-linux-gnu/libm.so.6 ] || exit 77

# database put VALUE | replace VALUE | get: six keys, in one transaction, after which put closes the database; each value that there is, once
database ()
{
    /usr/bin/python3 -c '
import ctypes, os, sys
cabinet = ctypes.CDLL (sys.argv[1])
cabinet.kcdbnew.restype = ctypes.c_void_p
cabinet.kcdbget.restype = ctypes.c_void_p
cabinet.kcecodename.restype = ctypes.c_char_p
WRITER, CREATE = 1 << 1, 1 << 2
HARD = COMMIT = 1
size = ctypes.c_size_t ()
database = ctypes.c_void_p (cabinet.kcdbnew ())
def get (key):
    value = cabinet.kcdbget (database, key, ctypes.c_size_t (len (key)), ctypes.byref (size))
    return ctypes.string_at (value, size.value).decode () if value else "none"
keys = [b"key%d" % number for number in range (6)]
if not cabinet.kcdbopen (database, b"database.kch#bnum=4096", WRITER | CREATE):
    print ("cannot be opened: %s" % cabinet.kcecodename (cabinet.kcdbecode (database)).decode ())
elif sys.argv[2] == "get":
    print (*sorted ({get (key) for key in keys}))
else:
    value = sys.argv[3].encode ()
    assert cabinet.kcdbbegintran (database, HARD)
    for key in keys:
        assert cabinet.kcdbset (database, key, ctypes.c_size_t (len (key)), value, ctypes.c_size_t (len (value)))
    assert cabinet.kcdbendtran (database, COMMIT)
    if sys.argv[2] == "put":
        assert cabinet.kcdbclose (database)
sys.stdout.flush ()
os._exit (0)' $library "$@"
}
wrong () { echo "$1"; exit 1; }
committed () { grep -q "^commit" "$POWERCUT_MARKS_FILE"; }

setup () { database put value1; }
update () { database replace value2; }
check ()
{
    seen=$(database get)
    case $seen in
    value2) ;;
    value1) ! committed || wrong 'the commit has returned, and the transaction is not there' ;;
    'value1 value2') wrong "a transaction is there in part: $seen" ;;
    *) wrong "the database cannot be read: $seen" ;;
    esac
}
"$@"
