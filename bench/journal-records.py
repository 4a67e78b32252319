# SPDX-License-Identifier: BSD-3-Clause
"""journal-records.py JOURNAL: a line for each whole record of a file of --resume (common/journal.h): kind, key and a digest.

A run of a replay stands there by where its reads differ from those of the run before it (replay/ledger.c); its digest is of all.
"""
import hashlib
import struct
import sys

TITLE_BYTES = 32
HEAD = struct.Struct('=IIQQ')
REPLAY_TITLE = b'powercut replay '
RUN = 5                    # LEDGER_RUN (replay/ledger-part.h)
RUN_HEAD = struct.Struct('=QQQ')        # inputs, steps shared with the last run of the key, bytes of further steps
STEP_BYTES = 32


def whole_run(record, steps, key):
    """RECORD with all that the run read; steps[key] are those of the run before."""
    inputs, shared, more = RUN_HEAD.unpack_from(record)
    end = RUN_HEAD.size + more
    steps[key] = steps.get(key, b'')[:shared * STEP_BYTES] + record[RUN_HEAD.size:end]
    return struct.pack('=Q', inputs) + steps[key] + record[end:]


with open(sys.argv[1], 'rb') as file:
    journal = file.read()
at = TITLE_BYTES
steps = {}
while at + HEAD.size <= len(journal):
    count, kind, key, _ = HEAD.unpack_from(journal, at)
    at += HEAD.size
    if at + count > len(journal):
        break
    record = journal[at:at + count]
    at += count
    if kind == RUN and journal.startswith(REPLAY_TITLE):
        record = whole_run(record, steps, key)
    print(kind, f'{key:x}', hashlib.sha256(record).hexdigest())
