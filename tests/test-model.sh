#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The crash model once more, in another language and from the manual pages alone, agrees with powercut on random logs and on real
# ones: events, crash points, how much is pending there, how many states there are, what the id of a state means, and what is
# read where writes are undecided.
. "${srcdir:?run the tests with make check}/tests/functions.sh" || exit 1
requires nbdkit python3 tar zstd

export PYTHONDONTWRITEBYTECODE=1

# compare DIRECTORY SEED COUNT | DIRECTORY LOG...
compare ()
{
  mkdir "$tmp/$1"
  python3 "$srcdir/tests/model/compare.py" "$builddir" "$tmp/$1" "${@:2}" > "$tmp/$1/out" 2>&1
}

# expect_agreement DIRECTORY PATTERN: how compare ended there
expect_agreement ()
{
  grep -qx "$2, 0 disagreements" "$tmp/$1/out" || fail "$(tail -c 4000 "$tmp/$1/out")"
}

logs=$srcdir/tests/vm/logs
for name in rename pages workload; do
  zstd -qd "$logs/before/$name.bin.zst" -o "$tmp/$name.bin"
done
zstd -qd "$logs/btrfs-lost-tmpfile/log.zst" -o "$tmp/tmpfile.bin"
zstd -qd "$logs/btrfs-lost-tmpfile-workload/log.zst" -o "$tmp/tmpfile-workload.bin"
zstd -qdc "$logs/before/rename-56.tar.zst" | tar -xO --wildcards '*.bin' > "$tmp/bundle.bin"

# undecided SEED COUNT
undecided ()
{
  mkdir "$tmp/undecided"
  timeout 300 python3 "$srcdir/tests/model/undecided.py" "$PLUGIN_DIR/nbdkit-crashstate-plugin.so" "$tmp/undecided" "$@" \
    > "$tmp/undecided/out" 2>&1
}

{ compare first 0 150 || true; undecided 0 150 || true; } & first=$!
compare second 150 150 && compare real "$tmp"/*.bin || true
wait "$first" || true
expect_agreement undecided '150 logs, [0-9]* decisions, [0-9]* of orders'
expect_agreement first '150 logs, [0-9]* states'
expect_agreement second '150 logs, [0-9]* states'
expect_agreement real '6 logs, [0-9]* states'
