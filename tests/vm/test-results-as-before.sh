#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Logs and a bundle that an earlier powercut made replay to the results that it had, byte for byte but for the times.  What
# is to change on purpose is changed in tests/vm/logs/before/expected: `EXPECTED=DIRECTORY` in the environment writes the new
# texts there, pages compressed.
. "${srcdir:?run the tests with make check}/tests/functions.sh" || exit 1
requires zstd tar qemu-system-x86_64 nbdkit

before=$srcdir/tests/vm/logs/before
seen=$tmp/seen
mkdir "$seen"
cd "$tmp"

# keep NAME STATUS COMMAND [ARG...]: what COMMAND prints is the text NAME
keep ()
{
  expect_status "$2" "${@:3}"
  cat "$tmp/out" "$tmp/err" > "$seen/$1"
}

# What the log alone says.
for log in rename pages workload; do
  zstd -q -d "$before/$log.bin.zst" -o "$log.bin"
  keep "$log.list" 0 "$replay" --list "$log.bin"
  keep "$log.show" 0 "$powercut" show "$log.bin"
done

# What a guest sees.  On another release than the recording's, recovery may read more or less.
release=$(sed -n 's/^info kernel=//p' "$seen/rename.list")
status=(1 1 0)
for log in rename pages workload; do
  keep "$log.txt" "${status[0]}" "$replay" --kernel=6.1 --jobs=1 --minimize --html="$seen/$log.html" --json="$seen/$log.json" \
    --junit="$seen/$log.xml" --tap="$seen/$log.tap" "$log.bin"
  status=("${status[@]:1}")
done
mkdir bundle
tar -C bundle -xf "$before/rename-56.tar.zst"
keep bundle.txt 1 "$replay" --kernel=6.1 --state="$(cat bundle/state)" bundle/log.bin

# Times, and the version.
sed -i -E 's/[0-9]+\.[0-9]+ s\b/T s/g; s/("[a-z_]*seconds":\t?)[0-9.e-]+/\1T/g; s/time="[0-9.]+"/time="T"/g' "$seen"/*
sed -i -E 's/(Made by powercut )[0-9.a-z~]*[0-9a-z]\./\1V./' "$seen"/*.html

if [ -n "${EXPECTED-}" ]; then
  rm -rf "$EXPECTED"
  cp -R "$seen" "$EXPECTED"
  zstd -q -19 --rm "$EXPECTED"/*.html
fi
cp -R "$before/expected" "$tmp/expected"
zstd -q -d --rm "$tmp/expected"/*.html.zst
if ! grep -q "kernel $release\$" "$seen/rename.txt"; then
  echo "another 6.1 than $release: how many runs it took, and on what kernel, is not compared"
  sed -i -E "s/6\.1\.0-[a-z0-9-]*amd64/6.1/g; /runs|remembered|behaviours|device /d" "$seen"/* "$tmp/expected"/*
fi
diff -r "$tmp/expected" "$seen" || fail 'other results than before'
