#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A file system whose checksums are made by a cipher: its module is loaded, though nothing but a soft dependency names it; and where
# the kernel lacks it, the message says which one, while recording and while replaying.
. "${srcdir:?run the tests with make check}/tests/functions.sh" || exit 1
requires mkfs.btrfs depmod qemu-system-x86_64 nbdkit
TMPDIR=$tmp/left
export TMPDIR
mkdir "$TMPDIR"

need_kernel 6.12 '/^6\.12\./' --suite=trixie
record=("$powercut" record --background=none --quiet --fs=btrfs --size=128M --mkfs='--csum xxhash')

expect_status 0 "${record[@]}" --kernel="$kernel" -o "$tmp/log.bin" -- sh -c 'echo new > f; sync'

# The same kernel without that module.
cp -rs "${XDG_CACHE_HOME:-$HOME/.cache}/powercut/kernels/$kernel/." "$tmp/kernel"
modules=$tmp/kernel/lib/modules/$kernel
rm "$modules"/kernel/crypto/xxhash_generic.ko* "$modules"/modules.dep* "$modules"/modules.{alias,softdep,symbols}*
depmod -b "$tmp/kernel" "$kernel" 2> /dev/null
lacks="cannot mount .* has no module crypto-xxhash64"
refused "$lacks" "${record[@]}" --kernel="$tmp/kernel" -o "$tmp/other.bin" -- true
refused "$lacks" "$replay" --quiet --kernel="$tmp/kernel" --jobs=1 "$tmp/log.bin"
