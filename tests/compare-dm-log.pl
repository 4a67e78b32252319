#!/usr/bin/perl
# SPDX-License-Identifier: BSD-3-Clause
# compare-dm-log.pl REPLAY LOG DMLOG WORKFILE [FROM]: a log of dm-log-writes or blklogwrites, read entry by entry from the
# description of the format, leaves the same device after every entry (from entry FROM on, 1 if it is not given) as LOG does at
# the same point, with what is in flight there left out.  LOG must have the same operations in the same order.
use strict;
use warnings;
no warnings qw(portable);        # numbers of 64 bits
use Digest::MD5 qw(md5_hex);

my ($replay, $log, $dm_log, $work, $from) = @ARGV;
$from //= 1;

sub slurp
{
    my ($path) = @_;
    open my $file, '<:raw', $path or die "$path: $!\n";
    local $/;
    return scalar <$file>;
}

# The entries: kind, where, how much, data.
my $bytes = slurp ($dm_log);
my ($magic, $version, $count, $sector_size) = unpack 'Q< Q< Q< L<', $bytes;
die "$dm_log: no super block\n" unless $magic == 0x6a736677736872 && $version == 1;
my ($at, @entries) = ($sector_size);
for my $number (1 .. $count) {
    my ($sector, $sectors, $flags, $length) = unpack 'Q< Q< Q< Q<', substr ($bytes, $at, 32);
    my ($offset, $size) = ($sector * $sector_size, $sectors * $sector_size);

    push @entries, { kind => 'mark', text => substr ($bytes, $at + 32, $length) } if $flags & 8;
    push @entries, { kind => 'flush' } if $flags & 1;
    $at += $sector_size;
    next if !$sectors;
    push @entries, { kind => 'write', offset => $offset, size => $size, fua => $flags & 2,
                     data => $flags & 4 ? "\0" x $size : substr ($bytes, $at, $size) };
    $at += $size unless $flags & 4;
}

# The events that such a log has, too: completions and marks but powercut's own, each with its state.
my ($size, @events, %issued);
open my $list, '-|', $replay, '--list', $log or die "$replay: $!\n";
while (<$list>) {
    $size = $1 if /^device 0: (\d+) bytes/;
    if (/^ *(\d+) +[\d.]+ +\d+ (write|zero|trim) +(\d+) +(\d+)( FUA)?/) {
        $issued{$1} = { kind => 'write', offset => $3, size => $4, fua => $5 ? 2 : 0 };
    }
    elsif (/^ *(\d+) +[\d.]+ +\d+ flush/) {
        $issued{$1} = { kind => 'flush' };
    }
    elsif (/^ *(\d+) +[\d.]+ +\d+ done +of (\d+)$/) {
        my $event = delete $issued{$2};
        my @flying = map { ",-$_" } grep { $issued{$_}{kind} eq 'write' } sort { $a <=> $b } keys %issued;
        $event->{state} = "$1:" . substr (join ('', @flying) || ',', 1);
        push @events, $event;
    }
    elsif (/^ *(\d+) +[\d.]+ +mark ++((?!powercut:).*)/) {
        push @events, { kind => 'mark', text => $2 };
    }
}
close $list or die "$replay --list failed\n";
shift @events if $events[0]{kind} eq 'mark' && $entries[0]{kind} ne 'mark';   # `base`, of the import

my ($image, $number, $compared) = ("\0" x $size, 0, 0);
for my $entry (@entries) {
    my $event = shift @events or die "entry $number and $log has no more events\n";

    $number++;
    for my $field (qw(kind offset size fua)) {
        next unless defined $entry->{$field} || defined $event->{$field};
        die "entry $number: $field is $entry->{$field} and in $log $event->{$field}\n" if $entry->{$field} ne $event->{$field};
    }
    if ($entry->{kind} eq 'mark') {
        die "entry $number: mark $entry->{text} and in $log $event->{text}\n"
            unless $event->{text} =~ /^(begin |commit )?\Q$entry->{text}\E$/;
        next;
    }
    substr ($image, $entry->{offset}, $entry->{size}) = $entry->{data} if $entry->{kind} eq 'write';
    next if $number < $from;
    $event->{state} =~ s/:$//;
    system ($replay, "--state=$event->{state}", "--export=$work", $log) == 0 or die "no state $event->{state}\n";
    md5_hex (slurp ($work)) eq md5_hex ($image) or die "entry $number: not what state $event->{state} of $log is\n";
    $compared++;
}
die "$log has events that $dm_log has not\n" if @events;
die "nothing was compared\n" unless $compared;
print "$number entries, $compared states are the same\n";
