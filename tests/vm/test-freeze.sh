#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Freezing: what is frozen is written no more and holds nothing back, whoever freezes it; and nobody waits for ever for what a
# command left frozen.
. "${srcdir:?run the tests with make check}/tests/functions.sh" || exit 1
requires jq mkfs.ext4 mkfs.xfs mkfs.btrfs mkfs.vfat e2fsck nbdkit
any_guest

# A file that is replaced atomically, and not durably; and much that is dirty, in one directory: a freeze of xfs writes
# all metadata to their places, and recovery reads each of them.  Three new directories are three more groups of these
# writes: 512 states at that crash point, which took 511 runs, and 405000 with torn writes.
replace='echo new > file.tmp; sync file.tmp; mv file.tmp file'
dirty='for i in 1 2 3; do echo $i > f$i; done; dd if=/dev/zero of=big bs=64k count=16 2> /dev/null; rm f1'

# record STATUS FILE-SYSTEM [OPTION...]: and list the log in $tmp/list; what was said is in $tmp/said and $tmp/printed
record ()
{
    local status=$1 fs=$2
    shift 2
    rm -f "$tmp/log.bin" "$tmp/log.bin.died"
    expect_status "$status" "$powercut" record --background=none --fs="$fs" --size=512M --watch=file --setup='echo old > file' -o "$tmp/log.bin" "$@"
    mv "$tmp/err" "$tmp/said"
    mv "$tmp/out" "$tmp/printed"
    [ ! -e "$tmp/log.bin.died" ] || mv "$tmp/log.bin.died" "$tmp/log.bin"
    [ ! -e "$tmp/log.bin" ] || "$replay" --list "$tmp/log.bin" > "$tmp/list"
}

# stretches: of each stretch from `freeze` to `thaw`, its positions and the names of its events
stretches ()
{
    awk '/^-/ || / events, / { next } / mark +freeze$/ { line = ""; frozen = 1 } frozen { line = line " " ($3 == "mark" ? $4 : $4 == "" ? $3 : $4) }
         / mark +thaw$/ && frozen { print $1 ":" line; frozen = 0 } END { if (frozen) print "never thawed:" line }' "$tmp/list"
}

# nothing_written COUNT: there are as many stretches, all thawed, with no event but marks in them, and flushes: an fsync of what is
# clean may flush at any time
nothing_written ()
{
    stretches | sed 's/ flush done//g' > "$tmp/stretches"
    [ "$(grep -c '^[0-9]*: freeze thaw$' "$tmp/stretches")" = "$1" ] && [ "$(wc -l < "$tmp/stretches")" = "$1" ] ||
        fail "not $1 clean stretches: $(cat "$tmp/stretches")"
}

nothing_wrong ()
{
    expect_status 0 "$replay" --quiet --jobs=1 --json="$tmp/json" "$tmp/log.bin"
    jq -e '.exhaustive and .atomic and .durable and .violations == []' "$tmp/json" > "$tmp/ignored" ||
        fail "$1: $(jq -c '[.exhaustive, .atomic, .durable, .violations]' "$tmp/json")"
}

for fs in ext4 xfs btrfs; do
    # Nothing but the freeze makes it durable.
    record 0 $fs --settle=none --step="$dirty; $replace; powercut-freeze; sleep 1; powercut-thaw"
    nothing_written 1
    nothing_wrong $fs
    mv "$tmp/log.bin" "$tmp/$fs.bin"
    mv "$tmp/list" "$tmp/$fs.list"
done

# A frozen ext4 needs no recovery.
freeze=$(awk '/ mark +freeze$/ { print $1 }' "$tmp/ext4.list")
expect_status 0 "$replay" --state="$freeze" --export="$tmp/image" "$tmp/ext4.bin"
expect_status 0 e2fsck -f -n "$tmp/image"
! grep -q 'recover' "$tmp/out" "$tmp/err" || fail "e2fsck: $(cat "$tmp/out" "$tmp/err")"

# --freeze-at: powercut-mark freezes at this mark and at no other, while somebody else writes.
record 0 ext4 --settle=none --freeze-at='now, please' -- \
    sh -c "$replace; powercut-mark now; (while echo x >> log; do sync log; done) & powercut-mark now, please; kill \$!"
nothing_written 1
nothing_wrong --freeze-at
sed -n 's/^.* mark  *//p' "$tmp/list" | sed 's/^\(powercut:[a-z]*\).*/\1/' > "$tmp/marks"
[ "$(paste -sd, "$tmp/marks")" = 'base,powercut:old,powercut:device,begin,now,now, please,freeze,thaw,commit,powercut:new,end' ] ||
    fail "--freeze-at: marks $(cat "$tmp/marks")"
# It stays frozen for a second.
awk '/ mark +freeze$/ { freeze = $2 } / mark +thaw$/ { exit !($2 - freeze >= 1 && $2 - freeze < 10) }' "$tmp/list" ||
    fail "--freeze-at: $(grep -e freeze -e thaw "$tmp/list")"

# A freeze that never was is an error.
record 2 ext4 --freeze-at=never -- sh -c "$replace"
expect_one_line "$tmp/said"
grep -q -- '--freeze-at=never: this mark was never written' "$tmp/said" || fail "never: $(cat "$tmp/said")"
[ ! -e "$tmp/log.bin" ] || fail 'a log without the freeze that was asked for'
record 2 vfat --freeze-at=now -- sh -c "$replace; powercut-mark now || echo \$?"
expect_one_line "$tmp/said"
grep -q -- '--freeze-at=now: the file system was not frozen: --fs=vfat' "$tmp/said" || fail "vfat: $(cat "$tmp/said")"
[ "$(cat "$tmp/printed")" = "powercut-mark: /mnt: a file system of this type cannot be frozen
1" ] || fail "vfat: $(cat "$tmp/printed")"
expect_status 2 "$powercut" record --background=none --freeze-at=commit -o "$tmp/log.bin" -- true
expect_one_line "$tmp/err"

# What each tool says when it cannot.
cat > "$tmp/update" <<'END'
#!/bin/sh
try ()
{
    "$@" > /tmp/said 2>&1
    echo "$? $(wc -l < /tmp/said) $(cat /tmp/said)"
}
try powercut-thaw
try powercut-freeze
try powercut-freeze
try powercut-freeze
try powercut-thaw
try powercut-thaw /mnt
try powercut-freeze .
try powercut-thaw --all
try powercut-thaw --all
try powercut-freeze /proc
try powercut-freeze /
try powercut-freeze /nonsuch
try powercut-freeze --all
try powercut-thaw --all a b
unset POWERCUT_MARK_DEVICE
try powercut-freeze
try powercut-thaw
END
chmod +x "$tmp/update"
cat > "$tmp/expected" <<'END'
1 1 powercut-thaw: /mnt: the file system is not frozen
0 0 
1 1 powercut-freeze: /mnt: the file system is frozen already: powercut-thaw thaws it
1 1 powercut-freeze: /mnt: the file system is frozen already: powercut-thaw thaws it
0 0 
1 1 powercut-thaw: /mnt: the file system is not frozen
0 0 
0 0 
0 0 
1 1 powercut-freeze: /proc: a file system of this type cannot be frozen
1 1 powercut-freeze: /: a file system of this type cannot be frozen
1 1 powercut-freeze: /nonsuch: No such file or directory
2 1 powercut-freeze: usage: powercut-freeze [PATH]
2 1 powercut-thaw: usage: powercut-thaw [--all] [PATH]
1 1 powercut-freeze: nothing is being recorded: POWERCUT_MARK_DEVICE is not set
1 1 powercut-thaw: /mnt: the file system is not frozen
END
record 0 xfs -- "$tmp/update"
diff -u "$tmp/expected" "$tmp/printed" || fail 'the tools said something else'
nothing_written 2

# Commands that end frozen: the recorder thaws, says so, and goes on.
record 0 ext4 --setup='powercut-freeze' -- sh -c "$dirty; $replace; powercut-freeze"
sed 's/^powercut: //' "$tmp/said" > "$tmp/lines"
[ "$(cat "$tmp/lines")" = '--setup ended with the file system frozen: it was thawed
sh ended with the file system frozen: it was thawed' ] || fail "ended frozen: $(cat "$tmp/said")"
nothing_written 2

# A command that waits for what it has frozen: the time-out ends it, and it is told why.
record 2 ext4 --timeout=2 -- sh -c "powercut-freeze; echo more >> file"
expect_one_line "$tmp/said"
grep -q 'a time-out: see --timeout: .*the file system was frozen' "$tmp/said" || fail "waiting: $(cat "$tmp/said")"

# A guest that dies frozen: the log holds what was recorded up to there.
record 2 xfs -- sh -c "$dirty; powercut-freeze; echo c > /proc/sysrq-trigger"
grep -q sysrq "$tmp/said" || fail "died frozen: $(cat "$tmp/said")"
[ "$(stretches)" = 'never thawed: freeze' ] || fail "died frozen: $(stretches)"

# A write while the file system is frozen, past it: a violation of its own kind.
record 0 ext4 -- sh -c "$replace; powercut-freeze; dd if=/dev/zero of=/dev/nbd0 bs=4k count=1 seek=100000 oflag=direct 2> /dev/null; powercut-thaw"
expect_status 1 "$replay" --quiet --jobs=1 --json="$tmp/json" "$tmp/log.bin"
jq -e '[.violations[] | .kind, .after, .repeated] == ["freeze", "freeze", true] and .atomic and .durable' "$tmp/json" > "$tmp/ignored" ||
    fail "written while frozen: $(jq -c .violations "$tmp/json")"
[ "$(jq -r '.violations[0].detail' "$tmp/json" | grep -c '^issued while .* a write of 4096 bytes at 409600000 of disk0')" = 1 ] ||
    fail "written while frozen: $(jq -c .violations "$tmp/json")"
state=$(jq -r '.violations[0].state' "$tmp/json")
grep -q "^ *$state .* write .* 409600000 " "$tmp/list" || fail "written while frozen: $state is not its position"
