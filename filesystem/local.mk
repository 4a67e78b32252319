# SPDX-License-Identifier: BSD-3-Clause
# A row for each file system.  The agent, which is static, compiles it itself.
noinst_LTLIBRARIES += filesystem/libfilesystem.la
filesystem_libfilesystem_la_SOURCES = \
	filesystem/filesystem.c filesystem/filesystem.h filesystem/fsck.c filesystem/fsck.h \
	filesystem/rules.c filesystem/rules.h
