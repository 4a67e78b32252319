#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Disks are prepared once, and used again where nothing differs that they depend on: by one log after another, by several processes
# at once, and whoever is killed meanwhile.
. "${srcdir:?run the tests with make check}/tests/functions.sh" || exit 1
requires jq mkfs.ext4 mkfs.btrfs nbdkit
any_guest

own_cache
kept=$XDG_CACHE_HOME/powercut/guests

# Each time that it is run it leaves another number, of which it has room for one.
cat > "$tmp/setup.sh" << 'END'
#!/bin/sh
[ ! -e number ] || exit 1
cat /proc/sys/kernel/random/uuid > number
powercut-mark set up
echo old > file
END
printf '#!/bin/sh\ncat number\necho new > file\n' > "$tmp/update.sh"
printf '#!/bin/sh\ncat number\necho newer > file\n' > "$tmp/other-update.sh"
chmod +x "$tmp"/*.sh

# prepare LOG OPTION...: the number that there was before the update goes into $tmp/LOG.number, the log to $tmp/LOG.bin
prepare ()
{
    expect_status 0 "$powercut" record --background=none --device=fast --size=64M -o "$tmp/$1.bin" "${@:2}" -- "$tmp/update.sh"
    cp "$tmp/out" "$tmp/$1.number"
    [ -s "$tmp/out" ] && [ ! -s "$tmp/err" ] || fail "$*: $(cat "$tmp/out" "$tmp/err")"
}

# same LOG OTHER, different LOG OTHER: were the disks prepared once for the two?
same ()
{
    cmp -s "$tmp/$1.number" "$tmp/$2.number" || fail "$2 was prepared anew"
}
different ()
{
    ! cmp -s "$tmp/$1.number" "$tmp/$2.number" || fail "$2 was not prepared anew"
}

# operations LOG: what it has, without times, in an order that does not depend on them; how often it is flushed until all is quiet does
operations ()
{
    "$replay" --list "$tmp/$1.bin" | sed 's/^ *[0-9]* *[0-9]*\.[0-9]*  *//' | grep -E '^(info|device|mark|[0-9] *(write|zero|trim))' | sort
}

# The same log, but for times, whether its disks were prepared for it, before it, or are not to be kept.
for fs in ext4 btrfs; do
    size=--size=$([ $fs = ext4 ] && echo 64M || echo 128M)
    prepare $fs --fs=$fs $size --setup="$tmp/setup.sh"
    before=$(ls -i "$kept"/*.prepared)
    prepare $fs-again --fs=$fs $size --setup="$tmp/setup.sh"
    same $fs $fs-again
    prepare $fs-anew --fs=$fs $size --setup="$tmp/setup.sh" --no-cache
    different $fs $fs-anew
    [ "$(ls -i "$kept"/*.prepared)" = "$before" ] || fail "$fs: prepared again: $(ls -i "$kept"), before: $before"
    for log in again anew; do
        diff <(operations $fs) <(operations $fs-$log) > "$tmp/diff" || fail "$fs, $log: another log: $(head -n 20 "$tmp/diff")"
    done
    operations $fs > "$tmp/operations"
    grep -qi 'write.*fua' "$tmp/operations" && grep -q 'mark *set up' "$tmp/operations" ||
        fail "$fs: no FUA write, or no mark of --setup: $(cat "$tmp/operations")"
done
[ "$(ls "$kept"/*.prepared | wc -l)" = 4 ] || fail "of two file systems, the empty one and the tree are kept: $(ls "$kept")"
# What mkfs is given in any case may be another in another version.
grep -aqx 'mkfs word -F' "$kept"/*.prepared || fail "the key is without mkfs's own words: $(head -c 2000 "$kept"/*.prepared | strings)"
"$powercut" cache list | grep -q '^prepared  *[0-9]' || fail "cache list: $("$powercut" cache list)"
[ "$(stat -c %a "$kept"/*.prepared | sort -u)" = 600 ] || fail "not private: $(ls -la "$kept")"

# Another update finds the same disks; what they depend on makes others: a program that is run, and what it is of the tree that
# changes, even if it is as old and as large as before.
expect_status 0 "$powercut" record --background=none --device=fast --size=64M --setup="$tmp/setup.sh" -o "$tmp/other.bin" -- "$tmp/other-update.sh"
cp "$tmp/out" "$tmp/other.number"
same ext4 other
mkdir "$tmp/initial"
echo one > "$tmp/initial/file"
touch -d '2 days ago' "$tmp/initial/file"
prepare initial --initial="$tmp/initial" --setup="rm file; $tmp/setup.sh"
cp -p "$tmp/initial/file" "$tmp/as-old"
echo two > "$tmp/initial/file"
touch -r "$tmp/as-old" "$tmp/initial/file"
prepare two --initial="$tmp/initial" --setup="rm file; $tmp/setup.sh"
different initial two
sed -i 's/echo old/echo Old/' "$tmp/setup.sh"
prepare program --setup="$tmp/setup.sh"
different ext4 program
prepare mkfs --setup="$tmp/setup.sh" --mkfs='-O ^has_journal'
different program mkfs

# So does a file that mkfs alone is told of.
echo one > "$tmp/initial/number"
prepare told --mkfs="-d $tmp/initial" --include="$tmp/initial"
prepare told-again --mkfs="-d $tmp/initial" --include="$tmp/initial"
same told told-again
echo two > "$tmp/initial/number"
prepare told-else --mkfs="-d $tmp/initial" --include="$tmp/initial"
different told told-else

# What fails is not kept.
before=$(ls "$kept")
for i in 1 2; do
    expect_status 2 "$powercut" record --background=none --size=64M --setup="$tmp/setup.sh; exit 3" -o "$tmp/log.bin" -- "$tmp/update.sh"
    grep -q 'setup ended in the guest with exit 3' "$tmp/err" || fail "a setup that fails: $(cat "$tmp/err")"
done
diff <(echo "$before") <(ls "$kept" | grep -v "$(comm -13 <(echo "$before") <(ls "$kept") | grep 'lock$' || echo -)") >&2 ||
    fail 'a setup that failed is kept'

# What leaves more than is on the disks is done each time, and the file system stays mounted: a process, a file, a setting.
cat > "$tmp/alive.sh" << 'END'
#!/bin/sh
sleep 1000 > /dev/null 2>&1 &
echo kept > /tmp/kept
echo 4321 > /proc/sys/vm/dirty_expire_centisecs
END
printf '#!/bin/sh\ncat number\ncat /tmp/kept /proc/sys/vm/dirty_expire_centisecs\npidof sleep > /dev/null && echo alive\necho new > file\n' > "$tmp/look.sh"
chmod +x "$tmp"/*.sh
for log in live live-again; do
    expect_status 0 "$powercut" record --background=none --size=64M --setup="$tmp/setup.sh" --setup="$tmp/alive.sh" -o "$tmp/$log.bin" -- "$tmp/look.sh"
    [ "$(tail -n +2 "$tmp/out" | tr '\n' ' ')" = 'kept 4321 alive ' ] || fail "what was left is gone: $(cat "$tmp/out")"
    cp "$tmp/out" "$tmp/$log.number"
done
different live live-again
cat > "$tmp/through.sh" << 'END'
#!/bin/sh
echo write through > "/sys/class/block/${POWERCUT_DISK_disk0##*/}/queue/write_cache"
END
chmod +x "$tmp/through.sh"
for log in queue queue-again; do
    prepare $log --setup="$tmp/setup.sh" --setup="$tmp/through.sh"
done
different queue queue-again

# What is damaged is made anew.
for file in "$kept"/*.prepared; do
    truncate -s -4096 "$file"
done
prepare damaged --setup="$tmp/setup.sh"
different program damaged
[ -z "$(find "$kept" -name '*.lock' -newer "$tmp/damaged.bin")" ] || fail "a lock is held: $(ls -la "$kept")"

# Of several at once one prepares them, and none fails; whoever cleans up meanwhile.
"$powercut" cache clean > "$tmp/out"
[ -z "$(ls "$kept")" ] || fail "cache clean has left: $(ls "$kept")"
pids=()
for i in 1 2 3 4 5 6; do
    "$powercut" record --background=none --size=64M --setup="sleep 1; $tmp/setup.sh" -o "$tmp/at-once-$i.bin" -- "$tmp/update.sh" \
        > "$tmp/at-once-$i.number" 2> "$tmp/at-once-$i.err" &
    pids+=($!)
done
for i in "${!pids[@]}"; do
    wait "${pids[i]}" || fail "one of several: $(cat "$tmp/at-once-$((i + 1)).err")"
    same at-once-1 "at-once-$((i + 1))"
done

# kill -9 of who prepares them leaves no half of it, and nothing that keeps the next from doing so.
for delay in 0.1 0.2 0.3 0.4; do
    "$powercut" cache clean > "$tmp/out"
    setsid "$powercut" record --background=none --size=64M --setup="$tmp/setup.sh" -o "$tmp/killed.bin" -- "$tmp/update.sh" \
        > "$tmp/out" 2>&1 &
    pid=$!
    sleep $delay
    kill -KILL $pid
    wait $pid || :
    prepare next --setup="$tmp/setup.sh"
    prepare again --setup="$tmp/setup.sh"
    same next again
    [ -z "$(ls "$kept" | grep -E '\.[0-9a-f]{16}$')" ] || fail "half of it is left: $(ls "$kept")"
    [ -z "$(ls "$tmp" | grep '\.setup$')" ] || fail "left beside the log: $(ls "$tmp")"
done
