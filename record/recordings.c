/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/array.h"
#include "common/cleanup.h"
#include "common/message.h"
#include "common/places.h"
#include "common/stop.h"
#include "common/text.h"
#include "common/words.h"
#include "nbd-plugin/hold.h"
#include "record/recording-check.h"
#include "record/recordings.h"

#define FURTHER "-random-"      /* in the name of a further recording's log */

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

char *
recordings_further_suffix (const struct backgrounds *backgrounds, uint64_t turn, uint64_t seed)
{
  const size_t place = turn % backgrounds->count;
  const char *name = place > 0 ? background_name (backgrounds->list[place]) : "";
  char *suffix = text_format ("%s%s" FURTHER "%" PRIu64, *name ? "-" : "", name, seed);

  if (suffix == NULL)
    out_of_memory ();
  return suffix;
}

uint64_t
recordings_first_seed (const char *device)
{
  struct hold_config config;

  return hold_parse (device, &config) == 0 && config.device == HOLD_RANDOM ? config.seed + 1 : 1;
}

/* The seed that the name of PATH has if it is that of a further recording's log, or 0. */
static uint64_t
seed_named (const char *path)
{
  const char *slash = strrchr (path, '/'), *next = slash ? slash : path, *seed = "";

  while ((next = strstr (next, FURTHER)))
    seed = next += strlen (FURTHER);
  return strtoull (seed, NULL, 10);
}

/* Is PATH not where the log of a further recording may come to be? */
static int
check_report (const struct recording *update, const struct backgrounds *backgrounds, const char *path)
{
  const uint64_t seed = seed_named (path), turn = seed - recordings_first_seed (update->device);
  CLEANUP_FREE char *suffix = recordings_further_suffix (backgrounds, turn, seed);
  CLEANUP_FREE char *log = suffix ? recordings_log_name (update->log, suffix) : NULL;

  if (log == NULL)
    return suffix ? out_of_memory () : -1;
  if (!same_place (path, log))
    return 0;
  error_message ("%s: a report cannot be written there: --recordings may make a log of that name", path);
  return -1;
}

int
recordings_check_reports (const struct recording *update, const struct backgrounds *backgrounds,
                          const char *const *paths, size_t count)
{
  int r = 0;

  for (size_t i = 0; i < count && r == 0; i++)
    if (paths[i])
      r = check_report (update, backgrounds, paths[i]);
  return r;
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
  while (recordings->made < recordings->count) {
    if (recordings->beginning)
      recordings->beginning (recordings->opaque, recordings->made);
    int r = record (recordings->recorder, recordings->list[recordings->made]);

    if (r == -1 && recordings->made > 0 && stop_take_back ()) /* before it had begun */
      return RECORD_ENOUGH;
    recordings->made += r == 0 || r == RECORD_ENOUGH;
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
