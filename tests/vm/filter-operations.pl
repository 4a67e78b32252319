#!/usr/bin/perl
# SPDX-License-Identifier: BSD-3-Clause
# Operations on disk0 in the log file of nbdkit's log filter, in the form of the plugin tests' dump-log: those after the last request
# to begin a log.
use strict;
use warnings;

my (%disk, %control, @operations);
while (<>) {
    my ($connection) = /connection=(\d+)/ or next;
    if (/ Connect /) {
        $disk{$connection} = /export="?'?disk0/;
        $control{$connection} = /export="?'?control/;
        next;
    }
    @operations = () if $control{$connection} && / Write id=/;
    next unless $disk{$connection};
    my ($kind) = / (Write|Zero|Trim|Flush) id=/ or next;
    if ($kind eq 'Flush') {
        push @operations, "flush\n";
        next;
    }
    my ($offset, $count) = / offset=(0x[0-9a-f]+) count=(0x[0-9a-f]+)/ or die "not understood: $_";
    push @operations, sprintf "%s %d %d%s\n", lc $kind, hex $offset, hex $count, / fua=1/ ? ' fua' : '';
}
print @operations;
