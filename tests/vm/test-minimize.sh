#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A violation is reduced to its cause in one command, and packed so that it can be seen elsewhere.
. "${srcdir:?run the tests with make check}/tests/functions.sh" || exit 1
requires jq mkfs.btrfs mkfs.ext4 qemu-system-x86_64 nbdkit tar zstd
any_guest

TMPDIR=$tmp/temporary
export TMPDIR
mkdir "$TMPDIR"
make_initial

# An fsync that btrfs forgets, as the file had no name yet: nothing needs to be lost for that.
expect_status 1 "$powercut" run --kernel=6.12 --background=none --fs=btrfs --size=128M --initial="$tmp/initial" -o "$tmp/log.bin" --minimize --jobs=1 \
    -- "$update" tmpfile file
cat "$tmp/out"
state=$(sed -n 's/^    minimal \([^ ]*\): no write is missing: .* superblock, generation [0-9]*, with a log tree)$/\1/p' "$tmp/out" |
    head -n 1)
[ -n "$state" ] || fail 'the first violation is not reduced to the superblock that points to the log tree'

# That is the first crash point at which it fails.
expect_status 0 "$replay" --list "$tmp/log.bin"
before=$(sed -n 's/^-------- crash point \([0-9]*\):.*/\1/p' "$tmp/out" | awk -v state="$state" '$1 < state' | tail -n 1)
expect_status 0 "$replay" --state="$before" "$tmp/log.bin"

expect_status 0 "$powercut" bundle --kernel=6.12 "$state" "$tmp/log.bin" -o "$tmp/bug.tar.zst"
[ ! -s "$tmp/out" ] || fail "output of bundle: $(cat "$tmp/out")"
[ "$(stat -c %s "$tmp/bug.tar.zst")" -lt $(($(stat -c %s "$tmp/log.bin") / 4)) ] || fail 'the bundle is not small'

# Elsewhere: another folder, and another folder with a kernel.
kernel=$("$replay" --list "$tmp/log.bin" | sed -n 's/^info kernel-image=//p')
release=$("$replay" --list "$tmp/log.bin" | sed -n 's/^info kernel=//p')
mkdir -p "$tmp/kernel/lib/modules" "$tmp/elsewhere"
cp "$kernel" "$tmp/kernel/vmlinuz-$release"
cp -rs "$(dirname "$kernel")/../lib/modules/$release" "$tmp/kernel/lib/modules/"
cd "$tmp/elsewhere"
tar --zstd -xf "$tmp/bug.tar.zst"
mv "$tmp/log.bin" "$tmp/gone"
command=$(sed -n 's/^    \(replay .*\)$/\1/p' README)
echo "the README says: $command"
PATH=${replay%/*}:$PATH expect_status 1 sh -c "$command --kernel=$tmp/kernel"
cat "$tmp/out"
grep -q '^verdict    atomicity: file: empty ' "$tmp/out" || fail 'the bundle does not show the violation'
[ "$(cat state)" = "$state" ] || fail 'the state'
[ "$(cat kernel)" = "$release" ] || fail 'the kernel'
for tree in expected-old expected-new seen; do
    grep -q '^f 0644 .* file$' "$tree" || fail "$tree has no file: $(cat "$tree")"
done
grep -q ' empty ' seen || fail "seen: $(cat seen)"
cmp -s expected-old expected-new && fail 'old and new are the same'
grep -q '^verdict ' README && fail 'the README has a whole report'

# What a checker finds wrong needs one of two writes to be lost.
cat > "$tmp/write" <<'END'
#!/bin/sh
printf 'new%4093s' '' | dd of=file bs=4096 conv=notrunc oflag=direct 2> /dev/null
printf 'new%4093s' '' | dd of=file bs=4096 conv=notrunc oflag=direct seek=1 2> /dev/null
printf 'new%4093s' '' | dd of=file bs=4096 conv=notrunc oflag=direct seek=2 2> /dev/null
END
cat > "$tmp/check" <<'END'
#!/bin/sh
first=$(dd if=file bs=3 count=1 2> /dev/null)
third=$(dd if=file bs=1 count=3 skip=8192 2> /dev/null)
[ "$third" = old ] || [ "$first" = new ] || { echo 'the third without the first'; exit 1; }
END
chmod +x "$tmp/write" "$tmp/check"
expect_status 1 "$powercut" run --background=none --size=64M --setup="for i in 1 2 3; do printf 'old%4093s' ''; done > file" --settle=none \
    --check="$tmp/check" -o "$tmp/order.bin" --minimize --json="$tmp/json" --jobs=1 -- "$tmp/write"
cat "$tmp/out"
jq -e '.violations | length == 2 and .[0].minimal == .[1].minimal and all (.kind == "check" and (.dropped | length == 1)
    and .dropped[0].length == 4096 and .dropped[0].what == "data of file")' "$tmp/json" > /dev/null || fail "not minimal: $(jq .violations "$tmp/json")"
jq -r '.violations[0].dropped[0].why' "$tmp/json" |
    grep -q '^write [0-9]* (4096 bytes at 0x[0-9a-f]*, data of file) was still pending at [0-9]*: it had completed at [0-9]*, and no flush' ||
    fail "why: $(jq .violations "$tmp/json")"
lost=$(jq -r '.violations[0].dropped[0].write' "$tmp/json")
state=$(jq -r '.violations[0].minimal' "$tmp/json")
[ "$state" = "${state%%:*}:-$lost" ] || fail "the state $state does not drop write $lost alone"

# --state with more lost than is needed comes to the same.
expect_status 1 "$replay" --state="${state%%:*}:-$lost,-$((lost + 2))" --minimize "$tmp/order.bin"
cat "$tmp/out"
grep -q "^    minimal $state: 1 write is missing" "$tmp/out" || fail '--state with --minimize gives another minimum'
refused 'nothing is wrong with it' "$powercut" bundle "${state%%:*}" "$tmp/order.bin" -o "$tmp/none.tar.zst"
refused 'before the mark begin' "$powercut" bundle 1 "$tmp/order.bin" -o "$tmp/none.tar.zst"
[ ! -e "$tmp/none.tar.zst" ] || fail 'a bundle of nothing was written'

# A bundle has the checker in it, the log's own or another, and needs none of its programs where it is unpacked.
expect_status 0 "$powercut" bundle "$state" "$tmp/order.bin" --check="$tmp/check; echo another; exit 1" -o "$tmp/another.tar.zst"
rm "$tmp/check"
expect_status 0 "$powercut" bundle "$state" "$tmp/order.bin" -o "$tmp/order.tar.zst"
shows ()
{
    rm -rf "$tmp/elsewhere/"*
    tar --zstd -xf "$1"
    command=$(sed -n 's/^    \(replay .*\)$/\1/p' README)
    PATH=${replay%/*}:$PATH expect_status 1 sh -c "$command"
    grep -q "$2" "$tmp/out" || fail "$1 does not show '$2': $(cat "$tmp/out")"
}
shows "$tmp/order.tar.zst" 'the third without the first'
shows "$tmp/another.tar.zst" 'another'
