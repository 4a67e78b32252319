/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "common/array.h"
#include "common/cleanup.h"
#include "common/message.h"
#include "common/text.h"
#include "common/words.h"
#include "record/recording-check.h"
#include "record/recordings.h"

static int
find_all (const struct words *words, struct backgrounds *backgrounds)
{
  if (words_check ("background", words) == -1)
    return -1;
  for (size_t i = 0; i < words->count; i++)
    if (background_parse (words->list[i], &backgrounds->list[i]) == -1) {
      error_message ("--background=%s: give some of " BACKGROUNDS_DEFAULT, words->list[i]);
      return -1;
    }
  return 0;
}

int
backgrounds_parse (const char *text, struct backgrounds *backgrounds)
{
  struct words words = { NULL, NULL, 0 };
  int r = words_split (text, ",", &words);

  if (r == 0 && words.count > BACKGROUND_COUNT) {
    error_message ("--background=%s: give some of " BACKGROUNDS_DEFAULT ", each once", text);
    r = -1;
  }
  if (r == 0)
    r = find_all (&words, backgrounds);
  backgrounds->count = words.count;
  words_free (&words);
  return r;
}

char *
recordings_log_name (const char *log, const char *suffix)
{
  const char *slash = strrchr (log, '/'), *name = slash ? slash + 1 : log, *dot = strrchr (name, '.');
  const size_t length = dot && dot > name ? (size_t) (dot - log) : strlen (log);

  return text_format ("%.*s%s%s", (int) length, log, suffix, log + length);
}

int
recordings_plan (struct recordings *recordings, const struct recording *update,
                 const struct backgrounds *backgrounds, struct recorder *recorder)
{
  *recordings = (struct recordings) { .update = update, .recorder = recorder };
  for (size_t i = 0; i < backgrounds->count; i++) {
    const char *name = background_name (backgrounds->list[i]);
    CLEANUP_FREE char *suffix = i == 0 ? text_format ("%s", "") : text_format ("-%s", name);

    const char *log = suffix ? recordings_add (recordings, backgrounds->list[i], NULL, suffix) : NULL;

    if (log == NULL || recording_check_log (log) == -1)
      return -1;
  }
  return 0;
}

static void
free_recording (struct recording *recording, const struct recording *update)
{
  if (recording == NULL)
    return;
  free ((char *) recording->log);
  if (recording->device != update->device)
    free ((char *) recording->device);
  free (recording);
}

const char *
recordings_add (struct recordings *recordings, enum background background, const char *device, const char *suffix)
{
  struct recording *recording = malloc (sizeof *recording), **added = NULL;

  if (recording) {
    *recording = *recordings->update;
    recording->background = background;
    /* What the commands of an update print is shown once. */
    recording->output_dropped = recordings->count > 0;
    recording->log = recordings_log_name (recordings->update->log, suffix);
    if (device)
      recording->device = text_format ("%s", device);
    if (recording->log && recording->device)
      added = array_add (recordings->list, recordings->count);
  }
  if (added == NULL) {
    free_recording (recording, recordings->update);
    out_of_memory ();
    return NULL;
  }
  *added = recording;
  return recording->log;
}

int
recordings_make (struct recordings *recordings)
{
  /* A guest of a recorder that is kept takes in more. */
  if (recordings->count > 1 && recordings->recorder == NULL) {
    recordings->own = recordings->recorder = recorder_new (recordings->update->filesystem);
    if (recordings->own == NULL)
      return -1;
  }
  for (; recordings->made < recordings->count; recordings->made++) {
    int r = record (recordings->recorder, recordings->list[recordings->made]);

    if (r != 0)
      return r;
  }
  return 0;
}

void
recordings_end_guest (struct recordings *recordings)
{
  recorder_free (recordings->own);
  if (recordings->own)
    recordings->recorder = NULL;
  recordings->own = NULL;
}

void
recordings_free (struct recordings *recordings)
{
  recordings_end_guest (recordings);
  for (size_t i = 0; i < recordings->count; i++)
    free_recording (recordings->list[i], recordings->update);
  free (recordings->list);
}
