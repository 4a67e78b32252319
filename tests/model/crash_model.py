# SPDX-License-Identifier: BSD-3-Clause
"""crash_model.py LOG: the points of replay --prefixes-only, each as JSON: position, pending writes, states.

The crash model of replay(1), said once more and independently: what a power cut may leave of the devices of a write
log.  It is written to be read and to be right, not to be fast: the rules stand here as the manual page has them, one
function each, and nothing is shared with powercut's own code.
"""
import copy
import json
import re
import sys
from itertools import combinations, islice, product

from write_log import COMPLETION, FLUSH, FUA, MARK, SECTOR, TRIM, WRITE, read


class Rules:
    """What the device promises: the options of replay(1)."""
    def __init__(self, tear='prefix', atomic=4096, trim='any'):
        self.tear, self.atomic, self.trim = tear, atomic, trim


class Operation:
    """A write, zero, trim or flush.  Positions are those of events; completion is None if there is none."""
    def __init__(self, event, issue):
        self.kind, self.device, self.offset, self.length = event.kind, event.device, event.offset, event.length
        self.fua = bool(event.flags & FUA)
        self.data = event.data if event.kind == WRITE else bytes(event.length)
        self.issue, self.completion, self.error = issue, None, 0

    def succeeded(self):
        return self.completion is not None and self.error == 0

    def ended_before(self, other):
        """Whether it had ended when the other was issued, so that it lies below it for certain."""
        return self.completion is not None and self.completion < other.issue

    def end(self):
        return self.offset + self.length

    def overlaps(self, other):
        return self.device == other.device and self.offset < other.end() and other.offset < self.end()


def with_pair(order, upper, lower):
    """The order in which one write lies over another, too, with all that follows from it."""
    above = [upper] + [a for a, b in order if b == upper]
    below = [lower] + [b for a, b in order if a == lower]
    return order | {(a, b) for a in above for b in below}


class Model:
    def __init__(self, log, rules, checker=False):
        self.log, self.rules = log, rules
        self.checker = checker or log.value('check') is not None
        operations = {}
        for position, event in enumerate(log.events):
            if event.kind == COMPLETION:
                operation = operations[event.offset]
                operation.completion, operation.error = position, event.length
            elif event.kind != MARK:
                operations[position] = Operation(event, position)
        self.operations = operations
        self.changes = [op for op in operations.values() if op.kind != FLUSH]
        self.flushes = [op for op in operations.values() if op.kind == FLUSH]
        self.since, self.order_counts = {}, {}      # what has been found out
        self.groups = [group for group in self.contests() if self.is_small(group)]

    def under(self, rules):
        """The model of the same log under other rules."""
        other = copy.copy(self)
        other.rules, other.since = rules, {}
        return other

    # What is durable, what is pending.

    def is_doubted(self, write):
        """Whether it is a trim that promises nothing, where that matters: what was written there before may be read,
        or zeros."""
        below = [w for w in self.changes if w.issue < write.issue and w.kind == WRITE and w.overlaps(write)]
        return write.kind == TRIM and self.rules.trim == 'any' and bool(below)

    def durable_from(self, write):
        """The position from which on the write is on the medium, whatever happens; None if it never is for sure."""
        if not write.succeeded() or self.is_doubted(write):
            return None
        since = [flush.completion for flush in self.flushes if flush.succeeded() and flush.device == write.device
                 and write.completion < flush.issue]
        if write.fua:
            since.append(write.completion)
        return min(since, default=None)

    def is_durable(self, write, position):
        if write.issue not in self.since:
            self.since[write.issue] = self.durable_from(write)
        since = self.since[write.issue]
        return since is not None and since <= position

    def pending(self, position):
        return [w for w in self.changes if w.issue <= position and not self.is_durable(w, position)]

    # Where the power may be cut.

    def mark_position(self, name):
        return next((i for i, event in enumerate(self.log.events) if event.mark_name() == name), None)

    def explored(self):
        """The first and the last position."""
        first = next((p for p in map(self.mark_position, ('begin', 'base')) if p is not None), 0)
        end = self.mark_position('end')
        return first, end - 1 if end is not None and end > first else len(self.log.events) - 1

    def expectations(self):
        """The positions of the marks that change what is right, each with what is right from there on."""
        steps = int(self.log.value('steps') or 1)
        workload = self.log.value('workload') is not None
        changes, step, in_update, done = {}, 0, False, 0
        for position, event in enumerate(self.log.events):
            name = event.mark_name()
            if name == 'begin' and not in_update and step < steps:
                in_update, changes[position] = True, ('update', step)
            elif name == 'commit' and in_update:
                in_update, changes[position] = False, ('committed', step)
                step += 1
            elif name == 'op' and in_update and workload:
                number = re.fullmatch(rb'op (\d+)', event.data)
                if number and int(number[1]) > done:
                    done = int(number[1])
                    changes[position] = ('op', done)
        return changes

    def expected(self, position):
        """What is right at a crash there, in the words of `replay --list`."""
        passed = [what for mark, what in sorted(self.expectations().items()) if mark <= position]
        if self.log.value('workload') is not None:
            last = [number for word, number in passed if word == 'op']
            return f'operation {last[-1]} has returned' if last else ''
        if not passed:
            return ''
        word, step = passed[-1]
        return {'update': 'old or new', 'committed': 'new'}[word] + (f' (step {step + 1})' if step else '')

    def told_marks(self):
        """The positions of the marks that a checker is told: all but powercut's own."""
        return [i for i, event in enumerate(self.log.events)
                if event.kind == MARK and not event.data.startswith(b'powercut:')]

    def is_last_chance(self, position):
        """Whether the next event makes something durable, or changes what is right.  Where it does neither, it can only
        add to what is pending, and every state here is one there, to be judged alike."""
        marks = [*self.expectations(), *(self.told_marks() if self.checker else [])]
        return position + 1 in marks or any(self.is_durable(write, position + 1)
                                            and not self.is_durable(write, position) for write in self.changes)

    def crash_points(self):
        first, last = self.explored()
        return [p for p in range(first, last + 1) if p == last or self.is_last_chance(p)]

    def prefix_points(self):
        """Where --prefixes-only cuts the power: at the issue of every write, at `commit` (with a checker, at every
        mark) and at the end."""
        first, last = self.explored()
        commits = [position for position, (word, _) in self.expectations().items() if word == 'committed']
        marks = self.told_marks() if self.checker else commits
        return sorted({p for p in [*(w.issue for w in self.changes), *marks, last] if first <= p <= last})

    # The states at a crash point.

    def pieces(self, write):
        """The parts of a write that are never torn: the ranges of its sectors, from 0, that lie in one unit of the
        device."""
        if self.rules.tear == 'none':
            return [range(write.length // SECTOR)]
        unit, pieces, at = self.rules.atomic, [], write.offset
        while at < write.end():
            after = min(write.end(), (at // unit + 1) * unit)
            pieces.append(range((at - write.offset) // SECTOR, (after - write.offset) // SECTOR))
            at = after
        return pieces

    def outcomes(self, write):
        """What may be there of a pending write, each a set of its sectors."""
        pieces = self.pieces(write)
        if self.rules.tear == 'any':
            chosen = ([p for p, there in zip(pieces, bits) if there] for bits in product((0, 1), repeat=len(pieces)))
        else:
            chosen = (pieces[:count] for count in range(len(pieces) + 1))
        return [frozenset(s for piece in some for s in piece) for some in chosen]

    def outcome_count(self, write):
        pieces = len(self.pieces(write))
        return 2 ** pieces if self.rules.tear == 'any' else pieces + 1

    def state_count(self, position):
        count = 1
        for write in self.pending(position):
            count *= self.outcome_count(write)
        for group in self.groups:
            count *= self.order_count([write for write in group if write.issue <= position])
        return count

    # Which write lies over which.  An order is a set of pairs: the issue of a write, and that of one below it.

    def have_no_order(self, a, b):
        """Whether two writes overlap and were in flight together."""
        return a is not b and a.overlaps(b) and not a.ended_before(b) and not b.ended_before(a)

    def contests(self):
        """The writes that have no order with others, those together that hang together so."""
        left, groups = list(self.changes), []
        while left:
            group = [left.pop(0)]
            for write in group:
                near = [other for other in left if self.have_no_order(write, other)]
                group += near
                left = [other for other in left if other not in near]
            if len(group) > 1:
                groups.append(sorted(group, key=lambda write: write.issue))
        return groups

    def is_small(self, group):
        """Whether all orders are visited, and not the order of issue alone."""
        return len(group) <= 16 and sum(1 for _ in islice(self.orders(group), 4097)) <= 4096

    def order_count(self, writes):
        key = tuple(write.issue for write in writes)
        if key not in self.order_counts:
            self.order_counts[key] = sum(1 for _ in self.orders(writes))
        return self.order_counts[key]

    def certain(self, writes):
        return {(b.issue, a.issue) for a in writes for b in writes if a.ended_before(b)}

    def orders(self, writes):
        """Every order in which they can lie one after the other, as far as it is about writes that overlap."""
        def decide(order, rest):
            if not rest:
                yield order
                return
            a, b = rest[0]
            for upper, lower in ((a, b), (b, a)):
                if (lower, upper) not in order:
                    yield from decide(with_pair(order, upper, lower), rest[1:])
        return decide(self.certain(writes), [(a.issue, b.issue) for a, b in combinations(writes, 2)
                                             if self.have_no_order(a, b)])

    def stack(self, position, named=frozenset()):
        """The writes that were issued, each after all that lie below it; as issued, as far as what is NAMED lets it,
        one pair after the other."""
        left, stacked, order = [write for write in self.changes if write.issue <= position], [], named
        for a, b in combinations(left, 2):
            if self.have_no_order(a, b) and (a.issue, b.issue) not in order:
                order = with_pair(order, b.issue, a.issue)
        while left:
            write = next(w for w in left if not any((w.issue, other.issue) in order for other in left))
            stacked.append(write)
            left.remove(write)
        return stacked

    # The contents of a state.

    def parse_id(self, text):
        """The position of a state id; what is missing: a set of sectors for each write that lacks some, by its issue;
        and which writes lie over which.  None if the id is not legal: it names what is no write before the crash,
        sectors that a write does not have, or an order that cannot be, or drops a write that is durable."""
        point, _, choices = text.partition(':')
        position, missing, order = int(point), {}, None
        if position >= len(self.log.events):
            return None
        for choice in choices.split(',') if choices else []:
            if '>' in choice:
                upper, lower = map(int, choice.split('>'))
                order = self.named(position, order, upper, lower)
                if order is None:
                    return None
                continue
            kind, issue, first, dash, last = re.fullmatch(r'([+-])(\d+)(?:/(\d+)(-(\d*))?)?', choice).groups()
            write = self.operations.get(int(issue))
            if write is None or write.kind == FLUSH or write.issue > position:
                return None
            sectors = range(write.length // SECTOR)
            start = int(first or 0)
            stop = len(sectors) if first is None or dash and not last else int(last or first) + 1
            if start not in sectors or stop > len(sectors) or start >= stop:
                return None
            some = missing.setdefault(write.issue, set())
            (some.update if kind == '-' else some.difference_update)(sectors[start:stop])
        pending = {write.issue for write in self.pending(position)}
        legal = all(issue in pending for issue, some in missing.items() if some)
        return (position, missing, order or frozenset()) if legal else None

    def named(self, position, order, upper, lower):
        """The order with one more pair, None if that cannot be."""
        group = [w for group in self.groups if {upper, lower} <= {w.issue for w in group} for w in group]
        group = [write for write in group if write.issue <= position]
        order = (order or frozenset()) | self.certain(group)
        pair = [write for write in group if write.issue in (upper, lower)]
        if len(pair) < 2 or not self.have_no_order(*pair) or (lower, upper) in order:
            return None
        return with_pair(order, upper, lower)

    def image(self, device, text):
        """The bytes of a device in the state with this id."""
        position, missing, order = self.parse_id(text)
        return self.contents(device, {issue: set(range(self.operations[issue].length // SECTOR)) - some
                                      for issue, some in missing.items()}, self.stack(position, order))

    def contents(self, device, there, stack):
        """The bytes of a device after the writes in STACK, where only the sectors THERE, by the issue, are there of
        some."""
        content = bytearray(self.log.devices[device])
        for write in stack:
            if write.device == device:
                for sector in there.get(write.issue, range(write.length // SECTOR)):
                    at = sector * SECTOR
                    content[write.offset + at:write.offset + at + SECTOR] = write.data[at:at + SECTOR]
        return bytes(content)


if __name__ == '__main__':
    model = Model(read(sys.argv[1]), Rules())
    for point in model.prefix_points():
        print(json.dumps([point, len(model.pending(point)), str(model.state_count(point))]).replace(' ', ''))
