#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The site: each page is there and can be reached from the first, no link is broken, nothing is loaded from elsewhere; and the sources of
# a broken one are refused.
. "${srcdir:?run the tests with make check}/tests/functions.sh" || exit 1
requires perl cmark-gfm xmllint

make_site=("$srcdir/docs/site/make-site.pl")
expect_status 0 "${make_site[@]}" "$srcdir" "$tmp/site" 1.2.3
grep -q 'powercut 1\.2\.3' "$tmp/site/index.html" || fail 'no version on the first page'

# faults SITE: a line for each link that leads nowhere, each page that no link leads to, and each request to elsewhere
faults ()
{
    perl -e '
        use strict; use warnings;
        chdir $ARGV[0] or die; my (%ids, %links, %seen);
        my @pages = map { s{^\./}{}r } split /\n/, `find . -name "*.html" | LC_ALL=C sort`;
        sub text { open my $in, "<", $_[0] or die "$_[0]: $!"; local $/; scalar <$in> }
        for my $page (@pages) {
            my $text = text($page);
            while ($text =~ / id="([^"]*)"/g) { print "$page: id $1 twice\n" if $ids{$page}{$1}++ }
            print "$page: $1\n" while $text =~ /(<(?:script|iframe|object|embed|base)\b[^>]*>|<meta http-equiv[^>]*>|\bon\w+="[^"]*"|\sstyle="[^"]*url[^"]*")/gi;
            while ($text =~ /<(\w+)[^>]*?\s(?:href|src|srcset|poster)="([^"]*)"/g) {
                my ($element, $link) = ($1, $2);
                if ($link =~ m{^(\w+:|//)}) {
                    print "$page: $element loads $link\n" if $element ne "a";
                } else {
                    push @{$links{$page}}, $link;
                }
            }
        }
        for my $file (split /\n/, `find . -name "*.css" -o -name "*.svg"`) {
            my $text = text($file);
            print "$file: loads $1\n" while $text =~ /(url\(|\@import|<image\b|<script\b|<foreignObject\b|\bhref="[^#])/g;
        }
        sub follow {
            my ($page) = @_;
            return if $seen{$page}++;
            for my $link (@{$links{$page}}) {
                my ($path, $id) = $link =~ /^([^#]*)#?(.*)$/;
                my $to = $path eq "" ? $page : ($page =~ s{[^/]*$}{}r) . $path;
                1 while $to =~ s{(^|/)(?!\.\./)[^/]+/\.\./}{$1};
                if (!-f $to) { print "$page: broken: $link\n"; next }
                next if $to !~ /\.html$/;
                print "$page: no such place: $link\n" if $id ne "" && !$ids{$to}{$id};
                follow($to);
            }
        }
        follow("index.html");
        $seen{$_} or print "$_: no link leads there\n" for @pages' "$1"
}

faults "$tmp/site" > "$tmp/faults"
[ ! -s "$tmp/faults" ] || { cat "$tmp/faults" >&2; fail 'the site has faults'; }
find "$tmp/site" \( -name '*.html' -o -name '*.svg' \) -exec xmllint --noout {} + 2> "$tmp/err" || fail "$(cat "$tmp/err")"
for page in "$srcdir"/docs/*.pod "$srcdir"/docs/*.md "$srcdir"/corpus/*/*/report.md; do
    [ -e "$page" ] || continue
    path=${page#"$srcdir"/}
    compgen -G "$tmp/site/${path%.*}*.html" > /dev/null || fail "no page of $path"
done

# What faults looks for it sees.
# spoiled TEXT: with TEXT before the end of the first page, there is a fault
spoiled ()
{
    rm -rf "$tmp/spoiled"
    cp -R "$tmp/site" "$tmp/spoiled"
    sed -i "s|</main>|$1</main>|" "$tmp/spoiled/index.html"
    faults "$tmp/spoiled" | grep -q . || fail "no fault is seen in $1"
}
spoiled '<a href="docs/nothing.html">x</a>'
spoiled '<a href="docs/ci.html#nothing">x</a>'
spoiled '<img src="https://example.org/a.png"/>'
spoiled '<script>1</script>'
spoiled '<p id="limits"/><p id="limits"/>'
rm -rf "$tmp/spoiled"
cp -R "$tmp/site" "$tmp/spoiled"
cp "$tmp/site/docs/ci.html" "$tmp/spoiled/docs/lonely.html"
faults "$tmp/spoiled" | grep -q 'lonely.html: no link' || fail 'a page that no link leads to is not seen'

# source LINE: small sources whose README has this line
source_with ()
{
    rm -rf "$tmp/source"
    mkdir -p "$tmp/source/docs/site"
    printf '# one\n\n## A part\n\n%s\n' "$1" > "$tmp/source/README.md"
    printf '# two\n' > "$tmp/source/docs/two.md"
    printf 'docs/three.1\n' > "$tmp/source/docs/local.mk"
    printf '=head1 NAME\n\nthree - L<three(1)>\n' > "$tmp/source/docs/three.pod"
    cp "$srcdir/docs/site/style.css" "$tmp/source/docs/site"
}
export TMPDIR=$tmp/empty
mkdir "$TMPDIR"
source_with 'See [two](docs/two.md), `docs/two.md`, three(1), four(1) and [here](#a-part), <b>.'
expect_status 0 "${make_site[@]}" "$tmp/source" "$tmp/small" 1
[ -z "$(faults "$tmp/small")" ] || fail "$(faults "$tmp/small")"
[ "$(grep -o 'href="docs/t[^"]*"' "$tmp/small/index.html" | sort | uniq -c | tr -s ' \n' ' ')" \
    = ' 2 href="docs/three.1.html" 3 href="docs/two.html" ' ] || fail "links: $(grep href "$tmp/small/index.html")"
# refuses TEXT LINE
refuses ()
{
    local status=0
    source_with "$2"
    "${make_site[@]}" "$tmp/source" "$tmp/small" 1 > "$tmp/out" 2> "$tmp/err" || status=$?
    [ $status != 0 ] || fail "taken: $2"
    expect_one_line "$tmp/err"
    grep -q "^make-site: README.md: $1" "$tmp/err" || fail "$(cat "$tmp/err")"
}
refuses 'docs/none.md: no such file' '[none](docs/none.md)'
refuses 'no #nothing' '[none](#nothing)'
refuses 'no #nothing' '[none](docs/two.md#nothing)'
refuses '../x leads out' '[none](../x)'
refuses 'docs: a directory without' '[none](docs)'
