# SPDX-License-Identifier: BSD-3-Clause
"""Write logs of a device's and a user's every whim: small, valid but for their ends, and the same for the same seed."""
import errno
import random

from write_log import (COMPLETION, FLUSH, FUA, MARK, MAY_TRIM, SECTOR, TRIM, WRITE, ZERO, Event, Log, log_bytes)

OTHER_MARKS = (b'published', b'powercut:note x', b'op 2', b'beginning', b'two words', b'freeze', b'thaw', b'base',
               b'powercut:call 3 fsync(3) = 0')


class Recording:
    """A log that grows by one event after the other."""
    def __init__(self, seed):
        self.random = random.Random(seed)
        chance = self.random.random
        self.devices = [SECTOR * self.random.randint(4, 64) for _ in range(self.random.choice((1, 1, 1, 2, 3)))]
        self.events, self.in_flight = [], {}
        self.in_flight_max = self.random.choice((1, 2, 4, 12))
        self.sectors_max = self.random.choice((2, 8, 24))
        self.mistakes = self.random.choice((0, 0, 0.1))
        self.weights = [self.random.choice(several) for several in ((4, 10), (0, 2), (0, 2), (1, 3))]
        self.fua = self.random.choice((0, 0.2, 0.5))
        self.hot = chance() < 0.5       # all writes near the start of the device

    def add(self, *fields, **more):
        self.events.append(Event(*fields, time=1000 * len(self.events), **more))

    def range_of(self, device):
        sectors = self.devices[device] // SECTOR
        length = self.random.randint(1, min(self.sectors_max, sectors))
        offset = self.random.randint(0, min(sectors - length, 3 if self.hot else sectors))
        return SECTOR * offset, SECTOR * length

    def data_for(self, length):
        if self.random.random() < 0.1:
            return bytes(length)
        if self.random.random() < 0.1:
            return bytes([self.random.randint(1, 3)]) * length
        return self.random.randbytes(length)

    def issue(self):
        kind = self.random.choices((WRITE, ZERO, TRIM, FLUSH), self.weights)[0]
        device = self.random.randrange(len(self.devices))
        self.in_flight[len(self.events)] = device
        if kind == FLUSH:
            self.add(FLUSH, 0, device)
            return
        flags = FUA if self.random.random() < self.fua else 0
        if kind == ZERO and self.random.random() < 0.5:
            flags |= MAY_TRIM
        offset, length = self.range_of(device)
        self.add(kind, flags, device, offset, length, self.data_for(length) if kind == WRITE else b'')

    def complete(self):
        issue = self.random.choice(list(self.in_flight))
        error = errno.EIO if self.random.random() < self.mistakes else 0
        self.add(COMPLETION, 0, self.in_flight.pop(issue), issue, error)

    def operate(self, count):
        """Issue and complete operations, COUNT events in all or a few less."""
        for _ in range(count):
            if self.in_flight and (len(self.in_flight) >= self.in_flight_max or self.random.random() < 0.5):
                self.complete()
            else:
                self.issue()

    def finish(self):
        while self.in_flight:
            self.complete()

    def mark(self, text):
        self.add(MARK, data=text if isinstance(text, bytes) else text.encode())
        if self.random.random() < 0.2:
            self.add(MARK, data=self.random.choice(OTHER_MARKS))


def marks_of(rng, info):
    """The texts of a log's marks in order; the header is told what goes with them."""
    steps = rng.choice((0, 0, 0, 2, 3))
    workload = not steps and rng.random() < 0.2
    info += [f'steps={steps}'] * bool(steps) + ['workload=creat f\nfsync f\n'] * workload
    marks = ['base'] * (rng.random() < 0.8)
    for _ in range(steps or 1):
        inside = [f'op {n}' for n in sorted(rng.sample(range(1, 9), 3))] if workload or rng.random() < 0.1 else []
        marks += ['begin'] * (rng.random() < 0.95) + inside + ['commit'] * (rng.random() < 0.95)
    marks += ['end'] * (rng.random() < 0.7)
    if rng.random() < 0.1:
        rng.shuffle(marks)
    if rng.random() < 0.1:
        marks.insert(rng.randint(0, len(marks)), rng.choice(('begin', 'commit', 'end', 'op 1', 'op x')))
    return marks


def random_log(seed):
    """The bytes of a log."""
    recording = Recording(seed)
    rng, info = recording.random, ['filesystem=ext4']
    if rng.random() < 0.3:
        info.append('check=true')
    marks = marks_of(rng, info)
    for text in marks:
        recording.operate(rng.choice((0, 1, 4, 12)))
        if text in ('base', 'end') and rng.random() < 0.7:
            recording.finish()
        recording.mark(text)
    recording.operate(rng.choice((0, 1, 4, 12)))
    if rng.random() < 0.5:
        recording.finish()
    log = Log(recording.devices, info, recording.events, rng.choice(('closed', 'closed', 'closed', 'cut')))
    return spoiled(rng, log_bytes(log))


def spoiled(rng, raw):
    """Now and then a log that was cut off anywhere, or has a wrong bit."""
    fate, place = rng.random(), rng.randrange(len(raw) * 3 // 4, len(raw))
    if fate < 0.05:
        return raw[:place]
    if fate < 0.1:
        return raw[:place] + bytes([raw[place] ^ 1 << rng.randrange(8)]) + raw[place + 1:]
    return raw
