#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# That the new one is there once close has returned is not promised, and not asked for.
set -e
contents () { yes "$1 line" | head -c 9000; }
wrong () { echo "$1"; exit 1; }

setup () { contents old > file; }
update ()
{
    perl -e '
use IO::AtomicFile;
my $file = IO::AtomicFile->open ("file", "w") or die;
print $file substr ("new line\n" x 1000, 0, 9000);
$file->close or die'
}
check ()
{
    contents new | cmp -s - file || contents old | cmp -s - file ||
        wrong "file has $(wc -c < file) bytes, and is neither the old nor the new one"
}
"$@"
