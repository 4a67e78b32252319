/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checker/persistence/persistence.h"
#include "checker/workload/jlang.h"
#include "checker/workload/simulation.h"
#include "common/cleanup.h"
#include "common/message.h"
#include "record/workload-file.h"

/* The whole file, to free, NULL after a message. */
static char *
read_text (const char *path)
{
  CLEANUP_FCLOSE FILE *file = fopen (path, "re");
  char *text = calloc (1, WORKLOAD_TEXT_MAX + 1);
  size_t length = file && text ? fread (text, 1, WORKLOAD_TEXT_MAX + 1, file) : 0;

  if (file == NULL || ferror (file))
    error_message ("%s: %m", path);
  else if (text == NULL)
    out_of_memory ();
  else if (length > WORKLOAD_TEXT_MAX)
    error_message ("%s: a workload has at most %d bytes: make it several", path, WORKLOAD_TEXT_MAX);
  else if (strlen (text) != length)
    error_message ("%s: holds NULs, and a workload is a text", path);
  else
    return text;
  free (text);
  return NULL;
}

static int
check_text (const char *text, const char *name)
{
  struct workload workload;
  uint32_t rules;
  int r = workload_parse (text, name, &workload);

  if (r == 0)
    r = simulation_check (&workload) == -1 ? -1 : persistence_rules (&workload, 0, &rules);
  workload_free (&workload);
  return r;
}

char *
workload_file_load (const char *path)
{
  char *text = read_text (path);

  if (text && jlang_is (text)) {
    char *converted = jlang_convert (text, path);

    free (text);
    text = converted;
  }
  if (text && check_text (text, path) == -1) {
    free (text);
    text = NULL;
  }
  return text;
}
