#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
set -e
export HOME=/tmp BRZ_EMAIL='a <a@b>' BRZ_LOG=/dev/null
# It loads its modules by name while it runs: where they are is named here for the guest to have them.
[ -e /usr/lib/python3/dist-packages/breezy ] || exit 77
brz () { /usr/bin/python3 -c 'import breezy.__main__, patiencediff, fastbencode, merge3, configobj; breezy.__main__.main ()' --no-plugins "$@"; }
wrong () { echo "$1"; exit 1; }
committed () { grep -q "^commit" "$POWERCUT_MARKS_FILE"; }

commit ()
{
    echo "$1" > branch/file
    (cd branch && brz add -q file && brz commit -q -m "commit $1")
}
setup () { brz init -q branch; commit 1; }
update () { commit 2; }
# Not asked for is the working tree, whose state is written in place: only the branch, and what it has, in a copy.
check ()
{
    rm -rf copy
    cp -r branch copy || wrong 'the branch cannot be read'
    rm -rf copy/.bzr/checkout copy/file
    seen=$(brz revno copy 2>&1) || wrong "brz revno: $(echo "$seen" | head -n 1)"
    said=$(brz cat -r -1 copy/file 2>&1) || wrong "brz cat: $(echo "$said" | head -n 1)"
    [ "$seen" = 1 ] || [ "$seen" = 2 ] || wrong "the branch is at revision $seen"
    [ "$said" = "$seen" ] || wrong "revision $seen has '$said'"
    ! committed || [ "$seen" = 2 ] || wrong 'brz commit has returned, and the branch is at the revision before'
}
"$@"
