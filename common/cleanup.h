/* SPDX-License-Identifier: BSD-3-Clause */
/* Attributes that release a local variable's resource when it leaves its scope. */
#ifndef POWERCUT_COMMON_CLEANUP_H
#define POWERCUT_COMMON_CLEANUP_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline void
cleanup_free (void *pointer)
{
  free (*(void **) pointer);
}

static inline void
cleanup_close (int *fd)
{
  if (*fd >= 0)
    close (*fd);
}

static inline void
cleanup_fclose (FILE **file)
{
  if (*file)
    fclose (*file);
}

/* Unused, for a compiler: some are there only to be released. */
#define CLEANUP_FREE __attribute__ ((unused, cleanup (cleanup_free)))
#define CLEANUP_CLOSE __attribute__ ((unused, cleanup (cleanup_close)))
#define CLEANUP_FCLOSE __attribute__ ((unused, cleanup (cleanup_fclose)))

#endif
