/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "common/message.h"
#include "log/derived.h"
#include "log/trims.h"

struct write_log *
log_open_derived (const struct write_log *log, const char *file)
{
  struct write_log *derived = write_log_open (file);
  char *name = derived ? strdup (log->path) : NULL;

  if (name == NULL) {
    if (derived)
      out_of_memory ();
    write_log_close (derived);
    return NULL;
  }
  free (derived->path);
  derived->path = name;
  if (log->trims_trusted)
    log_trust_trims (derived);
  return derived;
}
