/* SPDX-License-Identifier: BSD-3-Clause */
/* What a recording and a replay have in common on the command line: the guest, and what is asked of it. */
#ifndef POWERCUT_GUEST_OPTIONS_H
#define POWERCUT_GUEST_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/options.h"
#include "guest/accel.h"

#define GUEST_MEMORY_DEFAULT (UINT64_C (256) << 20)
#define GUEST_MEMORY_LEAST (UINT64_C (64) << 20)
#define GUEST_TIMEOUT_DEFAULT 60

struct guest_options {
  const char *kernel;           /* as for guest_kernel_find, or NULL */
  const char *accel;            /* as for accel_parse, or NULL */
  const char *check;            /* shell command that says what is right after a crash, or NULL */
  struct option_texts include;  /* files of the host that the guest needs too */
  const char *confine;          /* folder from which alone, besides the system's, files are taken; or NULL */
  uint64_t memory_bytes;        /* 0: not given */
  uint64_t timeout_seconds;     /* most time for one command, or for one run; 0: not given */
  bool pages;                   /* tabulate pages */
  uint64_t page_bytes;          /* of a page; 0: not given */
  bool quiet;                   /* print errors alone */
  bool verbose;                 /* list what is taken into the guest */
  bool no_snapshot;             /* boot each guest */
};

/* Add the options' rows to TABLE; OPTIONS must be there when it is parsed. */
extern void guest_options_add (struct option_table *table, struct guest_options *options);

/* What --accel of checked OPTIONS says. */
extern enum accel guest_options_accel (const struct guest_options *options);

/* Can what was given be?  Returns 0, or -1 after a message. */
extern int guest_options_check (const struct guest_options *options);

#endif
