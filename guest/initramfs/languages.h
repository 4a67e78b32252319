/* SPDX-License-Identifier: BSD-3-Clause */
/* The libraries of interpreters. */
#ifndef POWERCUT_GUEST_INITRAMFS_LANGUAGES_H
#define POWERCUT_GUEST_INITRAMFS_LANGUAGES_H

#include "guest/initramfs/entry.h"

/* Add the library of PROGRAM, the path (perhaps a link) of an interpreter of LANGUAGE, as far as it may be asked where
 * that is.  *real, to free, is the interpreter that PROGRAM starts if it is none itself, as of pyenv's, else NULL.
 * Returns 0, or -1 after a message.
 */
extern int initramfs_add_language (struct initramfs *initramfs, const char *program, enum language language,
                                   char **real);

#endif
