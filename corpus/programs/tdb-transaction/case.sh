#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
set -e
wrong () { echo "$1"; exit 1; }
committed () { grep -q "^commit" "$POWERCUT_MARKS_FILE"; }

transaction ()
{
    {
        echo 'open t.tdb'
        echo transaction_start
        for i in 1 2 3 4 5 6; do echo "store key$i value$1"; done
        echo transaction_commit
        echo quit
    } | tdbtool > /dev/null
}
setup () { tdbtool t.tdb create t.tdb > /dev/null; transaction 1; }
update () { transaction 2; }
check ()
{
    said=$(tdbtool t.tdb check 2>&1) || wrong "tdbtool check: $said"
    seen=$(for i in 1 2 3 4 5 6; do tdbtool t.tdb show key$i; done 2>&1 | grep -o 'value[0-9]' | sort | uniq -c |
        tr -s ' ')
    case $seen in
    ' 6 value1') ! committed || wrong 'the commit has returned, and the transaction is not there' ;;
    ' 6 value2') ;;
    *) wrong "a transaction is there in part:$seen" ;;
    esac
}
"$@"
