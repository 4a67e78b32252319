#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# That the new one is chosen once it has returned is not promised, and not asked for.
set -e
wrong () { echo "$1"; exit 1; }

alternatives () { update-alternatives --altdir "$PWD/alternatives" --admindir "$PWD/state" --log /dev/null "$@"; }
setup ()
{
    mkdir alternatives state
    for program in one two three; do echo "$program" > "$program"; done
    alternatives --quiet --install "$PWD/link" name "$PWD/one" 10
    alternatives --quiet --install "$PWD/link" name "$PWD/two" 5
}
update () { alternatives --quiet --install "$PWD/link" name "$PWD/three" 20; }
check ()
{
    seen=$(cat link 2>&1) || wrong "the link leads nowhere: $seen"
    [ "$seen" = one ] || [ "$seen" = three ] || wrong "the link leads to $seen"
    said=$(alternatives --query name 2>&1) || wrong "the file of state cannot be read: $said"
}
"$@"
