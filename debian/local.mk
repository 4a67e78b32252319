# SPDX-License-Identifier: BSD-3-Clause
# The Debian packages, and how they are tried.
EXTRA_DIST += \
	debian/changelog debian/check-packages debian/control debian/copyright debian/nbdkit-plugin-powercut.install \
	debian/not-installed debian/powercut.docs debian/powercut.examples debian/powercut.install \
	debian/powercut.lintian-overrides debian/rules debian/source/format debian/tests/control debian/tests/demo

# In roots of Debian 12 and 13, which are kept in packages/.  Needs root, debootstrap and Debian's archive.
check-packages: dist
	$(srcdir)/debian/check-packages $(distdir).tar.xz packages
.PHONY: check-packages
