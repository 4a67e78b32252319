/* SPDX-License-Identifier: BSD-3-Clause */
/* Cases may come from strangers.  What a guest takes from this machine for one is confined to the case's own folder and to the
 * system's programs when it is recorded (--confine); what is read before that is held here.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "record/corpus.h"

/* Whether PATH, if it is not NULL, is in the folder of CORPUS_CASE behind all symbolic links, or the case itself. */
static int
check_inside (const struct corpus_case *corpus_case, const char *path)
{
  CLEANUP_FREE char *folder = realpath (corpus_case->path, NULL), *real = path ? realpath (path, NULL) : NULL;
  size_t length = folder ? strlen (folder) : 0;

  if (path == NULL || (folder && real && strncmp (real, folder, length) == 0 && (real[length] == '/' || real[length] == '\0')))
    return 0;
  if (folder == NULL || real == NULL)
    error_message ("%s: %m", folder ? path : corpus_case->path);
  else
    error_message ("%s: leads out of the case, to %s: --trust-cases lets it, if you know where the case comes from", path, real);
  return -1;
}

int
corpus_check_cases (const struct corpus *corpus)
{
  for (size_t i = 0; i < corpus->case_count && !corpus->trusted; i++) {
    const struct corpus_case *corpus_case = &corpus->cases[i];

    if (check_inside (corpus_case, corpus_case->workload) == -1 || check_inside (corpus_case, corpus_case->log) == -1
        || check_inside (corpus_case, corpus_case->initial) == -1)
      return -1;
  }
  return 0;
}
