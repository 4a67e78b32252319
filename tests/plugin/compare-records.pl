#!/usr/bin/perl
# SPDX-License-Identifier: BSD-3-Clause
# Hold the log file of nbdkit's log filter against a write log as dump-log prints it.
#
# Both must have the same operations.  The filter sees a request begin before the plugin does, and end after it; so where
# it saw one end before another began, the write log must have its completion before the other's issue.  Of flushes of
# one disk the client may have only one in flight, and other operations must differ: that is how they are known again.
use strict;
use warnings;

# Each operation by its description: the numbers of the lines where it begins and ends.
my (%seen, %recorded);

sub begin {
    my ($operations, $name, $flushes) = @_;
    $name .= ' ' . $flushes->{$name}++ if $name =~ / flush$/;
    die "$name: twice\n" if $operations->{$name};
    return $operations->{$name} = { name => $name, begin => $. };
}

sub read_filter_log {
    my ($file) = @_;
    my (%exports, %requests, %flushes);
    open my $in, '<', $file or die "$file: $!\n";
    while (<$in>) {
        my ($connection) = /connection=(\d+)/ or next;
        if (/ Connect .*export=["']*(\w+)/) {
            $exports{$connection} = $1;
        } elsif (/ \.\.\.(?:Write|Zero|Trim|Flush) id=(\d+) return=(-?\d+)/) {
            die "$requests{$connection, $1}{name}: failed\n" if $2;
            $requests{$connection, $1}{end} = $.;
        } elsif (/ (Write|Zero|Trim|Flush) id=(\d+)/) {
            my ($kind, $id) = (lc $1, $2);
            my $name = "$exports{$connection} $kind";
            $name .= sprintf ' %d %d', map { hex } $1, $2 if / offset=(0x\w+) count=(0x\w+)/;
            $name .= ' fua' if / fua=1/;
            $name .= ' may-trim' if $kind eq 'zero' && / trim=1/;
            $requests{$connection, $id} = begin (\%seen, $name, \%flushes);
        }
    }
}

sub read_write_log {
    my ($file) = @_;
    my (@events, %flushes);
    open my $in, '<', $file or die "$file: $!\n";
    while (<$in>) {
        chomp;
        if (/^done (\d+)(.*)/) {
            die "$events[$1]{name}: failed\n" if $2;
            $events[$1]{end} = $.;
        } elsif (! /^mark/) {
            $events[$. - 1] = begin (\%recorded, $_, \%flushes);
        }
    }
}

@ARGV == 2 or die "usage: compare-records.pl FILTER-LOG TEXT\n";
read_filter_log ($ARGV[0]);
read_write_log ($ARGV[1]);
my @wrong = ((map { "$_: not recorded\n" } grep { ! $recorded{$_} } keys %seen),
             (map { "$_: recorded and never requested\n" } grep { ! $seen{$_} } keys %recorded),
             (map { "$_->{name}: never ended\n" } grep { ! $_->{end} } values %seen, values %recorded));
die sort @wrong if @wrong;
my ($ordered, @operations) = (0, values %seen);
for my $first (@operations) {
    for my $second (grep { $first->{end} < $_->{begin} } @operations) {
        $ordered++;
        $recorded{$first->{name}}{end} < $recorded{$second->{name}}{begin}
            or die "$first->{name} was answered before $second->{name}, and is not recorded so\n";
    }
}
printf "%d operations agree, %d pairs of them in order\n", scalar @operations, $ordered;
