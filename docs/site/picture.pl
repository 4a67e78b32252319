#!/usr/bin/perl
# SPDX-License-Identifier: BSD-3-Clause
# A picture of a report, as SVG that stands alone, light or dark as the reader has it:
#
#     picture.pl REPORT.html LABEL [NUMBER] > PICTURE.svg
#
# LABEL is what the report calls the picture ("The state" or "Timeline"; its beginning is enough), NUMBER which of them: 1.  Below it
# stands what its colours mean.
use strict;
use warnings;

my ($path, $label, $number) = @ARGV;
defined $label or die "usage: picture.pl REPORT.html LABEL [NUMBER] > PICTURE.svg\n";
open my $in, '<:encoding(UTF-8)', $path or die "picture: $path: $!\n";
my $report = do { local $/; <$in> };
my @found;
push @found, [$1, $2, $3]
    while $report =~ m{<ul class="key">\n((?:(?!</ul>).)*)</ul>\s*<div class="wide">\s*<svg class="chart"[^>]*aria-label="(\Q$label\E[^"]*)">(.*?)</svg>}gs;
my $picture = $found[($number // 1) - 1] or die "picture: $path: no such picture: $label\n";
my ($keys, $title, $drawing) = @$picture;

# Links would lead into the report.  What they show when they are followed goes, too.
$drawing =~ s{<g class="at"[^>]*>.*?</g>\n?}{}gs;
$drawing =~ s{</?a\b[^>]*>}{}g;
$drawing =~ s{<title>.*?</title>}{}gs;

# Colours and what is drawn with them, of the report.
my ($style) = $report =~ m{<style>(.*?)</style>}s;
my @variables = $style =~ /^(?:  )?:root \{ (?:color-scheme: light dark; )?((?:[^}]|\n)*?)\s*\}/gm;
@variables == 4 or die "picture: $path: " . @variables . " lists of colours\n";
s/\s*\n\s*/ /g for @variables;
my @rules = grep { !/:target|min-width|overflow|cursor|\.at\b/ } $style =~ /((?:\.chart|\.raster)[^{}]*\{[^{}]*\})/g;

# Where the drawing ends, its key begins.
my $x = 84;
my $entries = '';
my $y = 424;
while ($keys =~ m{background: var\(--([\w-]+)\)"></i>(.*?)</li>}g) {
    my ($colour, $text) = ($1, $2);
    my $width = 34 + 9.2 * length $text;
    if ($x + $width > 1190) { $x = 84; $y += 26 }
    $entries .= sprintf qq{<rect x="%d" y="%d" width="14" height="14" rx="3" style="fill: var(--%s)"/><text class="key" x="%d" y="%d">%s</text>\n},
        $x, $y - 12, $colour, $x + 20, $y, $text;
    $x += $width;
}
my $height = $y + 16;
print <<"END";
<svg class="chart" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1200 $height" role="img" aria-label="$title">
<style>
:root { $variables[0]; $variables[2] }
\@media (prefers-color-scheme: dark) { :root { $variables[1]; $variables[3] } }
.chart { font: 14px system-ui, sans-serif; fill: var(--ink) } .paper { fill: var(--paper) } .key { font-size: 17px }
@{[join "\n", @rules]}
</style>
<rect class="paper" width="1200" height="$height"/>$drawing$entries</svg>
END
