/* SPDX-License-Identifier: BSD-3-Clause */
/* What `powercut merge` asks for again, of notes that may be anybody's. */
#include <config.h>

#include <string.h>

#include "commands/commands.h"
#include "commands/replay.h"
#include "common/cleanup.h"
#include "common/exit-status.h"
#include "common/text.h"
#include "log/writer.h"
#include "replay/ledger.h"
#include "tests/unit/message.h"
#include "tests/unit/unit.h"
#include "tests/unit/work.h"

static unsigned replays;        /* that were asked for */
static uint64_t limit;          /* of the last one */
static bool without_guests;
static char log_hash[LEDGER_HASH_SIZE];

/* In the place of that of commands/replay.c. */
int
replay (const struct replay_options *options)
{
  replays++;
  limit = options->limit;
  without_guests = options->joined_count > 0 && options->resume == NULL && options->jobs == 1;
  return EXIT_SUCCESS;
}

static void
setup (void)
{
  const uint64_t size = 4096;
  const char *info = "filesystem=ext4";

  replays = 0;          /* the tests may be one process */
  enter_work ();
  ck_assert_int_eq (log_writer_close (log_writer_create ("log.bin", &size, 1, &info, 1)), 0);
  struct write_log *log = write_log_open ("log.bin");
  ck_assert_ptr_nonnull (log);
  ledger_hash_log (log, log_hash);
  write_log_close (log);
  forget_messages ();
}

/* Make the file PATH of a replay with these notes, in which LOG stands for the path of the log, and HASH for its hash.
 */
static void
put_notes (const char *path, const char *notes)
{
  struct ledger *ledger = ledger_open (path);
  struct text_stream text;

  ck_assert (text_begin (&text));
  for (const char *at = notes; *at; at++)
    if (strncmp (at, "LOG", 3) == 0)
      fprintf (text.file, "%s/log.bin", work), at += 2;
    else if (strncmp (at, "HASH", 4) == 0)
      fputs (log_hash, text.file), at += 3;
    else
      putc (*at, text.file);
  CLEANUP_FREE char *line = text_end (&text);
  ck_assert_int_eq (ledger_begin_replay (ledger, line), 0);
  ck_assert_int_eq (ledger_end_replay (ledger, line), 0);
  ck_assert_int_eq (ledger_close (ledger), 0);
}

static int
merge (const char *one, const char *other)
{
  char *words[] = { (char *) "merge", (char *) one, (char *) other, NULL };

  return merge_command (other ? 3 : 2, words);
}

START_TEST (what_was_asked_is_asked_again)
{
  put_notes ("one", "1/2 whole 6.1 id 1 LOG log:HASH --tear=any --limit=7 --check=%2fx%20y");
  put_notes ("two", "2/2 whole 6.1 id 1 LOG log:HASH --tear=any --limit=7 --check=%2fx%20y");
  const int status = merge ("two", "one");

  ck_assert_msg (status == EXIT_SUCCESS, "%s", message);
  ck_assert_uint_eq (replays, 1);
  ck_assert_uint_eq (limit, 7);
  ck_assert (without_guests);
  ck_assert_uint_eq (message_count, 0);
}
END_TEST

static const char *const senseless[] = {
  "", " ", "1/1", "1/1 whole 6.1 id", "1/1 whole 6.1 id 1", "1/1 whole 6.1 id 0", "1/1 whole 6.1 id 0 LOG log:HASH",
  "1/1 whole 6.1 id 1 LOG", "1/1 whole 6.1 id 2 LOG log:HASH", "1/1 whole 6.1 id 2 LOG log:HASH LOG",
  "1/1 whole 6.1 id 18446744073709551615 LOG log:HASH", "1/1 whole 6.1 id 9223372036854775808 LOG log:HASH",
  "1/1 whole 6.1 id -1 LOG log:HASH", "1/1 whole 6.1 id x LOG log:HASH", "1/1 whole 6.1 id 1 log.bin log:HASH",
  "1/1 whole 6.1 id 1 --html=x log:HASH", "1/1 whole 6.1 id 1 LOG HASH", "1/1 whole 6.1 id 1 LOG --html=x",
  "1/1 whole 6.1 id 1 LOG log:HASH --html=x", "1/1 whole 6.1 id 1 LOG log:HASH --tear=any --resume=x",
  "1/1 whole 6.1 id 1 LOG log:HASH --kernel=/x", "1/1 whole 6.1 id 1 LOG log:HASH --export=x",
  "1/1 whole 6.1 id 1 LOG log:HASH --state=1 --bundle=x", "1/1 whole 6.1 id 1 LOG log:HASH --include=/etc",
  "1/1 whole 6.1 id 1 LOG log:HASH --help", "1/1 whole 6.1 id 1 LOG log:HASH --", "1/1 whole 6.1 id 1 LOG log:HASH -h",
  "1/1 whole 6.1 id 1 LOG log:HASH --tearing=any", "1/1 whole 6.1 id 1 LOG log:HASH --tea=any",
  "1/1 whole 6.1 id 1 LOG log:HASH --check x", "1/1 whole 6.1 id 1 LOG log:HASH LOG",
  "1/1 whole 6.1 id 1 LOG log:HASH --tear=any%00", "1/1 whole 6.1 id 1 LOG log:HASH %4",
};

START_TEST (what_no_replay_notes_is_refused)
{
  put_notes ("file", senseless[_i]);
  ck_assert_int_eq (merge ("file", NULL), EXIT_UNUSABLE);
  ck_assert_uint_eq (replays, 0);
  ck_assert_uint_eq (message_count, 1);
  ck_assert_str_eq (message, "file: its notes of a replay make no sense: replay again, with another file");
}
END_TEST

/* Of which each word alone would do. */
static const struct {
  const char *one, *other, *said;
} unlike[] = {
  { "5/4 whole 6.1 id 1 LOG log:HASH", NULL, "--shard=5/4: " },
  { "1/4097 whole 6.1 id 1 LOG log:HASH", NULL, "--shard=1/4097: " },
  { "1/1 whole 6.1 id 1 LOG log:HASH --tear=some", NULL, "--tear=some" },
  { "1/1 whole 6.1 id 1 LOG log:HASH --check", NULL, "" },     /* of which the log would be the text */
  { "1/1 whole 6.1 id 1 LOG log:0", NULL, "is not the log that file is of" },
  { "1/1 whole 6.1 id 1 LOG%2fx log:HASH", NULL, "" },
  { "1/2 whole 6.1 id 1 LOG log:HASH", NULL, "shard 2/2 is missing" },
  { "1/2 whole 6.1 id 1 LOG log:HASH", "1/2 whole 6.1 id 1 LOG log:HASH", "is there twice" },
  { "1/2 whole 6.1 id 1 LOG log:HASH", "4/4 whole 6.1 id 1 LOG log:HASH", "is of 4 shards, and file of 2" },
  { "1/2 whole 6.1 id 1 LOG log:HASH", "2/2 whole 6.2 id 1 LOG log:HASH", "is of kernel 6.2, and file of 6.1" },
  { "1/2 whole 6.1 id 1 LOG log:HASH", "2/2 whole 6.1 di 1 LOG log:HASH", "is of guests with another kernel" },
  { "1/2 whole 6.1 id 1 LOG log:HASH", "2/2 whole 6.1 id 1 LOG log:HASH --limit=1", "(--limit=1, not nothing)" },
  { "1/2 whole 6.1 id 1 LOG log:HASH", "2/2 whole 6.1 id 1 LOG log:0", "is of another replay than file" },
};

START_TEST (what_does_not_belong_together_is_refused)
{
  put_notes ("file", unlike[_i].one);
  if (unlike[_i].other)
    put_notes ("second", unlike[_i].other);
  ck_assert_int_eq (merge ("file", unlike[_i].other ? "second" : NULL), EXIT_UNUSABLE);
  ck_assert_uint_eq (replays, 0);
  ck_assert_uint_eq (message_count, 1);
  ck_assert_msg (strstr (message, unlike[_i].said) != NULL, "%s", message);
}
END_TEST

UNIT_TEST_MAIN_WITH ("merge", setup, leave_work, what_was_asked_is_asked_again,
                     LOOP_OVER (what_no_replay_notes_is_refused, senseless),
                     LOOP_OVER (what_does_not_belong_together_is_refused, unlike))
