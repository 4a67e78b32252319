/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "commands/replay-options.h"
#include "common/array.h"
#include "common/cleanup.h"
#include "common/escape.h"
#include "common/message.h"
#include "common/text.h"
#include "replay/ledger.h"

/* Words in the making. */
struct made_words {
  char **list;
  size_t count;
  bool failed;
};

/* Add WORD, which is taken over. */
static void
add_word (struct made_words *words, char *word)
{
  char **added = word ? array_add (words->list, words->count) : NULL;

  words->failed |= added == NULL;
  if (added)
    *added = word;
  else
    free (word);
}

/* Add the option NAME with TEXT, unless that is NULL. */
static void
add_text (struct made_words *words, const char *name, const char *text)
{
  if (text)
    add_word (words, text_format ("--%s=%s", name, text));
}

static void
add_number (struct made_words *words, const char *name, uint64_t number)
{
  add_word (words, text_format ("--%s=%" PRIu64, name, number));
}

static void
add_flag (struct made_words *words, const char *name, bool given)
{
  if (given)
    add_word (words, text_format ("--%s", name));
}

/* All that says what is visited, and what is done with it. */
static void
add_options (struct made_words *words, const struct replay_options *options)
{
  add_text (words, "tear", options->tear);
  add_number (words, "atomic", options->atomic_bytes);
  add_text (words, "trim", options->trim);
  add_number (words, "nested", options->nested);
  add_number (words, "nested-limit", options->nested_limit);
  add_number (words, "limit", options->limit);
  add_number (words, "seed", options->seed);
  add_text (words, "points", options->points);
  add_flag (words, "prefixes-only", options->prefixes_only);
  add_flag (words, "minimize", options->minimize);
  add_text (words, "lose", options->lose);
  add_text (words, "fault", options->fault);
  add_flag (words, "readonly-device", options->readonly_device);
  add_flag (words, "fsck", options->fsck);
  add_flag (words, "usable", options->usable);
  add_text (words, "check", options->guest.check);
  add_flag (words, "trust-log", options->trust_log);
  add_flag (words, "pages", options->guest.pages);
  if (options->guest.page_bytes > 0)
    add_number (words, "page-size", options->guest.page_bytes);
  add_number (words, "timeout", options->guest.timeout_seconds);
}

bool
replay_option_asks (const char *word)
{
  static const char *const names[] = {
    "tear", "atomic", "trim", "nested", "nested-limit", "limit", "seed", "points", "prefixes-only", "minimize", "lose",
    "fault", "readonly-device", "fsck", "usable", "check", "trust-log", "pages", "page-size", "timeout"
  };
  const size_t length = strcspn (word, "=");

  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (strncmp (word, "--", 2) == 0 && length == strlen (names[i]) + 2
        && strncmp (word + 2, names[i], length - 2) == 0)
      return true;
  return false;
}

static void
add_logs (struct made_words *words, const struct write_log *const *logs, size_t count)
{
  add_word (words, text_format ("%zu", count));
  for (size_t i = 0; i < count; i++)
    add_word (words, realpath (logs[i]->path, NULL));
  for (size_t i = 0; i < count; i++) {
    char hash[LEDGER_HASH_SIZE];

    ledger_hash_log (logs[i], hash);
    add_word (words, text_format (REPLAY_LOG_HASH "%s", hash));
  }
}

char *
replay_options_words (const struct replay_options *options, const struct write_log *const *logs, const char *release,
                      const char *identity)
{
  const bool timed = options->seconds > 0 || options->total_seconds > 0;
  struct made_words words = { .count = 0 };
  char *line = NULL;
  size_t length;

  add_word (&words, text_format ("%s", options->shard ? options->shard : "1/1"));
  add_word (&words, text_format ("%s", timed ? REPLAY_TIMED : "whole"));
  add_word (&words, text_format ("%s", release));
  add_word (&words, text_format ("%s", identity));
  add_logs (&words, logs, options->log_count);
  add_options (&words, options);
  char **end = array_add (words.list, words.count);
  if (end && !words.failed)
    line = escape_words ((const char *const *) words.list, &length);
  if (line)
    line[length - 1] = '\0';
  else
    out_of_memory ();
  for (size_t i = 0; i < words.count; i++)
    free (words.list[i]);
  free (words.list);
  return line;
}
