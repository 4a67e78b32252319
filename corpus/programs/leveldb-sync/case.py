#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
import os, sys
import plyvel

def wrong (text):
    print (text)
    sys.exit (1)

if sys.argv[1] == 'setup':
    database = plyvel.DB ('database', create_if_missing=True)
    database.put (b'first', b'1' * 2000, sync=True)
    database.close ()
elif sys.argv[1] == 'update':
    # Opening writes what the log has into a table, and begins a new log.
    database = plyvel.DB ('database')
    database.put (b'second', b'2' * 2000, sync=True)
    database.close ()
else:
    committed = any (line.startswith ('commit') for line in open (os.environ['POWERCUT_MARKS_FILE']))
    try:
        database = plyvel.DB ('database')
        first, second = database.get (b'first'), database.get (b'second')
    except Exception as error:
        wrong ('the database cannot be opened: %s' % error)
    if first != b'1' * 2000:
        wrong ('a record that was written long before is not there')
    if second not in (None, b'2' * 2000) or (committed and second is None):
        wrong ('put has returned, and the record is not there')
