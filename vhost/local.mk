# SPDX-License-Identifier: BSD-3-Clause
noinst_LTLIBRARIES += vhost/libvhost.la
vhost_libvhost_la_SOURCES = \
	vhost/blk.c vhost/blk.h vhost/connection.c vhost/connection.h vhost/console.c vhost/console.h vhost/memory.c vhost/memory.h \
	vhost/message.c vhost/message.h vhost/queue.c vhost/queue.h vhost/segments.c vhost/segments.h \
	vhost/serve.c vhost/server.c vhost/vhost.h
