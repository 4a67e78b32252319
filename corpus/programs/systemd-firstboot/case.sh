#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
set -e
wrong () { echo "$1"; exit 1; }
committed () { grep -q "^commit" "$POWERCUT_MARKS_FILE"; }

setup () { mkdir -p root/etc; echo old > root/etc/hostname; }
update () { systemd-firstboot --root="$PWD/root" --hostname=new --force; }
check ()
{
    seen=$(cat root/etc/hostname)
    [ "$seen" = old ] || [ "$seen" = new ] || wrong "the name is '$seen'"
    ! committed || [ "$seen" = new ] || wrong 'systemd-firstboot has returned, and the name is the old one'
}
"$@"
