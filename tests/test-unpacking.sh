#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A small file from a stranger that would fill the disk when it is unpacked.
. "${srcdir:?run the tests with make check}/tests/functions.sh" || exit 1
requires zstd tar

mkdir "$tmp/work"
export TMPDIR=$tmp/work

# A small file that would unpack to 1 GiB: compressed, and as the member of an archive.
head -c 1G /dev/zero | tr '\0' x | zstd -q -o "$tmp/bomb.zst"
[ "$(stat -c %s "$tmp/bomb.zst")" -lt 100000 ] || fail 'the bomb is none'
mkdir "$tmp/member"
truncate -s 1G "$tmp/member/log.bin"
tar -C "$tmp/member" --zstd -cf "$tmp/bomb.tar.zst" log.bin
for bomb in bomb.zst bomb.tar.zst; do
  expect_status 2 "$powercut" corpus add "$tmp/$bomb" "$tmp/case"
  expect_one_line "$tmp/err"
  grep -q "$bomb: unpacks to more than" "$tmp/err" || fail "$bomb: $(cat "$tmp/err")"
  [ -z "$(ls -A "$tmp/work")" ] && [ ! -e "$tmp/case" ] || fail "$bomb: something is left"
done
