# SPDX-License-Identifier: BSD-3-Clause
plugin_LTLIBRARIES += \
	nbd-plugin/nbdkit-writelog-plugin.la \
	nbd-plugin/nbdkit-crashstate-plugin.la

plugin_cflags = $(AM_CFLAGS) $(NBDKIT_CFLAGS)
plugin_ldflags = $(AM_LDFLAGS) -module -avoid-version -shared -Wl,--version-script=$(srcdir)/nbd-plugin/plugin.syms
plugin_libs = log/liblog.la common/libcommon.la
EXTRA_DIST += nbd-plugin/plugin.syms

nbd_plugin_nbdkit_writelog_plugin_la_SOURCES = \
	nbd-plugin/exports.c nbd-plugin/exports.h \
	nbd-plugin/message.c \
	nbd-plugin/writelog.c
nbd_plugin_nbdkit_writelog_plugin_la_CFLAGS = $(plugin_cflags)
nbd_plugin_nbdkit_writelog_plugin_la_LDFLAGS = $(plugin_ldflags)
nbd_plugin_nbdkit_writelog_plugin_la_LIBADD = $(plugin_libs)

nbd_plugin_nbdkit_crashstate_plugin_la_SOURCES = \
	nbd-plugin/control.h \
	nbd-plugin/crashstate.c \
	nbd-plugin/exports.c nbd-plugin/exports.h \
	nbd-plugin/message.c \
	nbd-plugin/overlay.c nbd-plugin/overlay.h
nbd_plugin_nbdkit_crashstate_plugin_la_CFLAGS = $(plugin_cflags) $(XXHASH_CFLAGS)
nbd_plugin_nbdkit_crashstate_plugin_la_LDFLAGS = $(plugin_ldflags)
nbd_plugin_nbdkit_crashstate_plugin_la_LIBADD = $(plugin_libs)
