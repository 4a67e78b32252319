/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "common/publish.h"
#include "replay/report/json-text.h"
#include "replay/report/run-lines.h"

struct run_lines {
  pthread_mutex_t lock;         /* of the file: several sessions may write to it */
  FILE *file;
  char *path;
};

/* A stream to the file PATH, or NULL after a message. */
static FILE *
open_stream (const char *path)
{
  int fd = publish_open (path);
  FILE *file = fd == -1 ? NULL : fdopen (fd, "w");

  if (fd != -1 && file == NULL) {
    error_message ("%s: %m", path);
    close (fd);
  }
  return file;
}

struct run_lines *
run_lines_open (const char *path)
{
  struct run_lines *lines = calloc (1, sizeof *lines);
  bool standard = strcmp (path, "-") == 0;

  if (lines == NULL || (lines->path = strdup (standard ? "standard output" : path)) == NULL) {
    free (lines);
    error_message ("out of memory");
    return NULL;
  }
  pthread_mutex_init (&lines->lock, NULL);
  lines->file = standard ? stdout : open_stream (path);
  if (lines->file == NULL) {
    run_lines_close (lines);
    return NULL;
  }
  return lines;
}

/* ANSWER as text to free, or NULL. */
static char *
format_line (const struct told_answer *answer)
{
  CLEANUP_FREE char *seen = outcome_describe (answer->outcome);
  cJSON *object = cJSON_CreateObject ();

  json_add_schedule (object, answer->log, answer->runner);
  json_add_text (object, "state", answer->state);
  cJSON_AddNumberToObject (object, "point", answer->point);
  json_add_text (object, "after", answer->after);
  cJSON_AddStringToObject (object, "outcome", outcome_kind_name (answer->outcome->kind));
  json_add_text (object, "seen", seen ? seen : "");
  if (answer->kind) {
    cJSON_AddStringToObject (object, "verdict", violation_name (answer->kind));
    json_add_text (object, "detail", answer->detail);
  }
  else {
    cJSON_AddNullToObject (object, "verdict");
    cJSON_AddNullToObject (object, "detail");
  }
  cJSON_AddBoolToObject (object, "remembered", answer->remembered);
  json_add_big_number (object, "states", answer->states);
  char *text = json_print (object, false);

  cJSON_Delete (object);
  return text;
}

int
run_lines_add (void *opaque, const struct told_answer *answer)
{
  struct run_lines *lines = opaque;
  CLEANUP_FREE char *text = format_line (answer);

  if (text == NULL)
    return out_of_memory ();
  pthread_mutex_lock (&lines->lock);
  int r = fprintf (lines->file, "%s\n", text) < 0 || fflush (lines->file) == EOF ? -1 : 0;
  if (r == -1)
    error_message ("%s: %m", lines->path);
  pthread_mutex_unlock (&lines->lock);
  return r;
}

void
run_lines_close (struct run_lines *lines)
{
  if (lines && lines->file && lines->file != stdout)
    fclose (lines->file);
  if (lines)
    free (lines->path);
  free (lines);
}
