#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Each transaction, flushed as by default, gives all twenty documents another value.
import os
import sys
import xapian

def change (values):
    database = xapian.WritableDatabase ("database", xapian.DB_CREATE_OR_OPEN)
    for value in values:
        database.begin_transaction ()
        for number in range (1, 21):
            document = xapian.Document ()
            document.set_data (value * 400)
            document.add_term (value)
            database.replace_document (number, document)
        database.commit_transaction ()
    sys.stdout.flush ()
    os._exit (0)

def check ():
    committed = any (line.startswith ("commit") for line in open (os.environ["POWERCUT_MARKS_FILE"]))
    try:
        database = xapian.Database ("database")
        seen = {database.get_document (number).get_data ()[:1].decode () for number in range (1, 21)}
        terms = {term.term.decode () for term in database.allterms ()}
    except xapian.Error as error:
        sys.exit ("the transactions are not kept: the database cannot be read: %s" % error)
    if len (seen) != 1 or seen != terms:
        sys.exit ("the transactions are not kept: one is there in part: %s, %s" % (sorted (seen), sorted (terms)))
    if committed and seen != {"d"}:
        sys.exit ("the transactions are not kept: all three have returned, and the database is at %s" % sorted (seen))

{"setup": lambda: change ("a"), "update": lambda: change ("bcd"), "check": check}[sys.argv[1]] ()
