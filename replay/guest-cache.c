/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "common/text.h"
#include "common/workdir.h"
#include "replay/guest-cache.h"

struct kept {
  char *folder;
  char *key;                    /* what the extras are, and for which guests, or NULL if there are none */
  struct runner *runner;        /* or NULL */
};

void
kept_free (struct kept *kept)
{
  if (kept == NULL)
    return;
  runner_stop (kept->runner);
  workdir_remove (kept->folder);
  free_all (kept->folder, kept->key, kept);
}

struct kept *
kept_new (void)
{
  struct kept *kept = calloc (1, sizeof *kept);

  if (kept == NULL) {
    out_of_memory ();
    return NULL;
  }
  kept->folder = workdir_create ();
  if (kept->folder == NULL) {
    free (kept);
    return NULL;
  }
  return kept;
}

/* Forget what was kept, and write EXTRAS to FILE for guests of KEY, which is taken over. */
static int
change_extras (struct kept *kept, struct initramfs *extras, char *key, const char *file)
{
  runner_stop (kept->runner);
  kept->runner = NULL;
  free (kept->key);
  kept->key = NULL;
  if (initramfs_write (extras, file) == -1) {
    free (key);
    return -1;
  }
  kept->key = key;
  return 0;
}

/* What a guest depends on, as a text to free, or NULL. */
static char *
make_key (const char *image, const char *signature, uint64_t memory_bytes, const struct write_log *log)
{
  struct text_stream text;

  if (!text_begin (&text))
    return NULL;
  fprintf (text.file, "%s %s %" PRIu64, image, signature, memory_bytes);
  for (size_t i = 0; i < log->device_count; i++)
    fprintf (text.file, " %" PRIu64, log->device_sizes[i]);
  return text_end (&text);
}

int
kept_extras (struct kept *kept, struct initramfs *extras, const struct kernel *kernel, uint64_t memory_bytes,
             const struct write_log *log, char **file)
{
  CLEANUP_FREE char *signature = initramfs_signature (extras);
  char *key;

  if (signature == NULL)
    return -1;
  if (asprintf (file, "%s/extras", kept->folder) == -1
      || (key = make_key (kernel->image, signature, memory_bytes, log)) == NULL)
    return out_of_memory ();
  if (kept->key == NULL || strcmp (kept->key, key) != 0)
    return change_extras (kept, extras, key, *file);
  free (key);
  return 0;
}

struct runner *
kept_take (struct kept *kept)
{
  struct runner *runner = kept->runner;

  kept->runner = NULL;
  return runner;
}

const char *
kept_folder (const struct kept *kept)
{
  return kept->folder;
}

void
kept_give (struct kept *kept, struct runner *runner)
{
  if (runner)
    kept->runner = runner;
}
