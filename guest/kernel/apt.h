/* SPDX-License-Identifier: BSD-3-Clause */
/* Debian's packages without root and without the system's package lists: lists of our own in the cache.  apt reads
 * which mirrors the machine uses from the machine's own sources, whatever their format is.  What they offer counts as
 * far as Debian's archive keyring signed it; the keys that the machine trusts besides are not asked.
 */
#ifndef POWERCUT_GUEST_KERNEL_APT_H
#define POWERCUT_GUEST_KERNEL_APT_H

#include <stddef.h>

#include "common/words.h"

struct apt {
  char *config;                 /* path of apt's configuration */
  char *complaint;              /* apt's first one about the lists, or an empty text; there may be lists all the same */
};

/* Bring the lists up to date: those of SUITE (as trixie-backports) from whichever of the machine's mirrors has it, or
 * if SUITE is NULL those of all suites in the machine's sources.  Files are in $CACHE/apt; nobody else may use them
 * meanwhile.  Returns 0 and fills *APT, to be closed with apt_close, or returns -1 after a message.  No connection is
 * no failure: lists from before do.
 */
extern int apt_open (const char *suite, struct apt *apt);
extern void apt_close (struct apt *apt);

/* Lines `NAME - DESCRIPTION` of the packages whose names match the regular expression PATTERN, to free, or NULL after
 * a message.
 */
extern char *apt_search (const struct apt *apt, const char *pattern);

/* The suite that PACKAGE comes from, as the source names it, to free, or NULL after a message. */
extern char *apt_suite (const struct apt *apt, const char *package);

/* The newest version of PACKAGE, to free; an empty text if there is none, or NULL after a message. */
extern char *apt_version (const struct apt *apt, const char *package);

/* PACKAGE and all that it depends on, directly or not, whose name contains WORD: in *names, to be freed with
 * words_free.  What is not to be had is passed over.  Returns 0, or -1 after a message.
 */
extern int apt_parts (const struct apt *apt, const char *package, const char *word, struct words *names);

/* Download PACKAGE into the directory WORK and unpack it into WORK/unpacked.  Returns 0; 1 with the reason in *why, to
 * free, if that cannot be; or -1 after a message.
 */
extern int apt_unpack (const struct apt *apt, const char *package, const char *work, char **why);

#endif
