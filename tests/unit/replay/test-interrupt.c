/* SPDX-License-Identifier: BSD-3-Clause */
/* Interrupted recoveries are held against a visit of every legal state of every crash, one after the other: laid out
 * from what a recovery wrote, without aftermath, search and memory.
 */
#include <config.h>

#include <string.h>
#include <xxhash.h>

#include "replay/session.h"
#include "tests/unit/message.h"
#include "tests/unit/replay/played-runner.h"
#include "tests/unit/replay/search/brute-force.h"

#define LOG_COUNT 60            /* for each of `tears` */
#define STATES_MAX 48           /* of one crash point of a log */
#define DEPTHS (NESTED_MAX + 1)

static const struct tear tears[] = { { TEAR_NONE, 512 }, { TEAR_PREFIX, 512 }, { TEAR_ANY, 1024 } };

static const struct log_shape shapes[] = { { DEVICES, SECTORS, 3, 4, 5, true }, { DEVICES, SECTORS, 4, 4, 4, true } };

const struct write_log *history;
static struct reader reader;
static struct session_config config;

/* What was observed, by how many recoveries were interrupted before, together with the first crash point. */
static struct sightings searched[DEPTHS], visited[DEPTHS];

static void
see (struct sightings *sightings, const char *observation, uint32_t point, uint64_t states)
{
  sightings_add (sightings, XXH3_64bits_withSeed (observation, strlen (observation), point), states, NULL);
}

/* As the played guest has it. */
static void
digest_of (uint64_t observation, char tree[PLAYED_TREE_MAX], char digest[TREE_DIGEST_LENGTH + 1])
{
  snprintf (tree, PLAYED_TREE_MAX, "%016jx\n", (uintmax_t) observation);
  tree_digest (tree, digest);
}

void
play_run (struct runner *runner, const char *marks, struct outcome *outcome)
{
  struct guest guest = { .state = runner->state, .tape = &runner->tape };

  (void) marks;
  digest_of (reader.observe (&reader, &guest), runner->tree, outcome->digest);
  memcpy (runner->seen, guest.seen, guest.seen_count * sizeof *guest.seen);
  runner->seen_count = guest.seen_count;
}

static int
listen_to (void *listener, const struct told_answer *answer)
{
  unsigned depth = 0;

  (void) listener;
  for (const char *c = answer->state; *c; c++)
    depth += *c == ';';
  see (&searched[depth], answer->outcome->digest, (uint32_t) strtoul (answer->state, NULL, 10),
       mpz_get_ui (answer->states));
  return 0;
}

/* A recovery that is to be interrupted, for those who visit its states. */
struct visitor {
  uint32_t point;               /* the first crash */
  unsigned depth;
};

static void interrupt_all (const struct visitor *visitor, char letters[DEVICES][SECTORS], const struct log_tape *tape);

/* Recover from LETTERS. */
static void
recover_from (void *opaque, char letters[DEVICES][SECTORS])
{
  const struct visitor *visitor = opaque;
  char tree[PLAYED_TREE_MAX], digest[TREE_DIGEST_LENGTH + 1];
  struct log_tape tape = { .bytes = NULL };
  struct guest guest = { .tape = &tape };

  memcpy (guest.letters, letters, sizeof guest.letters);
  digest_of (reader.observe (&reader, &guest), tree, digest);
  see (&visited[visitor->depth], digest, visitor->point, 1);
  if (visitor->depth < config.nested)
    interrupt_all (visitor, letters, &tape);
  free (tape.bytes);
}

/* What a device held when recovery began is durable. */
static void
add_image (struct history *after, unsigned device, const char *letters)
{
  struct operation *image = &after->writes[after->write_count++];

  *image = (struct operation) { .device = device, .count = SECTORS, .fua = true, .kind = LOG_WRITE };
  memcpy (image->letters, letters, SECTORS);
}

/* Note what is on TAPE, from position 1 on.  Returns the last position. */
static uint32_t
add_tape (struct history *after, const struct log_tape *tape)
{
  struct log_record record;
  uint32_t position = 1;
  const char *data;

  for (size_t at = 0; log_tape_next (tape, &at, &record, &data); position += 2) {
    struct operation *operation = record.kind == LOG_FLUSH ? &after->flushes[after->flush_count++]
      : &after->writes[after->write_count++];

    *operation = (struct operation) {
      .device = record.device, .first = (unsigned) record.offset / LOG_SECTOR, .count = record.length / LOG_SECTOR,
      .issue = position, .completion = position + 1, .ended = position + 1, .fua = record.flags & LOG_FLAG_FUA,
      .kind = record.kind
    };
    for (unsigned i = 0; i < operation->count; i++)
      operation->letters[i] = sector_letter (data + i * LOG_SECTOR);
  }
  return position - 1;
}

/* Whether a write of AFTER is pending until FLUSH makes it durable. */
static bool
makes_durable (const struct history *after, const struct operation *flush)
{
  uint32_t before = 0;          /* the end of the flush before this one */

  for (const struct operation *earlier = after->flushes; earlier < flush; earlier++)
    if (earlier->device == flush->device)
      before = earlier->completion;
  for (unsigned i = DEVICES; i < after->write_count; i++)
    if (after->writes[i].device == flush->device && after->writes[i].issue > before && !after->writes[i].fua
        && after->writes[i].completion < flush->issue)
      return true;
  return false;
}

static void
interrupt_all (const struct visitor *visitor, char letters[DEVICES][SECTORS], const struct log_tape *tape)
{
  struct visitor deeper = { visitor->point, visitor->depth + 1 };
  struct history after = { .write_count = 0 };

  for (unsigned device = 0; device < DEVICES; device++)
    add_image (&after, device, letters[device]);
  const uint32_t last = add_tape (&after, tape);
  if (after.write_count == DEVICES)
    return;
  for (unsigned i = 0; i < after.flush_count; i++)
    if (makes_durable (&after, &after.flushes[i]))
      visit_images (&after, after.flushes[i].completion - 1, &config.tear, recover_from, &deeper);
  for (unsigned i = DEVICES; i < after.write_count; i++)
    if (after.writes[i].fua)
      visit_images (&after, after.writes[i].completion - 1, &config.tear, recover_from, &deeper);
  visit_images (&after, last, &config.tear, recover_from, &deeper);
}

/* Visit all states of the log. */
static void
visit_all (const struct crash_points *points)
{
  struct history before;

  read_history (history, &before);
  for (size_t i = 0; i < points->count; i++) {
    struct visitor visitor = { points->points[i].position, 0 };

    visit_images (&before, visitor.point, &config.tear, recover_from, &visitor);
  }
}

static bool
is_small (const struct results *results)
{
  bool small = true;

  for (size_t i = 0; i < results->points.count; i++)
    small &= mpz_cmp_ui (results->found[i].states, STATES_MAX) <= 0;
  return small && history->unordered_count <= PAIRS_MAX;
}

static uint64_t
sum_of (const struct sightings *sightings)
{
  uint64_t sum = 0;

  for (size_t i = 0; i < sightings->count; i++)
    sum += sightings->entries[i].states;
  return sum;
}

/* Search the log, and count what was covered at each depth.  Returns whether it is small enough. */
static bool
compare_log (uint64_t *interrupted)
{
  struct session *session = session_new (&config);
  const struct results *results = session_results (session);
  const bool small = is_small (results);

  if (small) {
    ck_assert_int_eq (session_run (session), 0);
    visit_all (&results->points);
    for (unsigned depth = 0; depth <= config.nested; depth++) {
      assert_same_observations (&searched[depth], &visited[depth]);
      if (depth == 0)
        continue;
      ck_assert_int_eq (mpz_cmp_ui (results->nested[depth - 1].states, sum_of (&visited[depth])), 0);
      ck_assert_int_eq (mpz_cmp_ui (results->nested[depth - 1].covered, sum_of (&visited[depth])), 0);
      ck_assert_uint_eq (results->nested[depth - 1].unfinished, 0);
      *interrupted += sum_of (&visited[depth]);
    }
    ck_assert_uint_eq (results->mismatches, 0);
  }
  for (unsigned depth = 0; depth < DEPTHS; depth++) {
    sightings_free (&searched[depth]);
    sightings_free (&visited[depth]);
  }
  session_free (session);
  return small;
}

static void
compare_logs (unsigned nested, unsigned steps, unsigned count)
{
  uint64_t interrupted = 0;

  for (unsigned i = 0; i < sizeof tears / sizeof tears[0]; i++) {
    struct random_logs logs = RANDOM_LOGS (i + 100 * nested, shapes);
    unsigned compared = 0;

    while (compared < count && next_random_log (&logs, 1 << 20)) {
      history = logs.log;
      reader = (struct reader) { wander, logs.round, 2 + logs.round % steps, true, true };
      config = (struct session_config) {
        .log = history, .runner = { .filesystem = "ext4", .mount_options = "" }, .folder = unit_directory (),
        .jobs = 1, .tear = tears[i], .nested = nested, .no_reduction = logs.round % 4 == 0, .listen = listen_to
      };
      compared += compare_log (&interrupted);
    }
    write_log_close (logs.log);
  }
  ck_assert_uint_gt (interrupted, count * 100);
}

START_TEST (every_state_of_an_interrupted_recovery_is_visited)
{
  compare_logs (1, 14, unit_rounds (LOG_COUNT));
}
END_TEST

START_TEST (recoveries_are_interrupted_twice)
{
  compare_logs (2, 8, unit_rounds (LOG_COUNT / 3));
}
END_TEST

UNIT_TEST_MAIN ("interrupt", every_state_of_an_interrupted_recovery_is_visited, recoveries_are_interrupted_twice)
