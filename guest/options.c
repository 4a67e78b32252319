/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include "checker/observe/pages.h"
#include "common/message.h"
#include "guest/checker-there.h"
#include "guest/jobs.h"
#include "guest/options.h"

void
guest_options_add (struct option_table *table, struct guest_options *options)
{
  options_add (table, (const struct option_spec[]) {
    OPT_TEXT ("kernel", &options->kernel, "VERSION|FILE|DIR", "the guest's kernel [the recording's, else the newest]"),
    ACCEL_OPTION (&options->accel, "auto|kvm|tcg"),
    NO_SNAPSHOT_OPTION (&options->no_snapshot),
    OPT_TEXT ("check", &options->check, "CMD", "shell command that says what is right [the recording's]"),
    OPT_TEXTS ("include", &options->include, "FILE", "take FILE or folder into the guest; may be repeated"),
    OPT_TEXT ("confine", &options->confine, "DIR", "take files into the guest from DIR and the system alone"),
    OPT_FLAG ("pages", &options->pages, "tabulate what becomes of each page of the files"),
    OPT_SIZE ("page-size", &options->page_bytes, "N", "bytes of a page [the recording's, else 4K]", 512),
    OPT_SIZE ("memory", &options->memory_bytes, "SIZE",
              "memory of a guest [the recording's, else 256M]", GUEST_MEMORY_LEAST),
    OPT_SECONDS ("timeout", &options->timeout_seconds, "S",
                 "a command or a run that takes longer hangs [the recording's, else 60]", 1),
    OPT_FLAG ("quiet", &options->quiet, "print errors alone: no progress and no report"),
    OPT_FLAG ("verbose", &options->verbose, "list the files that are taken into the guest"),
    OPT_END
  });
}

enum accel
guest_options_accel (const struct guest_options *options)
{
  enum accel accel;

  return accel_parse (options->accel, &accel) == 0 ? accel : ACCEL_AUTO;
}

int
guest_options_check (const struct guest_options *options)
{
  const char *fault = options->page_bytes > 0 ? page_size_fault (options->page_bytes) : NULL;
  enum accel accel;

  if (fault) {
    error_message ("--page-size=%ju: %s", (uintmax_t) options->page_bytes, fault);
    return -1;
  }
  if (accel_parse (options->accel, &accel) == -1 || (options->check && checker_there (options->check, false) == -1))
    return -1;
  return jobs_check (1, options->memory_bytes);
}
