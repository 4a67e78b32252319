/* SPDX-License-Identifier: BSD-3-Clause */
/* A log may come from a stranger.  What it names on this machine, a kernel's image, programs, files, is used only if
 * the command line says so: by --trust-log, or by naming the thing itself.  What it carries runs in the guest alone.
 */
#ifndef POWERCUT_REPLAY_TRUST_H
#define POWERCUT_REPLAY_TRUST_H

#include <stdbool.h>

#include "common/options.h"
#include "guest/initramfs/initramfs.h"
#include "guest/kernel/kernel.h"
#include "log/reader.h"

/* What the command line says. */
struct trust {
  bool all;                     /* --trust-log: what the log names and does not carry is taken from this machine */
  const char *kernel;           /* --kernel, or NULL */
  const char *check;            /* --check, or NULL */
  const struct option_texts *include;   /* --include: for --check */
  const char *confine;          /* --confine, or NULL */
};

/* Whether LOG's words are such that they can be asked of modprobe and the like, and what the command line says goes
 * with it.  Returns 0, or -1 after a message.
 */
extern int trust_check (const struct trust *trust, const struct write_log *log);

/* Where the programs of the checker are. */
enum checker_origin {
  CHECKER_NONE,                 /* there is no checker */
  CHECKER_HERE,                 /* on this machine */
  CHECKER_CARRIED,              /* in the log */
};

/* The checker of a replay of LOG: its shell command is in *command, NULL if there is none.  Returns an enum
 * checker_origin; or -1 after a message: its programs are not in the log, and nobody said that they may be taken from
 * here.
 */
extern int trust_find_checker (const struct trust *trust, const struct write_log *log, const char **command);

/* Add what that checker needs to the guest's INITRAMFS.  Returns 0, or -1 after a message. */
extern int trust_add_checker (const struct trust *trust, const struct write_log *log, struct initramfs *initramfs);

/* Add what assembling the disks of LOG needs, if something is made of them, to the guest's INITRAMFS, which has the
 * checker.  Returns 0, or -1 after a message: its programs are not in the log, and nobody said that they may be taken
 * from here.
 */
extern int trust_add_assembly (const struct trust *trust, const struct write_log *log, struct initramfs *initramfs);

/* Pack what a checker that is on this machine needs into FILE, for a log to carry.  Returns 0, or -1 after a message.
 */
extern int trust_pack_checker (const struct trust *trust, const struct write_log *log, const char *file);

/* The kernel to replay LOG on: that of --kernel; else, of those that are fetched or installed here, the one whose
 * release the log names, and if it names none the newest that has its file system.  Returns 0, or -1 after a message.
 */
extern int trust_find_kernel (const struct trust *trust, const struct write_log *log, struct kernel *kernel);

#endif
