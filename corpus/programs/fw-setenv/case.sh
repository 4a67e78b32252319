#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
set -e
wrong () { echo "$1"; exit 1; }
committed () { grep -q "^commit" "$POWERCUT_MARKS_FILE"; }

configure () { printf '%s 0x0 0x4000\n' "$PWD/environment-1" "$PWD/environment-2" > /tmp/fw_env.config; }
setup ()
{
    configure
    head -c 16384 /dev/zero > environment-1
    head -c 16384 /dev/zero > environment-2
    echo 'bootslot=none' > /tmp/defaults
    fw_setenv -c /tmp/fw_env.config -f /tmp/defaults bootslot a
    fw_setenv -c /tmp/fw_env.config -f /tmp/defaults bootslot a
}
update () { configure; fw_setenv -c /tmp/fw_env.config bootslot b; }
check ()
{
    configure
    slot=$(fw_printenv -c /tmp/fw_env.config -n bootslot 2>&1) || wrong "no copy is valid: $slot"
    [ "$slot" = a ] || [ "$slot" = b ] || wrong "bootslot is $slot"
    ! committed || [ "$slot" = b ] || wrong 'fw_setenv has returned, and bootslot is the old one'
}
"$@"
