/* SPDX-License-Identifier: BSD-3-Clause */
/* `powercut merge`: the files of all shards of a replay are one report.
 *
 * Nothing of what shards report is added up.  Each did its share from the states on, and what runs saw is in its file;
 * so its share is done once more, from memory, and entered with the others'.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "commands/commands.h"
#include "commands/replay.h"
#include "common/array.h"
#include "common/cleanup.h"
#include "common/escape.h"
#include "common/exit-status.h"
#include "common/message.h"
#include "common/number.h"
#include "common/options.h"
#include "replay/ledger.h"

/* What a file says of a shard. */
struct merged_shard {
  const char *path;             /* of the file */
  char *line;                   /* which WORDS are parts of; to free as are they */
  char **words;                 /* enum replay_word */
  size_t word_count, log_count;
  struct share share;
};

struct merge {
  const char *const *paths;
  size_t path_count;
  struct option_texts logs;     /* in place of those that are named in the files */
  struct outputs outputs;
  bool quiet;
  struct merged_shard *shards;
  size_t shard_count;
};

/* The words of SHARD that all of one replay have in common: their number, and the first of them. */
static char **
common_words (const struct merged_shard *shard, size_t *count)
{
  const size_t first = REPLAY_WORD_PATHS + shard->log_count;

  *count = shard->word_count - first;
  return shard->words + first;
}

/* Whether SHARD's words are such as a replay notes: what asks for something else is not done. */
static bool
makes_sense (struct merged_shard *shard)
{
  uint64_t logs;

  if (shard->words == NULL || shard->word_count <= REPLAY_WORD_PATHS
      || parse_unsigned (shard->words[REPLAY_WORD_LOGS], shard->word_count, &logs) == -1 || logs == 0
      || shard->word_count < REPLAY_WORD_PATHS + 2 * logs)
    return false;
  shard->log_count = logs;
  for (size_t i = 0; i < shard->word_count - REPLAY_WORD_PATHS; i++) {
    const char *word = shard->words[REPLAY_WORD_PATHS + i];

    if (i < logs ? *word != '/' : i >= 2 * logs ? !replay_option_asks (word)
        : strncmp (word, REPLAY_LOG_HASH, strlen (REPLAY_LOG_HASH)) != 0)
      return false;
  }
  return true;
}

/* Read what SHARD's line says. */
static int
read_shard (struct merged_shard *shard)
{
  shard->words = unescape_words (shard->line, &shard->word_count);
  if (makes_sense (shard))
    return share_parse (shard->words[REPLAY_WORD_SHARD], &shard->share);
  error_message ("%s: its notes of a replay make no sense: replay again, with another file", shard->path);
  return -1;
}

/* Take in the shards of the file PATH. */
static int
read_file (struct merge *merge, const char *path)
{
  struct ledger_replays replays;
  const char *unfinished = NULL;
  size_t before = merge->shard_count;
  int r = ledger_read_replays (path, &replays);

  for (size_t i = 0; r == 0 && i < replays.count; i++) {
    if (!replays.list[i].ended) {
      unfinished = replays.list[i].text;
      continue;
    }
    struct merged_shard *added = array_add (merge->shards, merge->shard_count);
    if (added == NULL)
      r = out_of_memory ();
    else {
      *added = (struct merged_shard) { .path = path, .line = strdup (replays.list[i].text) };
      r = added->line ? read_shard (added) : out_of_memory ();
    }
  }
  if (r == 0 && merge->shard_count == before) {
    error_message ("%s: %s%.*s%s", path, unfinished ? "shard " : "no replay has used it with --resume",
                   unfinished ? (int) strcspn (unfinished, " ") : 0, unfinished ? unfinished : "",
                   unfinished ? " did not come to its end: run it again with this file" : "");
    r = -1;
  }
  ledger_replays_free (&replays);
  return r;
}

/* Is SHARD of the same replay as the FIRST one?  Returns 0, or -1 after a message. */
static int
check_same (const struct merged_shard *first, const struct merged_shard *shard)
{
  size_t count, other_count, i = 0;
  char **words = common_words (first, &count), **others = common_words (shard, &other_count);

  if (first->share.count != shard->share.count) {
    error_message ("%s is of %u shards, and %s of %u: merge those of one replay", shard->path, shard->share.count,
                   first->path, first->share.count);
    return -1;
  }
  if (strcmp (first->words[REPLAY_WORD_RELEASE], shard->words[REPLAY_WORD_RELEASE]) != 0) {
    error_message ("%s is of kernel %s, and %s of %s: merge those of one replay", shard->path,
                   shard->words[REPLAY_WORD_RELEASE], first->path, first->words[REPLAY_WORD_RELEASE]);
    return -1;
  }
  if (strcmp (first->words[REPLAY_WORD_IDENTITY], shard->words[REPLAY_WORD_IDENTITY]) != 0) {
    error_message ("%s is of guests with another kernel, powercut, checker or memory than %s: merge those of one "
                   "replay", shard->path, first->path);
    return -1;
  }
  while (i < count && i < other_count && strcmp (words[i], others[i]) == 0)
    i++;
  if (i == count && i == other_count)
    return 0;
  error_message ("%s is of another replay than %s (%s, not %s): merge those of one replay", shard->path, first->path,
                 i < other_count ? others[i] : "nothing", i < count ? words[i] : "nothing");
  return -1;
}

/* Are all shards there, each once, and of one replay?  Returns 0, or -1 after a message. */
static int
check_shards (const struct merge *merge)
{
  const struct merged_shard *first = &merge->shards[0];
  CLEANUP_FREE const char **files = calloc (first->share.count + 1, sizeof *files);

  if (files == NULL)
    return out_of_memory ();
  for (size_t i = 0; i < merge->shard_count; i++) {
    const struct merged_shard *shard = &merge->shards[i];
    const char **file = &files[shard->share.number];

    if (check_same (first, shard) == -1)
      return -1;
    if (*file) {
      error_message ("shard %u/%u is there twice, in %s and in %s: give one of them", shard->share.number,
                     shard->share.count, *file, shard->path);
      return -1;
    }
    *file = shard->path;
  }
  for (unsigned number = 1; number <= first->share.count; number++)
    if (files[number] == NULL) {
      error_message ("shard %u/%u is missing: replay it alone, with the options of the others", number,
                     first->share.count);
      return -1;
    }
  return 0;
}

/* Is each log the one that the shards are of?  Returns 0, or -1 after a message. */
static int
check_logs (const struct merge *merge, const struct replay_options *options)
{
  const struct merged_shard *first = &merge->shards[0];
  char hash[LEDGER_HASH_SIZE];

  if (options->log_count != first->log_count) {
    error_message ("the shards are of %zu logs, and --log names %zu", first->log_count, options->log_count);
    return -1;
  }
  for (size_t i = 0; i < options->log_count; i++) {
    struct write_log *log = write_log_open (options->logs[i]);

    if (log == NULL)
      return -1;
    ledger_hash_log (log, hash);
    write_log_close (log);
    if (strcmp (first->words[REPLAY_WORD_PATHS + first->log_count + i] + strlen (REPLAY_LOG_HASH), hash) != 0) {
      error_message ("%s is not the log that %s is of: name that with --log", options->logs[i], first->path);
      return -1;
    }
  }
  return 0;
}

/* Can the reports be written, and are they none of what is read?  Returns 0, or -1 after a message. */
static int
check_outputs (const struct merge *merge, const struct replay_options *options)
{
  for (size_t i = 0; i < merge->path_count; i++)
    if (outputs_check_input (&options->outputs, merge->paths[i], "one of the results") == -1)
      return -1;
  return outputs_check (&options->outputs, options->logs, options->log_count);
}

/* Report what the shards found together. */
static int
report_all (const struct merge *merge, struct replay_options *options)
{
  const struct merged_shard *first = &merge->shards[0];

  if (merge->logs.count > 0) {
    options->logs = merge->logs.texts;
    options->log_count = merge->logs.count;
  }
  if (check_logs (merge, options) == -1)
    return EXIT_UNUSABLE;
  options->outputs = merge->outputs;
  options->guest.quiet = merge->quiet;
  options->release = first->words[REPLAY_WORD_RELEASE];
  options->identity = first->words[REPLAY_WORD_IDENTITY];
  options->share = (struct share) { 0, first->share.count };
  options->jobs = 1;
  for (size_t i = 0; i < merge->shard_count; i++)
    options->joined_timed |= strcmp (merge->shards[i].words[REPLAY_WORD_BOUNDS], REPLAY_TIMED) == 0;
  return check_outputs (merge, options) == -1 ? EXIT_UNUSABLE : replay (options);
}

/* The shards are one replay: what was asked of it is asked again. */
static int
merge_shards (const struct merge *merge)
{
  const struct merged_shard *first = &merge->shards[0];
  struct replay_options options = REPLAY_OPTIONS_DEFAULT;
  CLEANUP_FREE char **words = calloc (first->word_count + 1, sizeof *words);
  size_t count = 0;

  if (words == NULL) {
    out_of_memory ();
    return EXIT_UNUSABLE;
  }
  words[count++] = (char *) "merge";
  for (size_t i = REPLAY_WORD_PATHS + 2 * first->log_count; i < first->word_count; i++)
    words[count++] = first->words[i];
  for (size_t i = 0; i < first->log_count; i++)
    words[count++] = first->words[REPLAY_WORD_PATHS + i];
  options.joined = merge->paths;
  options.joined_count = merge->path_count;
  return replay_options_parse ((int) count, words, &options) == -1 ? EXIT_UNUSABLE : report_all (merge, &options);
}

static int
parse_merge (int argc, char **argv, struct merge *merge)
{
  struct option_table table = { .count = 0 };
  const struct command_line command = {
    "usage: powercut merge [OPTION...] RESULT...\n",
    "Report what all shards of a replay found together; RESULT is the file of --resume of each.", table.rows,
    .mixed = true
  };

  outputs_add_options (&table, &merge->outputs);
  options_add (&table, (const struct option_spec[]) {
    OPT_TEXTS ("log", &merge->logs, "LOG", "the log, where it is not where it was; may be repeated, for several"),
    OPT_FLAG ("quiet", &merge->quiet, "print no report"),
    OPT_END
  });
  int first = options_parse (&command, argc, argv);
  if (first == -1)
    return -1;
  if (first == argc) {
    error_message ("merge: which results? name the files of --resume: see --help");
    return -1;
  }
  merge->paths = (const char *const *) argv + first;
  merge->path_count = (size_t) (argc - first);
  return 0;
}

static void
free_shard (struct merged_shard *shard)
{
  free_all (shard->words, shard->line);
}

int
merge_command (int argc, char **argv)
{
  struct merge merge = { .shard_count = 0 };
  int r = parse_merge (argc, argv, &merge);

  for (size_t i = 0; r == 0 && i < merge.path_count; i++)
    r = read_file (&merge, merge.paths[i]);
  if (r == 0)
    r = check_shards (&merge);
  const int status = r == 0 ? merge_shards (&merge) : EXIT_UNUSABLE;
  array_free (merge.shards, merge.shard_count, free_shard);
  free (merge.logs.texts);
  return status;
}
