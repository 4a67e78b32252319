#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Guests start from a saved machine: fresh ones, as after a boot, whatever happens to what is saved.
. "${srcdir:?run the tests with make check}/tests/functions.sh" || exit 1
requires jq mkfs.ext4 mkfs.xfs mkfs.btrfs lsattr qemu-system-x86_64 nbdkit

own_cache
guests=$XDG_CACHE_HOME/powercut/guests

# Numbers and times that no two guests have in common, and what all of them have; `briefly` the time alone.  The number of a file's
# generation is one that the kernel has drawn for itself.
cat > "$tmp/look" << 'END'
#!/bin/sh
if [ "$1" = briefly ]; then
    date +%s
    echo new > file
    exit
fi
bytes ()
{
    od -An -tx1 -N16 -j"$2" "$1" | tr -d ' \n'
    echo
}
bytes /dev/urandom 0
cat /proc/sys/kernel/random/boot_id /proc/sys/kernel/random/uuid
: > made                       # what was made before is the same for all: it is kept
lsattr -v made
rm made
empty_disk ()
{
    rm -f /tmp/disk
    truncate -s 300M /tmp/disk
}
empty_disk
mkfs.ext4 -q /tmp/disk 8M > /dev/null && bytes /tmp/disk 1128
empty_disk
mkfs.xfs -q /tmp/disk > /dev/null && bytes /tmp/disk 32
empty_disk
mkfs.btrfs -q /tmp/disk > /dev/null && bytes /tmp/disk 65568
rm /tmp/disk
date +%s
env | sort
ls /dev/vd* 2> /dev/null
find / -xdev ! -path '/modules*' ! -path '/tmp/*' | sort
echo new > file
END
printf '#!/bin/sh\necho new > file\n' > "$tmp/update"
chmod +x "$tmp/look" "$tmp/update"

differing=7                     # lines

# look NAME [OPTION...]: what a guest sees is in $tmp/NAME.lines
look ()
{
    see "$1" "$((differing + 1))" "${@:2}" -- "$tmp/look"
}

# glance: a guest starts, and knows the time
glance ()
{
    see glance 1 -- "$tmp/look" briefly
}

# see NAME LINE ARG...: what a guest says is in $tmp/NAME.lines, and in that line the time
see ()
{
    expect_status 0 "$powercut" record --background=none --size=64M --setup='echo old > file' -o "$tmp/log.bin" "${@:3}"
    cp "$tmp/out" "$tmp/$1.lines"
    time=$(sed -n "$2p" "$tmp/out")
    [ "$((time - $(date +%s)))" -ge -60 ] && [ "$((time - $(date +%s)))" -le 1 ] || fail "$1: the time is $time, here $(date +%s)"
}

look booted --no-snapshot
expect_status 0 "$powercut" matrix --no-snapshot --fs=ext4 --background=none --protocol=rename-fsync
[ -z "$(ls "$guests" | grep snapshot)" ] || fail "--no-snapshot has saved: $(ls "$guests")"
look first
snapshot=$(ls "$guests"/*.snapshot)
[ "$(stat -c %a "$guests" "$snapshot" | tr '\n' ' ')" = '700 600 ' ] || fail "what is saved is not private: $(ls -la "$guests")"
[ "$(stat -c %s "$snapshot")" -lt $((40 << 20)) ] || fail "it is large: $(ls -la "$guests")"
before=$(stat -c %i "$snapshot")
look second
[ "$(stat -c %i "$snapshot")" = "$before" ] || fail 'it was made anew'
for ((line = 1; line <= differing; line++)); do
    [ "$(for name in booted first second; do sed -n ${line}p "$tmp/$name.lines" | grep '[^0]'; done | sort -u | wc -l)" = 3 ] ||
        fail "two guests have the same random numbers: $(sed -n ${line}p "$tmp/second.lines")"
done
for name in first second; do
    diff <(tail -n +$((differing + 2)) "$tmp/booted.lines") <(tail -n +$((differing + 2)) "$tmp/$name.lines") >&2 || fail "a restored guest differs from a booted one"
done

# What a restored guest finds wrong, a booted one finds wrong, too: the same.  One with many disks is another machine's.
expect_status 0 "$powercut" record --background=none --fs=btrfs --disk={a,b,c}:128M --setup='echo old > file' -o "$tmp/btrfs.bin" -- "$tmp/update"
for log in log btrfs; do
    for how in '' --no-snapshot; do
        expect_status 1 "$replay" $how --timeout=300 --json="$tmp/json$how" "$tmp/$log.bin"
    done
    diff <(what_was_found "$tmp/json") <(what_was_found "$tmp/json--no-snapshot") >&2 || fail "$log.bin: booted guests find something else"
done
[ "$(ls "$guests"/*.snapshot | wc -l)" = 2 ] || fail "one machine for few disks and one for many are saved: $(ls "$guests")"

# What is damaged, or somebody else's, is not used, and made anew; nothing is said.
truncate -s 1M "$snapshot"
glance
[ ! -s "$tmp/err" ] || fail "a damaged one: $(cat "$tmp/err")"
glance
[ "$(stat -c %s "$snapshot")" -gt $((1 << 20)) ] || fail 'it was not made anew'
chmod o+w "$snapshot"
glance
[ "$(stat -c %a "$snapshot")" = 600 ] || fail 'one that others may write is used'

# Where nothing can be kept, guests boot.
chmod 777 "$guests"
glance
[ ! -s "$tmp/err" ] || fail "a directory that others may write to: $(cat "$tmp/err")"
chmod 700 "$guests"

# It may be removed at any time.
"$powercut" cache list > "$tmp/list"
grep -q '^snapshot .* MiB' "$tmp/list" || fail "cache list: $(cat "$tmp/list")"
while "$powercut" cache clean; do sleep 0.05; done &
cleaner=$!
cleanup_fn kill $cleaner
for i in 1 2; do
    glance
done
