#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# What was found is seen again, each on its own file system, and what is packed of it without recording.
. "${srcdir:?run the tests with make check}/tests/functions.sh" || exit 1
requires jq tar zstd mkfs.ext4 mkfs.xfs mkfs.btrfs mkfs.f2fs mkfs.vfat mkfs.jfs mkfs.nilfs2 nbdkit
any_guest 6.1

seen=0
for fs in ext4 xfs btrfs f2fs vfat jfs nilfs2; do
    expect_status 0 "$powercut" corpus run --background=none --no-fsck --no-usable --fs=$fs --filter="$fs-" --json="$tmp/json" \
        "$srcdir/corpus/findings"
    seen=$((seen + $(jq .outcomes.known "$tmp/json")))
done
[ "$seen" -ge 15 ] || fail "only $seen findings were seen: $(cat "$tmp/out")"

mkdir "$tmp/bundle"
tar --zstd -C "$tmp/bundle" -xf "$srcdir/corpus/findings/btrfs-rename-into-fsynced-directory/bundle.tar.zst"
expect_status 1 "$replay" --state="$(cat "$tmp/bundle/state")" --kernel=6.1-uml "$tmp/bundle/log.bin"
grep -q '^verdict  *durability: rename: foo' "$tmp/out" || fail "the bundle: $(cat "$tmp/out")"
