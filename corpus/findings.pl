#!/usr/bin/perl
# SPDX-License-Identifier: BSD-3-Clause
# findings.pl [-d DIR] page                   print docs/findings.md, made of the findings in DIR [corpus/findings beside this]
# findings.pl [-d DIR] check                  does each finding have all that one needs, and does it agree with its case?
# findings.pl [-d DIR] where RESULTS.json...  put what `powercut corpus run --json` has seen into the reports' tables
#
# A finding is a case of the corpus (case.ini, with a workload or a command) with two files more:
#   report.md        what is to be sent: a title `PART: WHAT`, where PART is a file system, another part of the kernel or a program;
#                    then a summary, then the sections below, in this order.  The table of `Where it is seen` has the columns of
#                    `@columns` or, of a program, those and one for its version before them.
#   bundle.tar.zst   one state of it, made by `powercut bundle`, to see it again without recording; its id stands in the report.
use strict;
use warnings;
use File::Basename;
use JSON::PP;

my @sections = ('What is promised', 'How to see it', 'What is left', 'Why', 'Where it is seen', 'What is known of it');
my @columns = ('kernel', 'file system', 'outcome', 'crash states');

my $folder = dirname ($0) . '/findings';
if (@ARGV > 1 && $ARGV[0] eq '-d') {
    (undef, $folder) = splice @ARGV, 0, 2;
}
my ($verb, @results) = @ARGV;
die "usage: findings.pl [-d DIR] page|check|where RESULTS.json...\n"
    unless defined $verb && ($verb eq 'where' ? @results : $verb =~ /^(page|check)$/ && !@results);

sub slurp
{
    my ($path) = @_;
    open my $file, '<:raw', $path or die "$path: $!\n";
    local $/;
    return scalar <$file>;
}

# The report of the finding at PATH: its part and title, its summary, its sections by name, and the rows of its table.
sub read_report
{
    my ($path) = @_;
    my ($head, @parts) = split /^## (.*)\n/m, slurp ("$path/report.md");
    my ($part, $title, $summary) = $head =~ /\A# ([^:\n]+): (.+)\n\n(.+?)\n*\z/s
        or die "$path/report.md: does not begin with `# PART: WHAT` and a summary\n";
    my (%texts, @names);
    while (@parts) {
        my ($name, $text) = splice @parts, 0, 2;
        push @names, $name;
        $texts{$name} = $text;
    }
    die "$path/report.md: has the sections " . join (', ', @names) . ', not ' . join (', ', @sections) . "\n"
        unless join ("\n", @names) eq join ("\n", @sections);
    my ($header, undef, @rows) = map { s/^\| *| *\|$//gr } grep { /^\|/ } split /\n/, $texts{'Where it is seen'};
    my @header = split / *\| */, $header // '';
    die "$path/report.md: the table has no columns " . join (', ', @columns) . "\n"
        unless join ('|', @header) =~ /^([^|]+\|)?\Q@{[join '|', @columns]}\E$/;
    my $program = @header > @columns ? $header[0] : undef;
    my @table = map { my %row; @row{@header} = split / *\| */; \%row } @rows;
    return { path => $path, name => basename ($path), part => $part, title => $title, summary => $summary, texts => \%texts,
             header => \@header, program => $program, table => \@table };
}

# Is KERNEL the release that NAME (6.1, 7.2-uml) is the beginning of?
sub matches
{
    my ($kernel, $name) = @_;
    return $kernel =~ /^\Q$name\E(?![0-9])/;
}

# What the case of a finding expects of FILESYSTEM with KERNEL: fails, may fail, or right.
sub expected
{
    my ($case, $filesystem, $kernel) = @_;
    while ($case =~ /^\[(may-fail|fails) (\S+)(.*)\]$/mg) {
        my ($word, $name, @kernels) = ($1, $2, split ' ', $3);
        next unless $name eq $filesystem && (!@kernels || grep { matches ($kernel, $_) } @kernels);
        return $word eq 'fails' ? 'fails' : 'may fail';
    }
    return 'right';
}

sub is_wrong
{
    my ($row) = @_;
    return $row->{outcome} =~ /^\*\*/ ? 1 : 0;
}

# What is missing of a finding, or does not agree, a line each.
sub complaints
{
    my ($report) = @_;
    my ($path, $case) = ($report->{path}, slurp ("$report->{path}/case.ini"));
    my @complaints;

    push @complaints, "$path/report.md: `$_` says nothing" for grep { $report->{texts}{$_} !~ /\S/ } @sections;
    push @complaints, "$path/report.md: nothing is wrong in its table" unless grep { is_wrong ($_) } @{$report->{table}};
    for my $row (@{$report->{table}}) {
        my $expected = expected ($case, $row->{'file system'}, $row->{kernel});
        next if $expected eq 'may fail' || ($expected eq 'fails') == is_wrong ($row);
        push @complaints, "$path: the case says `$expected` of $row->{'file system'}, $row->{kernel}, the report `$row->{outcome}`";
    }
    my $state = `tar --zstd -xOf \Q$path\E/bundle.tar.zst state` =~ s/\s+\z//r;
    if ($? || $state eq '') {
        push @complaints, "$path/bundle.tar.zst: is no bundle";
    } elsif ($report->{texts}{'How to see it'} !~ /--state=\Q$state\E /) {
        push @complaints, "$path/report.md: the state of the bundle, $state, is not in `How to see it`";
    }
    return @complaints;
}

# A line of the page: what is wrong, where it was seen, and where it was not.
sub line
{
    my ($report) = @_;
    my @columns = map {
        my $wrong = $_;
        my (%seen, %version);
        for my $row (grep { is_wrong ($_) == $wrong } @{$report->{table}}) {
            my ($system, $version) = ($row->{'file system'}, $report->{program} ? $row->{$report->{program}} : '');
            # A version is said once for the kernels that it was seen on.
            my $on = $version eq ($version{$system} // '') ? '' : "$version on ";
            $version{$system} = $version;
            push @{$seen{$system}}, $on . ($row->{kernel} =~ s/-.*|\+.*//r);
        }
        join '; ', map { "$_ " . join ', ', @{$seen{$_}} } sort keys %seen;
    } 1, 0;
    my ($known) = $report->{texts}{'What is known of it'} =~ s/\s+/ /gr =~ /\A ?(.+?)\.?(?: (?<=\. )|\z)/;
    return "| [$report->{part}: $report->{title}](../corpus/findings/$report->{name}/report.md) | " . join (' | ', @columns)
        . " | $known |\n";
}

sub table
{
    my ($what, @reports) = @_;
    return join '', "| $what | seen with | right with | known |\n|---|---|---|---|\n", map { line ($_) } @reports;
}

sub page
{
    my @reports = @_;
    my @systems = grep { !$_->{program} } @reports;
    my @programs = grep { $_->{program} } @reports;
    my $kernels = keys %{{ map { map { $_->{kernel} => 1 } @{$_->{table}} } @reports }};

    print slurp ("$folder/introduction.md"), "\n";
    printf "%d findings in file systems and what is below them, %d in programs; %d kernels.\n\n", scalar @systems, scalar @programs, $kernels;
    print "## File systems, and what is below them\n\n", table ('finding', @systems) if @systems;
    print "\n## Programs\n\n", table ('finding', @programs), "\n", slurp ("$folder/programs.md") if @programs;
    print "\n", slurp ("$folder/right.md");
}

# What `corpus run` has seen, as rows of a report's table by their key.
sub row_of_cell
{
    my ($cell) = @_;
    my $result = $cell->{result} or return ();
    my $violation = $result->{violations}[0];
    my $what = $violation ? "$violation->{kind}: $violation->{detail}" : '';

    # The rule, or what is wrong: without the names and the numbers, which stand elsewhere in the report.  A checker's words are
    # all that there is.
    $what = $what =~ /^(check: .*)/ || $what =~ /^([a-z]+: [a-z-]+)/ ? "**$1**" : $what;
    die "$cell->{case}, $cell->{filesystem}, $cell->{kernel}: $cell->{outcome}: correct the case first\n"
        unless $cell->{outcome} =~ /^(pass|known)$/;
    return { kernel => $cell->{kernel}, 'file system' => $cell->{filesystem}, outcome => $what || 'right',
             'crash states' => $result->{crash_states} . ($result->{exhaustive} ? '' : ', not all seen') };
}

sub by_kernel
{
    my ($left, $right) = map { [$_->{kernel} =~ /([0-9]+)/g] } @_;
    for my $i (0 .. 2) {
        my $order = ($left->[$i] // 0) <=> ($right->[$i] // 0);
        return $order if $order;
    }
    return $_[0]{kernel} cmp $_[1]{kernel};
}

# The report with the rows of CELLS instead of those of the same kernel and file system.
sub with_cells
{
    my ($report, @cells) = @_;
    my %rows = map { ("$_->{'file system'} $_->{kernel}" => $_) } @{$report->{table}}, map { row_of_cell ($_) } @cells;
    my @rows = sort { $a->{'file system'} cmp $b->{'file system'} || by_kernel ($a, $b) } values %rows;
    my @header = @{$report->{header}};
    # A program's version is the last word of where its case comes from.
    if (defined $report->{program}) {
        my ($version) = slurp ("$report->{path}/case.ini") =~ /^origin = .* (\S+)$/m
            or die "$report->{path}/case.ini: origin does not end with a version\n";
        $_->{$report->{program}} = $version for @rows;
    }
    my $table = join '', map { "| $_ |\n" } join (' | ', @header), join ('|', map { '---' } @header) =~ s/^\||\|$//gr,
        map { my $row = $_; join ' | ', map { $row->{$_} } @header } @rows;

    $table =~ s/^\| (---.*---) \|$/|$1|/m;
    return slurp ("$report->{path}/report.md") =~ s/^\| *\Q$header[0]\E \|.*\n(?:\|.*\n)*/$table/mr;
}

my @reports = map { read_report ($_) } map { dirname ($_) } glob "$folder/*/report.md";
if ($verb eq 'page') {
    page (@reports);
} elsif ($verb eq 'check') {
    my @complaints = map { complaints ($_) } @reports;
    for my $case (glob "$folder/*/case.ini") {
        my $path = dirname ($case);
        push @complaints, "$path: has no report.md" unless -e "$path/report.md";
    }
    print STDERR map { "$_\n" } @complaints;
    exit (@complaints ? 1 : 0);
} else {
    my %cells;
    for my $cell (map { @{JSON::PP->new->decode (slurp ($_))->{cells}} } @results) {
        push @{$cells{basename ($cell->{case})}}, $cell if $cell->{outcome} ne 'n/a';
    }
    for my $report (@reports) {
        my $text = with_cells ($report, @{$cells{$report->{name}} // []});
        open my $file, '>:raw', "$report->{path}/report.md" or die "$report->{path}/report.md: $!\n";
        print $file $text;
        close $file or die "$report->{path}/report.md: $!\n";
    }
}
