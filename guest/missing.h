/* SPDX-License-Identifier: BSD-3-Clause */
/* Why a program could not do its work in the guest: it found something missing that the host has. */
#ifndef POWERCUT_GUEST_MISSING_H
#define POWERCUT_GUEST_MISSING_H

/* What the text OUTPUT, by which a program in the guest complains, says is missing there, and what brings it: one line
 * about the first few things, to free; NULL if it says no such thing.  Only the names are taken from it.
 */
extern char *missing_hint (const char *output);

#endif
