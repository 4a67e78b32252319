#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A log that is kept compressed gives what the same log gives that is not, to everything that reads logs.
. "${srcdir:?run the tests with make check}/tests/functions.sh" || exit 1
requires jq mkfs.ext4 nbdkit zstd
any_guest

cd "$tmp"
expect_status 0 "$powercut" record --compress --background=none,commit -o log.bin --step='for i in 1 2; do echo $i > n; mv n f$i; done'
for log in log.bin log-commit.bin; do
    zstd -qt "$log" || fail "$log is not compressed"
    [ "$(stat -c %s "$log")" -lt $(($(zstd -dc "$log" | wc -c) / 2)) ] || fail "$log is large"
    [ ! -e "$log.part" ] || fail "$log.part is left"
done
mkdir plain
zstd -qdc log.bin > plain/log.bin

# same STATUS COMMAND...: COMMAND says the same where the log is and where it is not compressed
same ()
{
    local where

    for where in . plain; do
        (cd $where && expect_status "$1" "${@:2}" && cp "$tmp/out" said) || exit 1
    done
    diff plain/said said || fail "$* differs"
}
same 0 "$replay" --list log.bin
cp said listed
same 0 "$powercut" show log.bin
state=$("$replay" --list log.bin | sed -n 's/^\([0-9]*\) events.*/\1/p')
same 0 "$replay" --state=$((state - 1)) --export=image log.bin
cmp image plain/image || fail 'another image'
same 1 "$replay" --fault=lost-flush --jobs=1 --quiet log.bin
same 0 "$powercut" export --to=dm-log-writes log.bin -o dm
cmp dm plain/dm || fail 'another export'
for where in . plain; do
    (cd $where && expect_status 1 "$replay" --jobs=1 --limit=0 --tear=prefix --minimize --quiet --resume=seen --json=json log.bin) || exit 1
    jq -S 'del(.. | .seconds?, .search_cpu_seconds?, .device_cpu_seconds?)' $where/json > $where/found
done
diff plain/found found || fail 'another result'
# What is remembered of the one is remembered of the other.
bytes=$(stat -c %s seen)
expect_status 1 "$replay" --jobs=1 --limit=0 --tear=prefix --minimize --quiet --resume=seen --json=json plain/log.bin
[ "$(stat -c %s seen)" -lt $((bytes + 3000)) ] || fail 'runs of the same log are made again'

export TMPDIR=$tmp/work
mkdir work
# Of one that is cut off, what is whole; of one that is damaged, nothing.
head -c $(($(stat -c %s log.bin) / 2)) log.bin > cut.bin
refused 'not a powercut log\|no whole frame' "$replay" --list cut.bin
cp log.bin damaged.bin
printf 'x' | dd of=damaged.bin bs=1 seek=$(($(stat -c %s log.bin) / 2)) conv=notrunc status=none
refused 'damaged' "$replay" --list damaged.bin

# A corpus keeps logs so, and each of them can be replayed by itself.
mkdir cases
expect_status 0 "$powercut" corpus add log.bin cases/one
expect_status 0 "$replay" --list cases/one/log.zst
diff <(grep -v '^log ' listed) <(grep -v '^log ' out) || fail 'a log of the corpus is another'
