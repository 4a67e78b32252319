# SPDX-License-Identifier: BSD-3-Clause
"""damage-log.py REPLAY LOG DAMAGED: LOG is cut at every byte, and has a byte flipped everywhere, as DAMAGED: never a crash.

Once the header is whole, a log that is cut can be listed as far as it goes; one with a flipped byte is refused, wherever that
is.  (In the end record it looks like a recorder that was cut off.)  Each time exactly one line says what is wrong.
"""
import os
import struct
import subprocess
import sys

replay, log, damaged = sys.argv[1:]
with open(log, 'rb') as file:
    whole = file.read()
header_bytes = struct.unpack_from('<I', whole, 12)[0]


def told(data, *options):
    """The exit status of a replay of DATA with OPTIONS, and the line on its standard error."""
    with open(damaged, 'wb') as file:
        file.write(data)
    done = subprocess.run([replay, *options, damaged], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    return done.returncode, done.stderr.decode(errors='replace')


def places(end):
    """All near the beginning and the end of the log, and some in between, up to END.  With sanitizers, where a start takes long and the
    unit tests damage each byte as well, $UNIT_ROUNDS_PERCENT of them: at every remainder of the sizes of fields."""
    at, step = 0, 100 // int(os.environ.get('UNIT_ROUNDS_PERCENT', '100')) | 1
    while at < end:
        yield at
        at += step if at < 600 or at > len(whole) - 200 else 97


def expect(case, status, text, seen):
    if seen[0] != status or text not in seen[1] or seen[1].find('\n') != len(seen[1]) - 1 or len(seen[1]) < 2:
        sys.exit(f'{case}: exit status {seen[0]} and not {status}, or not one line with "{text}": {seen[1]}')


for cut in places(len(whole)):
    listed = told(whole[:cut], '--list')
    expect(f'cut at {cut}', 2 if cut < header_bytes else 0, '' if cut < header_bytes else 'cut off at byte', listed)
for at in places(len(whole) - 40):
    expect(f'flipped at {at}', 2, '', told(whole[:at] + bytes([whole[at] ^ 0x40]) + whole[at + 1:]))
