/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "batch/corpus/case.h"
#include "batch/corpus/settings.h"
#include "checker/violation.h"
#include "common/array.h"
#include "common/cleanup.h"
#include "common/ini.h"
#include "common/message.h"
#include "common/number.h"
#include "common/process.h"
#include "common/text.h"
#include "common/words.h"
#include "guest/kernel/kernel.h"
#include "replay/session-config.h"

#define FAILS "fails"           /* the first word of such a section */
#define MAY_FAIL "may-fail"     /* or this */
#define FOLDER_VARIABLE "$CASE" /* in commands and paths: the case's own folder */
#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyz0123456789_-"

/* Where the values of the section go that is being read. */
enum case_part { IN_HEAD, IN_SETTINGS, IN_FAILURE };

struct case_reader {
  struct corpus_case *corpus_case;
  char *folder;                 /* absolute */
  enum case_part part;
};

/* The next $CASE in TEXT that is not the beginning of the name of another variable, or NULL. */
static const char *
find_variable (const char *text)
{
  while ((text = strstr (text, FOLDER_VARIABLE)) != NULL) {
    char next = text[strlen (FOLDER_VARIABLE)];

    if (!isalnum ((unsigned char) next) && next != '_')
      break;
    text += strlen (FOLDER_VARIABLE);
  }
  return text;
}

/* VALUE with the case's folder in place of $CASE, to free, or NULL after a message. */
static char *
insert_folder (const char *value, const char *folder)
{
  char *text = NULL;
  size_t length;
  FILE *file = open_memstream (&text, &length);
  const char *at;

  if (file) {
    for (; (at = find_variable (value)) != NULL; value = at + strlen (FOLDER_VARIABLE))
      fprintf (file, "%.*s%s", (int) (at - value), value, folder);
    fputs (value, file);
    if (fclose (file) == 0)
      return text;
    free (text);
  }
  out_of_memory ();
  return NULL;
}

static bool
is_filesystem_name (const char *name)
{
  return *name && strspn (name, NAME_CHARACTERS) == strlen (name);
}

/* The programs and files of VALUE, with blanks between them. */
static int
add_needs (const char *value, struct case_texts *needs)
{
  struct words words;
  int r = words_split (value, " \t", &words);

  for (size_t i = 0; i < words.count && r == 0; i++)
    if (*words.list[i])
      r = case_add_text (needs, words.list[i]);
  words_free (&words);
  return r;
}

/* The file systems of VALUE, with blanks between them. */
static int
set_filesystems (const struct ini_place *place, const char *value, struct case_texts *filesystems)
{
  struct words words;
  int r = words_split (value, " \t", &words);

  if (r == 0 && filesystems->count > 0)
    r = ini_fault (place, "filesystems: is given twice");
  for (size_t i = 0; i < words.count && r == 0; i++)
    if (*words.list[i] == '\0')
      continue;
    else if (is_filesystem_name (words.list[i]))
      r = case_add_text (filesystems, words.list[i]);
    else
      r = ini_fault (place, "filesystems: %s: is no name of a file system: give names with blanks between them",
                     words.list[i]);
  words_free (&words);
  return r;
}

static int
set_settle (const struct ini_place *place, const char *value, char **settle)
{
  uint64_t seconds;

  if (strcmp (value, "sync") != 0 && strcmp (value, "none") != 0 && parse_seconds (value, &seconds) == -1)
    return ini_fault (place, "settle: %s: give sync, none or a time in seconds", value);
  return case_set_text (place, "settle", value, settle);
}

static int
set_nested (const struct ini_place *place, const char *value, char **nested)
{
  uint64_t times;

  if (parse_unsigned (value, NESTED_MAX, &times) == -1 || times == 0)
    return ini_fault (place, "nested: %s: give how often the power fails again: 1 to %d", value, NESTED_MAX);
  return case_set_text (place, "nested", value, nested);
}

static int
set_readonly_device (const struct ini_place *place, const char *value, bool *readonly_device)
{
  *readonly_device = strcmp (value, "yes") == 0;
  return *readonly_device || strcmp (value, "no") == 0 ? 0
    : ini_fault (place, "readonly-device: %s: give yes or no", value);
}

static int
set_case_value (struct case_reader *reader, const struct ini_place *place, const char *key, const char *value)
{
  struct corpus_case *corpus_case = reader->corpus_case;
  const struct {
    const char *key;
    char **target;
    bool has_folder;
  } keys[] = {
    { "title", &corpus_case->title, false }, { "origin", &corpus_case->origin, false },
    { "reference", &corpus_case->reference, false }, { "command", &corpus_case->command, true },
    { "check", &corpus_case->check, true }, { "initial", &corpus_case->initial, true },
  };
  CLEANUP_FREE char *text = insert_folder (value, reader->folder);

  if (text == NULL)
    return -1;
  for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
    if (strcmp (keys[i].key, key) == 0)
      return case_set_text (place, key, keys[i].has_folder ? text : value, keys[i].target);
  if (strcmp (key, "setup") == 0)
    return case_add_text (&corpus_case->setup, text);
  if (strcmp (key, "needs") == 0)
    return add_needs (value, &corpus_case->needs);
  if (strcmp (key, "settle") == 0)
    return set_settle (place, value, &corpus_case->settle);
  if (strcmp (key, "nested") == 0)
    return set_nested (place, value, &corpus_case->nested);
  if (strcmp (key, "readonly-device") == 0)
    return set_readonly_device (place, value, &corpus_case->readonly_device);
  if (strcmp (key, "filesystems") == 0)
    return set_filesystems (place, value, &corpus_case->filesystems);
  return ini_fault (place, "%s: no such key: see THE CORPUS in powercut(1)", key);
}

static int
set_setting (struct case_reader *reader, const struct ini_place *place, const char *key, const char *value)
{
  struct corpus_case *corpus_case = reader->corpus_case;
  CLEANUP_FREE char *text = insert_folder (value, reader->folder);

  return text ? case_set_setting (&corpus_case->settings[corpus_case->setting_count - 1], place, key, text) : -1;
}

/* Is FINDING, `KIND` or `KIND: TEXT`, of a kind that there is? */
static bool
is_finding (const char *finding)
{
  return violation_find (finding, strcspn (finding, ":")) != VIOLATION_NONE;
}

static int
set_failure (struct case_failure *failure, const struct ini_place *place, const char *key, const char *value)
{
  const bool nested = strcmp (key, "nested-finding") == 0;

  if (strcmp (key, "why") == 0)
    return case_set_text (place, key, value, &failure->why);
  if (strcmp (key, "finding") != 0 && !nested)
    return ini_fault (place, "%s: no such key here: give finding, nested-finding or why", key);
  if (!is_finding (value))
    return ini_fault (place, "%s: %s: no such kind of violation: see VIOLATIONS in replay(1)", key, value);
  return case_add_text (nested ? &failure->nested_findings : &failure->findings, value);
}

/* The section [fails FILESYSTEM KERNEL...] or [may-fail FILESYSTEM KERNEL...] begins; WORDS are those. */
static int
begin_failure (struct case_reader *reader, const struct ini_place *place, const struct words *words)
{
  struct corpus_case *corpus_case = reader->corpus_case;
  struct case_failure *failure;

  if (words->count < 2 || !is_filesystem_name (words->list[1]))
    return ini_fault (place, "[%s]: on which file system? give [%s FILESYSTEM KERNEL...]", words->list[0],
                      words->list[0]);
  if (!case_applies (corpus_case, words->list[1]))
    return ini_fault (place, "[%s %s]: is not among the filesystems", words->list[0], words->list[1]);
  failure = array_add (corpus_case->failures, corpus_case->failure_count);
  if (failure == NULL || (failure->filesystem = strdup (words->list[1])) == NULL)
    return out_of_memory ();
  failure->by_luck = strcmp (words->list[0], MAY_FAIL) == 0;
  for (size_t i = 2; i < words->count; i++)
    if (*words->list[i] && case_add_text (&failure->kernels, words->list[i]) == -1)
      return -1;
  reader->part = IN_FAILURE;
  return 0;
}

static int
begin_settings (struct case_reader *reader, const struct ini_place *place, const char *filesystem)
{
  struct corpus_case *corpus_case = reader->corpus_case;
  struct case_settings *settings;

  if (!is_filesystem_name (filesystem))
    return ini_fault (place, "[%s]: no such section: give [FILESYSTEM], [" FAILS " FILESYSTEM KERNEL...] or [" MAY_FAIL
                      " FILESYSTEM KERNEL...]", filesystem);
  if (case_find_settings (corpus_case, filesystem))
    return ini_fault (place, "[%s]: is given twice", filesystem);
  settings = array_add (corpus_case->settings, corpus_case->setting_count);
  if (settings == NULL || (settings->filesystem = strdup (filesystem)) == NULL)
    return out_of_memory ();
  reader->part = IN_SETTINGS;
  return 0;
}

static int
begin_section (struct case_reader *reader, const struct ini_place *place, const char *section)
{
  struct words words;
  int r = words_split (section, " \t", &words);

  if (r == 0 && (strcmp (words.list[0], FAILS) == 0 || strcmp (words.list[0], MAY_FAIL) == 0))
    r = begin_failure (reader, place, &words);
  else if (r == 0)
    r = begin_settings (reader, place, section);
  words_free (&words);
  return r;
}

static int
take_item (void *data, const struct ini_place *place, const char *section, const char *key, const char *value)
{
  struct case_reader *reader = data;
  struct corpus_case *corpus_case = reader->corpus_case;

  if (key == NULL)
    return begin_section (reader, place, section);
  if (*value == '\0')
    return ini_fault (place, "%s: has no value", key);
  switch (reader->part) {
  case IN_SETTINGS:
    return set_setting (reader, place, key, value);
  case IN_FAILURE:
    return set_failure (&corpus_case->failures[corpus_case->failure_count - 1], place, key, value);
  default:
    return set_case_value (reader, place, key, value);
  }
}

/* Is all there that a case needs?  FILE is its case.ini. */
static int
check_case (const struct corpus_case *corpus_case, const char *file)
{
  const int sources = (corpus_case->workload != NULL) + (corpus_case->log != NULL) + (corpus_case->command != NULL);

  if (corpus_case->title == NULL)
    error_message ("%s: has no title: say what is held, in one sentence", file);
  else if (sources == 0)
    error_message ("%s: nothing to do: give a file `" CASE_WORKLOAD "` or `" CASE_LOG "` beside it,"
                   " or the key `command`", file);
  else if (sources > 1)
    error_message ("%s: `" CASE_WORKLOAD "`, `" CASE_LOG "` and `command` exclude one another", file);
  else if (corpus_case->command == NULL && (corpus_case->setup.count || corpus_case->initial))
    error_message ("%s: setup and initial are for a `command` alone", file);
  else {
    for (size_t i = 0; i < corpus_case->failure_count; i++) {
      const struct case_failure *failure = &corpus_case->failures[i];

      if (failure->findings.count + failure->nested_findings.count == 0 || failure->why == NULL) {
        error_message ("%s: [%s %s]: say which finding is expected, and why", file, failure->by_luck ? MAY_FAIL : FAILS,
                       failure->filesystem);
        return -1;
      }
    }
    return 0;
  }
  return -1;
}

/* The file NAME of the case if it is there, into *TARGET. */
static int
find_file (const struct corpus_case *corpus_case, const char *name, char **target)
{
  *target = text_format ("%s/%s", corpus_case->path, name);
  if (*target == NULL)
    return -1;
  if (access (*target, F_OK) == -1) {
    free (*target);
    *target = NULL;
  }
  return 0;
}

static int
read_folder (struct corpus_case *corpus_case)
{
  CLEANUP_FREE char *folder = realpath (corpus_case->path, NULL);
  CLEANUP_FREE char *file = text_format ("%s/" CASE_FILE, corpus_case->path);
  struct case_reader reader = { .corpus_case = corpus_case, .folder = folder };

  if (folder == NULL)
    error_message ("%s: %m", corpus_case->path);
  if (folder == NULL || file == NULL || ini_read (file, take_item, &reader) == -1
      || find_file (corpus_case, CASE_WORKLOAD, &corpus_case->workload) == -1
      || find_file (corpus_case, CASE_LOG, &corpus_case->log) == -1)
    return -1;
  return check_case (corpus_case, file);
}

int
case_read (struct corpus_case *corpus_case, const char *path, const char *name)
{
  struct stat status;

  *corpus_case = (struct corpus_case) { .name = strdup (name), .path = strdup (path) };
  if (corpus_case->name == NULL || corpus_case->path == NULL)
    return out_of_memory ();
  if (stat (path, &status) == -1) {
    error_message ("%s: %m", path);
    return -1;
  }
  if (S_ISDIR (status.st_mode))
    return read_folder (corpus_case);
  corpus_case->workload = text_format ("%s", path);
  corpus_case->title = text_format ("%s", name);
  return corpus_case->workload && corpus_case->title ? 0 : -1;
}

void
case_free (struct corpus_case *corpus_case)
{
  char *const texts[] = {
    corpus_case->name, corpus_case->path, corpus_case->title, corpus_case->origin, corpus_case->reference,
    corpus_case->workload, corpus_case->log, corpus_case->command, corpus_case->check, corpus_case->initial,
    corpus_case->settle, corpus_case->nested
  };

  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
    free (texts[i]);
  case_free_texts (&corpus_case->setup);
  case_free_texts (&corpus_case->filesystems);
  case_free_texts (&corpus_case->needs);
  for (size_t i = 0; i < corpus_case->setting_count; i++)
    case_free_settings (&corpus_case->settings[i]);
  for (size_t i = 0; i < corpus_case->failure_count; i++) {
    free (corpus_case->failures[i].filesystem);
    case_free_texts (&corpus_case->failures[i].kernels);
    case_free_texts (&corpus_case->failures[i].findings);
    case_free_texts (&corpus_case->failures[i].nested_findings);
    free (corpus_case->failures[i].why);
  }
  free (corpus_case->settings);
  free (corpus_case->failures);
  *corpus_case = (struct corpus_case) { 0 };
}

bool
case_applies (const struct corpus_case *corpus_case, const char *filesystem)
{
  for (size_t i = 0; i < corpus_case->filesystems.count; i++)
    if (strcmp (corpus_case->filesystems.list[i], filesystem) == 0)
      return true;
  return corpus_case->filesystems.count == 0;
}

const char *
case_find_missing (const struct corpus_case *corpus_case)
{
  for (size_t i = 0; i < corpus_case->needs.count; i++) {
    const char *need = corpus_case->needs.list[i];
    CLEANUP_FREE char *program = strchr (need, '/') ? NULL : process_find (need);

    if (program == NULL && (strchr (need, '/') == NULL || access (need, F_OK) == -1))
      return need;
  }
  return NULL;
}

const struct case_settings *
case_find_settings (const struct corpus_case *corpus_case, const char *filesystem)
{
  for (size_t i = 0; i < corpus_case->setting_count; i++)
    if (strcmp (corpus_case->settings[i].filesystem, filesystem) == 0)
      return &corpus_case->settings[i];
  return NULL;
}

const struct case_failure *
case_find_failure (const struct corpus_case *corpus_case, const char *filesystem, const char *release)
{
  for (size_t i = 0; i < corpus_case->failure_count; i++) {
    const struct case_failure *failure = &corpus_case->failures[i];

    if (strcmp (failure->filesystem, filesystem) != 0)
      continue;
    if (failure->kernels.count == 0)
      return failure;
    for (size_t j = 0; j < failure->kernels.count; j++)
      if (kernel_release_matches (release, failure->kernels.list[j]))
        return failure;
  }
  return NULL;
}
