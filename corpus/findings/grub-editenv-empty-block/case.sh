#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
set -e
wrong () { echo "$1"; exit 1; }
committed () { grep -q "^commit" "$POWERCUT_MARKS_FILE"; }

setup () { grub-editenv grubenv create; grub-editenv grubenv set saved_entry=a; }
update () { grub-editenv grubenv set saved_entry=b; }
check ()
{
    list=$(grub-editenv grubenv list 2>&1) || wrong "grubenv cannot be read: $list"
    [ "$list" = saved_entry=a ] || [ "$list" = saved_entry=b ] ||
        wrong "grubenv has $(wc -c < grubenv) bytes, and lists '$list'"
    ! committed || [ "$list" = saved_entry=b ] || wrong 'grub-editenv has returned, and the entry is the old one'
}
"$@"
