# SPDX-License-Identifier: BSD-3-Clause
# The man pages are made of POD: docs/NAME.pod becomes docs/NAME.SECTION.
man_MANS = \
	docs/nbdkit-crashstate-plugin.1 \
	docs/nbdkit-writelog-plugin.1 \
	docs/powercut-cases.7 \
	docs/powercut-log.5 \
	docs/powercut-workload.5 \
	docs/powercut.1 \
	docs/replay.1

pages_of_section_1 = $(man_MANS:.1=.pod)
pages_of_section_5 = $(pages_of_section_1:.5=.pod)
EXTRA_DIST += docs/ci-github.yml docs/ci.md docs/corpus.md
EXTRA_DIST += $(pages_of_section_5:.7=.pod) docs/hacking.md docs/disks.md docs/findings.md docs/matrix.md docs/pages.md docs/xfstests.md
EXTRA_DIST += docs/gallery.md docs/pictures docs/site/make-site.pl docs/site/picture.pl docs/site/style.css
CLEANFILES += $(man_MANS)

# README, the manual, these texts and the reports of what was found, as pages in site/.  Needs cmark-gfm.
site:
	$(AM_V_GEN)rm -rf site.new && $(srcdir)/docs/site/make-site.pl $(srcdir) site.new $(VERSION) && rm -rf site && mv site.new site
clean-local:
	rm -rf site site.new
.PHONY: site

# Under a temporary name first: an interrupted make leaves no half of a page that looks finished.
SUFFIXES = .pod .1 .5 .7
make_page = $(AM_V_GEN)$(MKDIR_P) $(@D) && page=$(@F) && \
	$(POD2MAN) --utf8 --errors=die --section=$${page\#\#*.} --name=$${page%.*} \
		--center=powercut --release=$(VERSION) $< $@.tmp && mv $@.tmp $@
.pod.1:
	$(make_page)
.pod.5:
	$(make_page)
.pod.7:
	$(make_page)
