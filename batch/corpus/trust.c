/* SPDX-License-Identifier: BSD-3-Clause */
/* Cases may come from strangers.  What a guest takes from this machine for one is confined to the case's own folder and
 * to the system's programs when it is recorded (--confine); what is read before that is held here.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "batch/corpus/corpus.h"
#include "common/cleanup.h"
#include "common/message.h"

int
corpus_check_inside (const struct corpus *corpus, const char *case_path, const char *path)
{
  CLEANUP_FREE char *folder = realpath (case_path, NULL), *real = path ? realpath (path, NULL) : NULL;
  const size_t length = folder ? strlen (folder) : 0;

  if (corpus->trusted || path == NULL)
    return 0;
  if (folder && real && strncmp (real, folder, length) == 0 && (real[length] == '/' || real[length] == '\0'))
    return 0;
  if (folder == NULL || real == NULL)
    error_message ("%s: %m", folder ? path : case_path);
  else
    error_message ("%s: leads out of the case, to %s: `corpus run --trust-cases` lets it,"
                   " if you know where the case comes from", path, real);
  return -1;
}

/* Whether PATH, if it is not NULL, is a file that can be read without waiting, and has an end. */
static int
check_regular (const char *path)
{
  struct stat status;

  if (path == NULL || (stat (path, &status) == 0 && S_ISREG (status.st_mode)))
    return 0;
  error_message ("%s: is no regular file", path);
  return -1;
}

int
corpus_check_cases (const struct corpus *corpus)
{
  for (size_t i = 0; i < corpus->case_count; i++) {
    const struct corpus_case *corpus_case = &corpus->cases[i];
    const char *const paths[] = { corpus_case->workload, corpus_case->log, corpus_case->initial };

    for (size_t j = 0; j < sizeof paths / sizeof paths[0]; j++)
      if (corpus_check_inside (corpus, corpus_case->path, paths[j]) == -1)
        return -1;
    if (check_regular (corpus_case->workload) == -1 || check_regular (corpus_case->log) == -1)
      return -1;
  }
  return 0;
}
