# SPDX-License-Identifier: BSD-3-Clause
# What the plugins and those who speak to them have in common.
noinst_LTLIBRARIES += nbd-plugin/libcontrol.la
nbd_plugin_libcontrol_la_SOURCES = \
	nbd-plugin/crashstate-control.c nbd-plugin/crashstate-control.h \
	nbd-plugin/hold.c nbd-plugin/hold.h nbd-plugin/pace.c nbd-plugin/pace.h \
	nbd-plugin/parameters.c nbd-plugin/parameters.h \
	nbd-plugin/writelog-control.c nbd-plugin/writelog-control.h

plugin_LTLIBRARIES += \
	nbd-plugin/nbdkit-writelog-plugin.la \
	nbd-plugin/nbdkit-crashstate-plugin.la

plugin_cflags = $(AM_CFLAGS) $(NBDKIT_CFLAGS)
plugin_ldflags = $(AM_LDFLAGS) -module -avoid-version -shared -Wl,--version-script=$(srcdir)/nbd-plugin/plugin.syms
plugin_libs = nbd-plugin/libcontrol.la log/liblog.la common/libcommon.la
EXTRA_DIST += nbd-plugin/plugin.syms

nbd_plugin_nbdkit_writelog_plugin_la_SOURCES = \
	nbd-plugin/exports.c nbd-plugin/exports.h \
	nbd-plugin/busy.c nbd-plugin/busy.h nbd-plugin/late-device.c nbd-plugin/late-device.h \
	nbd-plugin/logged-devices.c nbd-plugin/logged-devices.h \
	nbd-plugin/message.c nbd-plugin/paths.c nbd-plugin/paths.h \
	nbd-plugin/sector-map.c nbd-plugin/sector-map.h \
	nbd-plugin/writelog.c
nbd_plugin_nbdkit_writelog_plugin_la_CFLAGS = $(plugin_cflags)
nbd_plugin_nbdkit_writelog_plugin_la_LDFLAGS = $(plugin_ldflags)
nbd_plugin_nbdkit_writelog_plugin_la_LIBADD = $(plugin_libs)

nbd_plugin_nbdkit_crashstate_plugin_la_SOURCES = \
	nbd-plugin/crashstate.c \
	nbd-plugin/direct-disk.c nbd-plugin/direct-disk.h \
	nbd-plugin/exports.c nbd-plugin/exports.h \
	nbd-plugin/message.c \
	nbd-plugin/overlay.c nbd-plugin/overlay.h \
	nbd-plugin/run-io.c nbd-plugin/run-io.h
nbd_plugin_nbdkit_crashstate_plugin_la_CFLAGS = $(plugin_cflags) $(XXHASH_CFLAGS)
nbd_plugin_nbdkit_crashstate_plugin_la_LDFLAGS = $(plugin_ldflags)
nbd_plugin_nbdkit_crashstate_plugin_la_LIBADD = vhost/libvhost.la $(plugin_libs)
