#!/usr/bin/perl
# SPDX-License-Identifier: BSD-3-Clause
# README, the manual, docs/*.md and the reports of findings (corpus/*/NAME/report.md) as plain static HTML:
#
#     make-site.pl SOURCE SITE VERSION
#
# Each page of the sources, PATH.md, is SITE/PATH.html; README.md is index.html, and docs/NAME.pod is docs/NAME.SECTION.html.  What
# pages link to or show is copied beside them.  A link to what is not there ends it with one line.  Nothing is loaded from elsewhere.
use strict;
use warnings;
use File::Basename qw(basename dirname);
use File::Copy qw(copy);
use File::Path qw(make_path);
use File::Spec::Functions qw(abs2rel rel2abs);

my ($source, $site, $version) = @ARGV;
die "usage: make-site.pl SOURCE SITE VERSION\n" unless defined $version;

$site = rel2abs($site);

sub refuse { die "make-site: $_[0]\n" }

sub slurp {
    my ($path) = @_;
    open my $in, '<:encoding(UTF-8)', $path or refuse("$path: $!");
    local $/;
    return scalar <$in>;
}

sub escaped {
    my ($text) = @_;
    my %entity = ('&' => '&amp;', '<' => '&lt;', '>' => '&gt;', '"' => '&quot;');
    $text =~ s/([&<>"])/$entity{$1}/g;
    return $text;
}

# The pages: where each comes from -> where it is in the site.
my %page = ('README.md' => 'index.html');
my %manual;                     # powercut(1) -> docs/powercut.1.html
chdir $source or refuse("$source: $!");
for my $path (glob('docs/*.md'), glob('corpus/*/*/report.md')) {
    ($page{$path} = $path) =~ s/\.md$/.html/;
}
for my $path (glob 'docs/*.pod') {
    my $name = basename($path, '.pod');
    my ($section) = slurp('docs/local.mk') =~ m{docs/\Q$name\E\.(\d)\b} or refuse("$path: docs/local.mk does not say its section");
    $page{$path} = $manual{"$name($section)"} = "docs/$name.$section.html";
}

my %asked;                      # page of the site -> [[who links there, #fragment]...]
my %copied;

# The link from the page FROM to TO, a path of the site.
sub way {
    my ($from, $to) = @_;
    return abs2rel("/$to", '/' . dirname($from));
}

# What stands in a link or a picture of the source page FROM, as the site has it.
sub resolved {
    my ($from, $link) = @_;
    return $link if $link =~ m{^(https?|mailto):};
    my ($path, $fragment) = $link =~ /^([^#]*)(#.*)?$/;
    $fragment //= '';
    my $target = $path eq '' ? $from : $path =~ m{^/} ? refuse("$from: $link is no relative link") : dirname($from) . "/$path";
    my @parts;
    for my $part (split m{/}, $target) {
        next if $part eq '.' or $part eq '';
        if ($part eq '..') { @parts or refuse("$from: $link leads out of the sources"); pop @parts } else { push @parts, $part }
    }
    $target = join '/', @parts;
    if (-d $target) {
        my ($inside) = grep { $page{$_} } "$target/report.md", "$target/README.md";
        $target = $inside // refuse("$from: $link: a directory without a page");
    }
    my $there = $page{$target};
    if (!$there) {
        -f $target or refuse("$from: $link: no such file");
        $copied{$there = $target} = 1;
    }
    push @{$asked{$there}}, [$from, $fragment];
    return ($path eq '' ? '' : way($page{$from}, $there)) . $fragment;
}

# GitHub's names of headings, so that the same links work there.
sub with_heading_ids {
    my ($html) = @_;
    my %seen;
    $html =~ s{<h([1-6])>(.*?)</h\1>}{
        my ($level, $text) = ($1, $2);
        (my $id = lc $text) =~ s/<[^>]*>//g;
        $id =~ s/&[a-z]+;//g; $id =~ s/[^\w\- ]//g; $id =~ s/ /-/g;
        my $again = $seen{$id}++;
        $id .= "-$again" if $again;
        qq{<h$level id="$id">$text</h$level>} }gse;
    return $html;
}

# Pages of the manual and of docs/ that the text of FROM names are links, except in programs and in links.
sub with_references {
    my ($from, $html) = @_;
    my ($out, %open) = ('');
    for my $part (split /(<[^>]*>)/, $html) {
        if ($part =~ m{^<(/?)(\w+)}) {
            $open{$2} += $1 ? -1 : 1 unless $part =~ m{/>$};
        } elsif (!$open{a} && !$open{pre} && !$open{h1}) {
            $part =~ s{([\w-]+\(\d\))}{ $manual{$1} && $manual{$1} ne $page{$from} ? link_to($from, $manual{$1}, $1) : $1 }ge;
            $part =~ s{^((?:docs/)[\w-]+\.md)$}{ $page{$1} && $1 ne $from ? link_to($from, $page{$1}, $1) : $1 }e if $open{code};
        }
        $out .= $part;
    }
    return $out;
}

sub link_to {
    my ($from, $to, $text) = @_;
    push @{$asked{$to}}, [$from, ''];
    return sprintf '<a href="%s">%s</a>', escaped(way($page{$from}, $to)), $text;
}

sub of_markdown {
    my ($path) = @_;
    open my $in, '-|:encoding(UTF-8)', 'cmark-gfm', '-e', 'table', '-e', 'autolink', $path
        or refuse("cmark-gfm: $!: install the package cmark-gfm");
    my $html = do { local $/; <$in> };
    close $in or refuse("$path: cmark-gfm failed");
    $html =~ s{(<(?:a href|img src)=")([^"]*)(")}{ my ($before, $link, $after) = ($1, $2, $3);
        $link =~ s/&amp;/&/g; $before . escaped(resolved($path, $link)) . $after }ge;
    return with_heading_ids($html);
}

{
    package Manual;
    use parent 'Pod::Simple::XHTML';
    # Pages that are not here have no link.
    sub resolve_man_page_link {
        my ($self, $to, $section) = @_;
        my $there = $manual{$to} or return undef;
        push @{$asked{$there}}, [$self->{powercut_page}, ''];
        return main::way($page{$self->{powercut_page}}, $there) . (defined $section ? '#' . $self->idify($self->encode_entities($section), 1) : '');
    }
}

sub of_pod {
    my ($path) = @_;
    my $pod = Manual->new;
    my $html = '';
    $pod->{powercut_page} = $path;
    $pod->html_header('');
    $pod->html_footer('');
    $pod->index(1);
    $pod->html_encode_chars('&<>">');
    $pod->output_string(\$html);
    $pod->parse_file($path);
    utf8::decode($html) unless utf8::is_utf8($html);
    my $title = $page{$path} =~ m{([^/]*)\.(\d)\.html$} ? "$1($2)" : $path;
    return "<h1>" . escaped($title) . "</h1>\n$html";
}

my @navigation = (
    ['README.md', 'powercut'], ['docs/findings.md', 'Findings'], ['docs/gallery.md', 'Gallery'], ['docs/powercut.pod', 'Manual'],
    ['docs/ci.md', 'In a build'], ['docs/hacking.md', 'Hacking']);

sub navigation {
    my ($from) = @_;
    return join "\n", map {
        my ($path, $text) = @$_;
        !$page{$path} ? () : $path eq $from ? qq{<span aria-current="page">$text</span>} : link_to($from, $page{$path}, $text)
    } @navigation;
}

# All pages, so that each can be reached.
sub contents {
    my ($from) = @_;
    my @manual = map { [$_, $page{$_} =~ m{([^/]*)\.(\d)\.html$} ? "$1($2)" : $_] } grep { /\.pod$/ } sort keys %page;
    my @texts = map { [$_, slurp($_) =~ /^# (.*)/m ? $1 : $_] } grep { m{^docs/.*\.md$} } sort keys %page;
    my $html = '';
    for my $list (['Manual', @manual], ['More', @texts]) {
        my ($name, @entries) = @$list;
        $html .= "<nav>\n<b>$name</b>\n<ul>\n"
            . join('', map { '<li>' . link_to($from, $page{$_->[0]}, escaped($_->[1])) . "</li>\n" } @entries) . "</ul>\n</nav>\n";
    }
    return $html;
}

sub put {
    my ($path, $text) = @_;
    make_path(dirname("$site/$path"));
    open my $out, '>:encoding(UTF-8)', "$site/$path" or refuse("$site/$path: $!");
    print $out $text;
    close $out or refuse("$site/$path: $!");
}

my (%body, %ids);
for my $path (sort keys %page) {
    my $html = $path =~ /\.pod$/ ? of_pod($path) : of_markdown($path);
    $html = with_references($path, $html);
    $html =~ s{<table>}{<div class="wide">\n<table>}g;
    $html =~ s{</table>}{</table>\n</div>}g;
    $html =~ s{<p>(<img [^>]*>)</p>}{<div class="wide">$1</div>}g;
    $body{$path} = $html;
    $ids{$page{$path}}{$1} = 1 while $html =~ / id="([^"]*)"/g;
}
for my $path (sort keys %page) {
    my ($title) = $body{$path} =~ m{<h1[^>]*>(.*?)</h1>}s or refuse("$path: no title");
    $title =~ s/<[^>]*>//g;
    my $style = way($page{$path}, 'style.css');
    my $top = navigation($path);
    my $bottom = $path eq 'README.md' ? contents($path) : '';
    put($page{$path}, <<"END");
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<title>$title</title>
<link rel="stylesheet" href="$style"/>
</head>
<body>
<header>
$top
</header>
<main>
$body{$path}
</main>
<footer>
${bottom}<p>powercut $version</p>
</footer>
</body>
</html>
END
}
for my $path (keys %copied) {
    make_path(dirname("$site/$path"));
    copy($path, "$site/$path") or refuse("$path: $!");
}
put('style.css', slurp('docs/site/style.css'));

for my $there (sort keys %asked) {
    for my $asked (@{$asked{$there}}) {
        my ($from, $fragment) = @$asked;
        $fragment eq '' || !$ids{$there} || $ids{$there}{substr $fragment, 1} or refuse("$from: no $fragment in $there");
    }
}
printf "%d pages\n", scalar keys %page;
