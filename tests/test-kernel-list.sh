#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The list of kernels says what --kernel takes, where each came from, and which file systems it has.
. "${srcdir:?run the tests with make check}/tests/functions.sh" || exit 1
requires depmod modprobe

# put_kernel RELEASE SUITE MODULE...: a fetched kernel with these modules built in
put_kernel ()
{
    local directory=$XDG_CACHE_HOME/powercut/kernels/$1 modules module

    modules=$directory/lib/modules/$1
    mkdir -p "$directory/boot" "$modules"
    touch "$directory/boot/vmlinuz-$1" "$modules/modules.order"
    [ -z "$2" ] || echo "$2" > "$directory/suite"
    for module in "${@:3}"; do
        echo "kernel/fs/$module/$module.ko" >> "$modules/modules.builtin"
        printf '%s.license=GPL\0' "$module" >> "$modules/modules.builtin.modinfo"
    done
    depmod -b "$directory" "$1"
}

# listed RELEASE: its line, with single spaces
listed ()
{
    awk -v release="$1" '$1 == release { $1 = $1; print }' "$tmp/out"
}

export XDG_CACHE_HOME=$tmp/cache
put_kernel 7.3.4+deb13-cloud-amd64 trixie-backports ext4 xfs
put_kernel 6.1.0-57-amd64 '' ext4 f2fs
put_kernel 6.99.0 sid btrfs
expect_status 0 "$powercut" kernel list
[ "$(sed 1q "$tmp/out" | wc -w)" -eq 6 ] || fail 'the headings'
[ "$(listed 7.3.4+deb13-cloud-amd64)" = '7.3.4+deb13-cloud-amd64 cloud trixie-backports 0 MiB ext2,ext3,ext4,xfs' ] ||
    fail "$(cat "$tmp/out")"
[ "$(listed 6.1.0-57-amd64)" = '6.1.0-57-amd64 full - 0 MiB ext2,ext3,ext4,f2fs' ] || fail "$(cat "$tmp/out")"
[ "$(listed 6.99.0)" = '6.99.0 - sid 0 MiB btrfs' ] || fail "$(cat "$tmp/out")"
