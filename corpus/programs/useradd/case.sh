#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# That the four change together, and are new once useradd has returned, is not promised, and not asked for.
set -e
wrong () { echo "$1"; exit 1; }

setup ()
{
    mkdir -p root/etc/default
    for i in $(seq 100); do
        echo "user$i:x:$((1000 + i)):100::/home/user$i:/bin/sh" >> root/etc/passwd
        echo "user$i:*:19000:0:99999:7:::" >> root/etc/shadow
        echo "user$i:x:$((1000 + i)):" >> root/etc/group
        echo "user$i:!::" >> root/etc/gshadow
    done
    : > root/etc/login.defs
}
update () { useradd --prefix "$PWD/root" --uid 3000 --user-group --no-log-init new; }
check ()
{
    for file in passwd shadow group gshadow; do
        lines=$(wc -l < root/etc/$file)
        last=$(tail -n 1 root/etc/$file)
        case $lines:$last in
        100:user100:* | 101:new:*) ;;
        *) wrong "$file has $lines lines, and is neither the old nor the new one" ;;
        esac
    done
}
"$@"
