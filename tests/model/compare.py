# SPDX-License-Identifier: BSD-3-Clause
"""compare.py BUILD WORKDIR FIRST COUNT | BUILD WORKDIR LOG...: hold `powercut show`, `replay --list` and
`replay --export` against the model, on COUNT random logs from the seed FIRST on, or on real LOGs.  Prints each
disagreement and a total; exit status 1 if there is one."""
import os
import random
import re
import subprocess
import sys

from crash_model import Model, Rules
from random_log import random_log
from write_log import COMPLETION, FLUSH, FUA, MARK, MAY_TRIM, NAMES, SECTOR, Damaged, parse

UNITS = (512, 1024, 4096, 65536)
TRIMS = ('any', 'zero')


class Comparison:
    def __init__(self, build, directory, name, raw):
        self.build, self.name = build, name
        self.random = random.Random(name)
        self.path, self.image = (os.path.join(directory, part) for part in ('log.bin', 'state.img'))
        self.faults, self.states = [], 0
        with open(self.path, 'wb') as file:
            file.write(raw)
        try:
            self.log = parse(raw)
            self.model = Model(self.log, Rules())
        except Damaged:
            self.log = None

    def run(self, *words, program='replay/replay'):
        """Exit status and output of a program on the log."""
        done = subprocess.run([os.path.join(self.build, program), *words, self.path], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True, errors='replace')
        return done.returncode, done.stdout

    def hold(self, what, powercut, model):
        if powercut != model:
            self.faults.append(f'{self.name}: {what}\n  powercut {powercut}\n  model    {model}')

    def everything(self, state_count):
        if self.log is None:
            self.hold('a file that is no log', self.run('--list'), (2, ''))
            return
        for tear in ('none', 'prefix', 'any'):
            default = tear == 'prefix' and self.random.random() < 0.5
            self.hold_list(Rules() if default else Rules(tear, self.random.choice(UNITS), self.random.choice(TRIMS)))
        if self.random.random() < 0.5:
            self.hold_show()
        if self.log.events and self.log.end != 'damaged':
            self.hold_states(state_count)

    # What `replay --list` prints.

    def hold_list(self, rules):
        options = options_of(rules)
        model = self.model.under(rules)
        status, output = self.run('--list', *options)
        lines = output.splitlines()
        what = ' '.join(options)
        self.hold(f'{what}: exit status', status, 2 if self.log.end == 'damaged' else 0)
        self.hold(f'{what}: events', events_of(lines), [event_text(*item) for item in enumerate(self.log.events)])
        points = [(point, len(model.pending(point)), number(model.state_count(point)), model.expected(point))
                  for point in model.crash_points()]
        self.hold(f'{what}: crash points', points_of(lines), points)
        self.hold(f'{what}: totals', lines[-1] if lines else '', totals(model))

    # What `powercut show` says became of an operation.

    def hold_show(self):
        model = self.model
        _, output = self.run('show', program='record/powercut')
        line = re.compile(r' *(\d+) +[\d.]+ +(?:\d+ )? *(?:write|zero|trim|flush) .*  (\S.*)')
        shown = {int(found[1]): found[2] for found in map(line.match, output.splitlines()) if found}
        self.hold('show', shown, {op.issue: fate(model, op) for op in model.operations.values()})

    # Images.

    def hold_states(self, count):
        """COUNT states, at crash points and at other positions, and as many that drop what may be durable."""
        model = self.model.under(Rules(trim=self.random.choice(TRIMS)))
        first, last = model.explored()
        for _ in range(count):
            position = self.random.choice([*model.crash_points(), self.random.randint(first, last)])
            self.hold_state(model, random_id(self.random, model, position))
            dropped = self.random.choice([issue for issue in model.operations if issue <= position] or [position])
            self.hold_state(model, f'{position}:{self.random.choice("+---")}{dropped}')

    def hold_state(self, model, state):
        self.states += 1
        legal = model.parse_id(state) is not None
        images = self.images(model)
        target = images[0] if len(images) == 1 else os.path.dirname(images[0])
        status, _ = self.run(f'--trim={model.rules.trim}', f'--state={state}', f'--export={target}')
        self.hold(f'{state}: exit status', status, 0 if legal else 2)
        if status == 0 and legal:
            for device, image in enumerate(images):
                with open(image, 'rb') as file:
                    self.hold(f'{state}: contents of sectors of disk{device}', sectors(file.read()),
                              sectors(model.image(device, state)))

    def images(self, model):
        """Where --export puts the devices of a log."""
        count = len(model.log.devices)
        return [self.image] if count == 1 else [f'{self.image}s/disk{device}' for device in range(count)]


def options_of(rules):
    """For replay; none if they are the defaults."""
    options = [f'--tear={rules.tear}', f'--atomic={rules.atomic}', f'--trim={rules.trim}']
    return options if vars(rules) != vars(Rules()) else []


def fate(model, operation):
    if operation.completion is None:
        return 'never done'
    if operation.error:
        return 'failed'
    since = None if operation.kind == FLUSH else model.durable_from(operation)
    later = f', durable {since}' if since not in (None, operation.completion) else ''
    return f'done {operation.completion}{later}'


def events_of(lines):
    """The texts of the listed events, marks with their first 60 characters."""
    line = re.compile(r' *(\d+) +[\d.]+ +((?:(?:mark|call)       |\d+ (?:write|zero|trim|flush|done)).*)')
    return [' '.join(f'{found[1]} {found[2]}'.split()) for found in map(line.match, lines) if found]


def event_text(position, event):
    words = [str(position)]
    if event.kind == MARK:
        kind, data = 'mark', event.data
        if call := re.match(rb'powercut:call \d+ ', data):
            kind, data = 'call', data[call.end():]
        text = ''.join(chr(c) if 32 <= c < 127 else '?' for c in data[:60])
        words += [kind, text + ('...' if len(data) > 60 else '')]
    else:
        words += [str(event.device), NAMES[event.kind]]
    if event.kind == COMPLETION:
        words += ['of', str(event.offset)] + ([', error: ' + os.strerror(event.length)] if event.length else [])
    elif event.kind not in (MARK, FLUSH):
        words += [str(event.offset), str(event.length)] + ['FUA'] * bool(event.flags & FUA)
        words += ['may-trim'] * bool(event.flags & MAY_TRIM)
    return ' '.join(' '.join(words).replace(' ,', ',').split())


def points_of(lines):
    line = re.compile(r'-+ crash point (\d+): (\d+) pending, (\S+) states?(?:, (.*))?')
    return [(int(found[1]), int(found[2]), found[3], found[4] or '') for found in map(line.fullmatch, lines) if found]


def number(count):
    """As replay(1) shows it: of more than 30 digits the first three."""
    digits = str(count)
    return digits if len(digits) <= 30 else f'{digits[0]}.{digits[1:3]}e{len(digits) - 1}'


def totals(model):
    def several(count, one, many):
        return f'{number(count)} {one if count == 1 else many}'
    points = model.crash_points()
    return ', '.join([several(len(model.log.events), 'event', 'events'),
                      several(len(model.changes), 'write', 'writes'),
                      several(len(model.flushes), 'flush', 'flushes'),
                      several(len(points), 'crash point', 'crash points'),
                      f'at most {max(len(model.pending(position)) for position in points)} pending',
                      several(sum(map(model.state_count, points)), 'crash state', 'crash states')])


def random_id(rng, model, position):
    choices = []
    for write in model.pending(position):
        for _ in range(rng.choice((0, 1, 1, 1, 2))):
            first = rng.randrange(write.length // SECTOR)
            last = rng.randint(first, write.length // SECTOR - (rng.random() < 0.9))
            part = rng.choice(('', '', f'/{first}', f'/{first}-', f'/{first}-{last}'))
            choices.append(rng.choice('+--') + str(write.issue) + part)
    for group in model.groups:
        pair = rng.sample([write.issue for write in group], 2)
        if rng.random() < 0.5 and max(pair) <= position:
            choices.append(f'{pair[0]}>{pair[1]}')
    rng.shuffle(choices)
    return ':'.join([str(position)] + [','.join(choices)] * bool(choices))


def sectors(image):
    """A number for the contents of each sector."""
    return [hash(image[at:at + SECTOR]) & 0xffff for at in range(0, len(image), SECTOR)]


def main(build, directory, *rest):
    if os.path.exists(rest[0]):
        inputs = ((os.path.basename(path), open(path, 'rb').read()) for path in rest)
    else:
        inputs = ((f'seed {seed}', random_log(seed)) for seed in range(int(rest[0]), int(rest[0]) + int(rest[1])))
    logs = faults = states = 0
    for name, raw in inputs:
        comparison = Comparison(build, directory, name, raw)
        comparison.everything(2)
        for fault in comparison.faults:
            print(fault)
        logs, faults, states = logs + 1, faults + len(comparison.faults), states + comparison.states
    print(f'{logs} logs, {states} states, {faults} disagreements')
    return faults > 0


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
