/* SPDX-License-Identifier: BSD-3-Clause */
/* What is released: of a structure all at once, and a local variable's resource when it leaves its scope. */
#ifndef POWERCUT_COMMON_CLEANUP_H
#define POWERCUT_COMMON_CLEANUP_H

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline void
free_pointers (void *const *pointers, size_t count)
{
  for (size_t i = 0; i < count; i++)
    free (pointers[i]);
}

/* Free each of these pointers, the last one last; any of them may be NULL. */
#define free_all(...) \
  free_pointers ((void *const []) { __VA_ARGS__ }, sizeof ((void *const []) { __VA_ARGS__ }) / sizeof (void *))

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
