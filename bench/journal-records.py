# SPDX-License-Identifier: BSD-3-Clause
"""journal-records.py JOURNAL: a line for each whole record of a file of --resume (common/journal.h): kind, key and a digest."""
import hashlib
import struct
import sys

TITLE_BYTES = 32
HEAD = struct.Struct('=IIQQ')

with open(sys.argv[1], 'rb') as file:
    journal = file.read()
at = TITLE_BYTES
while at + HEAD.size <= len(journal):
    count, kind, key, _ = HEAD.unpack_from(journal, at)
    at += HEAD.size
    if at + count > len(journal):
        break
    print(kind, f'{key:x}', hashlib.sha256(journal[at:at + count]).hexdigest())
    at += count
