# SPDX-License-Identifier: BSD-3-Clause
# One update in several ways: an ordinary program of the host, dynamically linked.
noinst_PROGRAMS += corpus/atomic-update/atomic-update
corpus_atomic_update_atomic_update_SOURCES = corpus/atomic-update/atomic-update.c corpus/program.h
corpus_atomic_update_atomic_update_LDADD =
EXTRA_DIST += \
	corpus/databases/append-check.sh corpus/databases/append.sh \
	corpus/databases/git-check.sh corpus/databases/git-commits.sh \
	corpus/databases/lmdb-check.sh corpus/databases/lmdb-transactions.sh \
	corpus/databases/sqlite-check.sh corpus/databases/sqlite-transactions.sh \
	corpus/system-updates/seed.sh corpus/system-updates/slots.sh corpus/system-updates/snapshot.sh

# Three hundred creations, renames and removals with one sync.
noinst_PROGRAMS += corpus/many-files/many-files
corpus_many_files_many_files_SOURCES = corpus/many-files/many-files.c corpus/program.h
corpus_many_files_many_files_LDADD =

# The updates of `powercut matrix`.
pkglibexec_PROGRAMS += corpus/update-protocols/update-protocols
corpus_update_protocols_update_protocols_SOURCES = corpus/update-protocols/update-protocols.c corpus/program.h
corpus_update_protocols_update_protocols_LDADD =

# The cases of `powercut corpus`, and what was found with it: whatever is in the folders is distributed and installed.
corpora = cases findings programs
EXTRA_DIST += corpus/cases corpus/findings corpus/programs corpus/findings.pl
install-data-local:
	$(MKDIR_P) $(DESTDIR)$(pkgdatadir)
	for corpus in $(corpora); do \
		rm -rf $(DESTDIR)$(pkgdatadir)/$$corpus && \
		cp -R $(srcdir)/corpus/$$corpus $(DESTDIR)$(pkgdatadir)/$$corpus && \
		chmod -R u+w $(DESTDIR)$(pkgdatadir)/$$corpus || exit 1; \
	done
uninstall-local:
	for corpus in $(corpora); do rm -rf $(DESTDIR)$(pkgdatadir)/$$corpus; done

# The updates of docs/pages.md.
noinst_PROGRAMS += corpus/pages/page-updates
corpus_pages_page_updates_SOURCES = corpus/pages/page-updates.c corpus/program.h
corpus_pages_page_updates_LDADD =
EXTRA_DIST += corpus/pages/tabulate.sh

# What `powercut corpus run` has written, as in docs/corpus.md.
EXTRA_DIST += corpus/tabulate.sh
