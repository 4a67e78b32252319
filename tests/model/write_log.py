# SPDX-License-Identifier: BSD-3-Clause
"""The write log, read and written as powercut-log(5) has it, and as nothing else of powercut has it."""
import ctypes
import struct

WRITE, ZERO, TRIM, FLUSH, COMPLETION, MARK, END = range(1, 8)
NAMES = {WRITE: 'write', ZERO: 'zero', TRIM: 'trim', FLUSH: 'flush', COMPLETION: 'done', MARK: 'mark'}
FUA, MAY_TRIM = 1, 2
SECTOR = 512
MAGIC = b'PCLOG\r\x1a\n'
HEADER = struct.Struct('<8sIIIIQQ')
RECORD = struct.Struct('<QQBBHIQII')

_xxhash = ctypes.CDLL('libxxhash.so.0').XXH3_64bits_withSeed
_xxhash.restype = ctypes.c_uint64
_xxhash.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint64]


def xxh3(data, seed=0):
    return _xxhash(data, len(data), seed)


class Damaged(Exception):
    """A file that is no log."""


class Event:
    """A record but `end`.  Its position is its place in the list of events."""
    def __init__(self, kind, flags=0, device=0, offset=0, length=0, data=b'', time=0):
        self.kind, self.flags, self.device = kind, flags, device
        self.offset, self.length, self.data, self.time = offset, length, data, time

    def is_change(self):
        return self.kind in (WRITE, ZERO, TRIM)

    def mark_name(self):
        return self.data.split(b' ')[0].decode(errors='replace') if self.kind == MARK else None


class Log:
    def __init__(self, devices, info, events, end='closed'):
        self.devices = devices      # their sizes in bytes
        self.info = info            # texts KEY=VALUE
        self.events = events
        self.end = end              # closed, cut or damaged

    def value(self, key):
        """Of the first text with that key, or None."""
        return next((text[len(key) + 1:] for text in self.info if text.startswith(key + '=')), None)


def record_bytes(event, place):
    """A record with its data, for this place in the file."""
    rest = RECORD.pack(0, event.time, event.kind, event.flags, event.device, len(event.data), event.offset,
                       event.length, 0)[8:]
    seed = ((xxh3(event.data) if event.data else 0) + place) % 2**64
    return struct.pack('<Q', xxh3(rest, seed)) + rest + event.data + bytes(-len(event.data) % 8)


def log_bytes(log):
    body = b''.join(struct.pack('<Q', size) for size in log.devices)
    info = b''.join(text.encode() + b'\0' for text in log.info)
    body += info
    body += bytes(-len(body) % 8)
    fields = [MAGIC, 1, HEADER.size + len(body), len(log.devices), len(info), 0]
    checksum = xxh3(body, xxh3(HEADER.pack(*fields, 0)))
    out = bytearray(HEADER.pack(*fields, checksum) + body)
    for event in log.events + ([Event(END)] if log.end == 'closed' else []):
        out += record_bytes(event, len(out))
    return bytes(out)


def _record(raw, place):
    """The event at this place with the place after it, or None if it has a wrong checksum or is cut off."""
    if place + RECORD.size > len(raw):
        return None
    checksum, time, kind, flags, device, size, offset, length, reserved = RECORD.unpack_from(raw, place)
    after = place + RECORD.size + size + -size % 8
    if after > len(raw) or reserved:
        return None
    data = raw[place + RECORD.size:place + RECORD.size + size]
    event = Event(kind, flags, device, offset, length, data, time)
    return (event, after) if record_bytes(event, place) == raw[place:after] else None


def _is_valid(event, log, open_issues):
    """Whether the record of an event is one, as far as it is not a matter of its bytes."""
    flags = {WRITE: FUA, ZERO: FUA | MAY_TRIM, TRIM: FUA}.get(event.kind, 0)
    if event.flags & ~flags or (event.data and event.kind not in (WRITE, MARK)) or event.device >= len(log.devices):
        return False
    if event.is_change():
        return (event.offset % SECTOR == 0 and event.length % SECTOR == 0 and event.length > 0
                and event.offset + event.length <= log.devices[event.device]
                and (event.kind != WRITE or event.length == len(event.data)))
    if event.kind == COMPLETION:
        return open_issues.get(event.offset) == event.device
    return (event.kind in (FLUSH, MARK, END) and event.offset == event.length == 0
            and (event.kind == FLUSH or event.device == 0))


def parse(raw):
    if len(raw) < HEADER.size:
        raise Damaged('too short')
    magic, version, size, devices, info_size, created, checksum = HEADER.unpack_from(raw)
    body = raw[HEADER.size:size]
    if (magic != MAGIC or version != 1 or len(raw) < size
            or checksum != xxh3(body, xxh3(HEADER.pack(magic, version, size, devices, info_size, created, 0)))):
        raise Damaged('header')
    sizes = list(struct.unpack_from(f'<{devices}Q', body))
    info = body[8 * devices:8 * devices + info_size].decode(errors='surrogateescape').split('\0')[:-1]
    log = Log(sizes, info, [], 'cut')
    place, open_issues = size, {}
    while (found := _record(raw, place)) and _is_valid(found[0], log, open_issues):
        event, place = found
        if event.kind == END:
            if place == len(raw):
                log.end = 'closed'
            break
        if event.kind == COMPLETION:
            del open_issues[event.offset]
        elif event.kind != MARK:
            open_issues[len(log.events)] = event.device
        log.events.append(event)
    last = len(raw) - RECORD.size
    if log.end == 'cut' and last >= place and (found := _record(raw, last)) and found[0].kind == END:
        log.end = 'damaged'
    return log


def read(path):
    with open(path, 'rb') as file:
        return parse(file.read())
