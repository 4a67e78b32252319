# SPDX-License-Identifier: BSD-3-Clause
"""undecided.py PLUGIN WORKDIR FIRST COUNT: hold what nbdkit-crashstate-plugin serves where writes are undecided against
the model, on random logs.  What is read must be the same in every legal state that agrees with the decisions that the
plugin reports, whatever else is chosen."""
import os
import random
import socket
import struct
import subprocess
import sys
import time
from itertools import combinations

from crash_model import Model, Rules
from random_log import random_log
from write_log import SECTOR, Damaged, parse

TEARS = ('none', 'prefix', 'any')
THERE, MISSING, UNDECIDED = range(3)
UNDER, OVER, UNORDERED = range(4, 7)    # of a write, and one that was issued later
TO_THE_END = 2**32 - 1


class Nbd:
    """A connection to one export of an NBD server on a Unix socket."""
    def __init__(self, path, export):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.receive(18)
        self.socket.sendall(struct.pack('>I8sII', 3, b'IHAVEOPT', 1, len(export)) + export.encode())
        self.receive(10)

    def receive(self, count):
        data = b''
        while len(data) < count:
            part = self.socket.recv(count - len(data))
            if not part:
                raise EOFError('the server hung up')
            data += part
        return data

    def request(self, kind, offset, length, data=b''):
        self.socket.sendall(struct.pack('>IHHQQI', 0x25609513, 0, kind, 0, offset, length) + data)
        _, error, _ = struct.unpack('>IIQ', self.receive(16))
        if error:
            raise OSError(error, os.strerror(error))
        return self.receive(length) if kind == 0 else b''

    def read(self, offset, length):
        return self.request(0, offset, length)

    def write(self, offset, data):
        self.request(1, offset, len(data), data)


class Device:
    """The plugin, serving a log."""
    def __init__(self, plugin, directory, log):
        self.path = os.path.join(directory, 'socket')
        if os.path.exists(self.path):
            os.unlink(self.path)
        self.server = subprocess.Popen(['nbdkit', '-f', '-U', self.path, plugin, log], stderr=subprocess.DEVNULL)
        while not os.path.exists(self.path) and self.server.poll() is None:
            time.sleep(0.002)
        self.connections = []
        self.control = self.export('control')

    def export(self, name):
        for _ in range(1000):
            try:
                self.connections.append(Nbd(self.path, name))
                return self.connections[-1]
            except (ConnectionRefusedError, FileNotFoundError):
                time.sleep(0.002)
        raise TimeoutError('nbdkit does not listen')

    def close(self):
        for connection in self.connections:
            connection.socket.close()
        self.server.terminate()
        self.server.wait()

    def select(self, point, rules, preference, seed, choices):
        header = struct.pack('<6IQ', 0x54434350, point, TEARS.index(rules.tear), rules.atomic, preference,
                             len(choices), seed)
        self.control.write(0, header + b''.join(struct.pack('<4I', *choice) for choice in choices))

    def decisions(self):
        count, = struct.unpack('<4xI', self.control.read(0, 8))
        return [struct.unpack('<4I', self.control.read(56 + 16 * i, 16)) for i in range(count)]


class Check:
    """One run on undecided writes: a guest that reads a few ranges."""
    def __init__(self, name, model, device, exports, rng):
        self.name, self.model, self.device, self.exports, self.random = name, model, device, exports, rng
        self.point = rng.choice(model.crash_points())
        self.pending = model.pending(self.point)
        groups = [[write for write in group if write.issue <= self.point] for group in model.groups]
        self.groups = [group for group in groups if len(group) > 1]
        self.faults, self.counts = [], []

    def run(self, forced):
        """Read under the decisions FORCED; check, and return all decisions."""
        seen = {}
        undecided = [(self.number(write), 0, TO_THE_END, UNDECIDED) for write in self.pending]
        undecided += [(self.number(a), self.number(b), 0, UNORDERED) for group in self.groups
                      for a, b in combinations(group, 2) if self.model.have_no_order(a, b)]
        preference, seed = self.random.randrange(3), self.random.randrange(99)
        self.device.select(self.point, self.model.rules, preference, seed, undecided + forced)
        for _ in range(self.random.choice((1, 3, 8))):
            number = self.random.randrange(len(self.exports))
            sectors = self.model.log.devices[number] // SECTOR
            first = self.random.randrange(sectors)
            count = self.random.randint(1, min(8, sectors - first))
            data = self.exports[number].read(first * SECTOR, count * SECTOR)
            seen.update({(number, first + i): data[i * SECTOR:(i + 1) * SECTOR] for i in range(count)})
        decisions = forced + self.device.decisions()
        self.counts += (len(decisions), sum(kind >= UNDER for *_, kind in decisions)),
        self.hold(decisions, seen)
        return decisions

    def number(self, write):
        return self.model.changes.index(write)

    def orders(self, group, decisions):
        """How the writes of a group may lie under the decisions."""
        changes = self.model.changes
        pairs = {(changes[write].issue, changes[other].issue)[::1 if kind == OVER else -1]
                 for write, other, _, kind in decisions if kind >= UNDER and changes[write] in group}
        return [order for order in self.model.orders(group) if pairs <= order]

    def agreeing(self, write, decisions):
        """What may be there of a write under the decisions."""
        there = {sector: kind == THERE for choice, first, last, kind in decisions
                 if choice == self.number(write) and kind < UNDER
                 for sector in range(first, min(last + 1, write.length // SECTOR))}
        return [some for some in self.model.outcomes(write)
                if all((sector in some) == wanted for sector, wanted in there.items())]

    def hold(self, decisions, seen):
        legal = {write.issue: self.agreeing(write, decisions) for write in self.pending}
        orders = [self.orders(group, decisions) for group in self.groups]
        if not all(legal.values()) or not all(orders):
            self.faults.append(f'{self.name}, point {self.point}: no legal state agrees with {decisions}')
            return
        pickers = [lambda several: min(several, key=len), lambda several: max(several, key=len)]
        for pick in pickers + [self.random.choice] * 6:
            there = {issue: pick(several) for issue, several in legal.items()}
            order = frozenset().union(*map(self.random.choice, orders))
            images = [self.model.contents(number, there, self.model.stack(self.point, order))
                      for number in range(len(self.exports))]
            wrong = [place for place, data in seen.items()
                     if images[place[0]][place[1] * SECTOR:(place[1] + 1) * SECTOR] != data]
            if wrong:
                self.faults.append(f'{self.name}, point {self.point}, {vars(self.model.rules)}: decided: {decisions};'
                                   f' with {there}, {sorted(order)} other bytes are in {wrong}')
                return


def turned(model, decisions, rng):
    """Decisions up to one of them, and its alternative.  Of a prefix that is about the last piece that is there, which
    is missing then with all after it, or the first that is missing, which is there then with all before it."""
    at = rng.randrange(len(decisions))
    number, first, last, kind = decisions[at]
    if kind >= UNDER:
        return decisions[:at] + [(number, first, last, UNDER + OVER - kind)]
    if model.rules.tear == 'prefix':
        edge = last if kind == THERE else first
        piece = next(piece for piece in model.pieces(model.changes[number]) if edge in piece)
        first, last = (piece[0], TO_THE_END) if kind == THERE else (0, piece[-1])
    return decisions[:at] + [(number, first, last, 1 - kind)]


def check_log(plugin, directory, name, raw):
    """The faults found with a log, and the numbers of decisions, of all and of orders, of each run."""
    rng = random.Random(name)
    try:
        log = parse(raw)
    except Damaged:
        return [], []
    if not log.events:
        return [], []
    path, faults, counts = os.path.join(directory, 'log.bin'), [], []
    with open(path, 'wb') as file:
        file.write(raw)
    device = Device(plugin, directory, path)
    exports = [device.export(f'disk{number}') for number in range(len(log.devices))]
    for tear in TEARS:
        check = Check(name, Model(log, Rules(tear, rng.choice((512, 1024, 4096)), 'zero')), device, exports, rng)
        if all(len(check.model.pieces(write)) <= 8 for write in check.pending):
            decisions = check.run([])
            if decisions:
                check.run(turned(check.model, decisions, rng))
        faults += check.faults
        counts += check.counts
    device.close()
    return faults, counts


def main(plugin, directory, first, count):
    faults, counts = [], []
    for seed in range(int(first), int(first) + int(count)):
        some, more = check_log(plugin, directory, f'seed {seed}', random_log(seed))
        faults += some
        counts += more
    decisions, of_orders = map(sum, zip(*counts))
    faults.append(f'{count} logs, {decisions} decisions, {of_orders} of orders, {len(faults)} disagreements')
    print('\n'.join(faults))
    return len(faults) > 0


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
