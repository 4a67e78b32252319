/* SPDX-License-Identifier: BSD-3-Clause */
/* What files hold, counted by groups, is held against a visit of every legal state. */
#include <config.h>

#include <string.h>

#include "checker/observe/pages.h"
#include "common/cleanup.h"
#include "replay/search/data-classes.h"
#include "tests/unit/replay/search/brute-force.h"
#include "tests/unit/replay/search/trial.h"

#define FILE_SECTORS 10

/* What is asked: whether files are old or new, or all that pages may be like. */
static unsigned asked;

/* Where the data of files are, and what they should be: random, and the same for all who ask with the same seed. */
struct layout {
  unsigned count;
  struct {
    unsigned device, sector;
    char old, new;              /* `-`: whatever is there is wrong */
  } sectors[FILE_SECTORS];
};

static struct layout
lay_out_files (uint64_t seed)
{
  struct dice dice = { seed };
  struct layout layout = { .count = roll (&dice, FILE_SECTORS + 1) };

  for (unsigned i = 0; i < layout.count; i++) {
    layout.sectors[i].device = roll (&dice, DEVICES);
    layout.sectors[i].sector = roll (&dice, SECTORS);
    layout.sectors[i].old = "..aab-"[roll (&dice, i < 4 ? 5 : 6)];
    layout.sectors[i].new = "..abbc"[roll (&dice, 6)];
  }
  return layout;
}

/* What a sector that holds LETTER is like. */
static unsigned
likeness_of (char letter, char old, char new)
{
  return (letter == old ? LIKE_OLD | LIKE_EITHER : 0u) | (letter == new ? LIKE_NEW | LIKE_EITHER : 0u)
    | (letter == '.' ? LIKE_ZEROS : 0u);
}

/* A recovery, and then a look at the files: sees what all of them are like. */
static uint64_t
recover_and_look (const struct reader *reader, struct guest *guest)
{
  const uint64_t recovered = wander (reader, guest);
  const struct layout layout = lay_out_files (recovered);
  unsigned set = asked;

  for (unsigned i = 0; i < layout.count; i++) {
    unsigned device = layout.sectors[i].device, sector = layout.sectors[i].sector;
    bool written = guest->written[device][sector / BLOCK_SECTORS] & 1u << sector % BLOCK_SECTORS;
    char letter = written ? guest->written_letters[device][sector] : guest->letters[device][sector];

    set &= likeness_of (letter, layout.sectors[i].old, layout.sectors[i].new);
  }
  return (recovered & ~UINT64_C (15)) | set;
}

/* The sectors of LAYOUT for GUEST; BYTES is room for their contents. */
static void
list_sectors (const struct layout *layout, const struct guest *guest, struct data_sector *sectors,
              char bytes[][3][LOG_SECTOR])
{
  for (unsigned i = 0; i < layout->count; i++) {
    unsigned device = layout->sectors[i].device, sector = layout->sectors[i].sector;
    bool written = guest->written[device][sector / BLOCK_SECTORS] & 1u << sector % BLOCK_SECTORS;

    fill_sector (layout->sectors[i].old, bytes[i][0]);
    fill_sector (layout->sectors[i].new, bytes[i][1]);
    fill_sector (guest->written_letters[device][sector], bytes[i][2]);
    sectors[i] = (struct data_sector) {
      .device = device, .sector = sector, .bytes = LOG_SECTOR, .known = written ? bytes[i][2] : NULL,
      .old.bytes = layout->sectors[i].old == '-' ? NULL : bytes[i][0], .new.bytes = bytes[i][1]
    };
  }
}

static unsigned
look_at_letter (const struct data_sector *sector, const char *bytes)
{
  return likeness_of (sector_letter (bytes), sector->old.bytes ? sector_letter (sector->old.bytes) : '-',
                      sector_letter (sector->new.bytes));
}

/* A state of CLASS, that of SELECTION with its choices, shows that class. */
static void
assert_of_class (struct crash_state *state, const struct selection *selection, const struct data_class *class,
                 const struct data_sector *sectors, unsigned count, unsigned expected)
{
  CLEANUP_FREE struct choice *choices = calloc (selection->count + class->count + 1, sizeof *choices);
  struct selection decided = *selection;
  unsigned set = asked;
  size_t decisions;

  ASSERT_QUICKLY (choices);
  memcpy (choices, selection->choices, selection->count * sizeof *choices);
  for (size_t i = 0; i < class->count; i++)
    choices[selection->count + i] = class->choices[i];
  decided.choices = choices;
  decided.count += class->count;
  decided.rule.preference = PREFER_PRESENT;
  ASSERT_QUICKLY (crash_state_select (state, &decided) == 0);
  for (unsigned i = 0; i < count; i++) {
    char sector[LOG_SECTOR];
    const char *seen = sectors[i].known;

    if (seen == NULL) {
      crash_state_read (state, sectors[i].device, sector, LOG_SECTOR, sectors[i].sector * LOG_SECTOR);
      seen = sector;
    }
    set &= look_at_letter (&sectors[i], seen);
  }
  crash_state_decisions (state, &decisions);
  ASSERT_QUICKLY (set == expected);
}

/* Count the states of a run that recovered as RECOVERED says and decided all of SELECTION, which are STATES.  False if
 * that is left to a run that reads: the sectors depend on the order of writes, too.
 */
static bool
count_run (struct trial *trial, const struct selection *selection, const struct guest *guest, uint64_t recovered,
           const mpz_t states)
{
  const struct layout layout = lay_out_files (recovered);
  struct data_sector sectors[FILE_SECTORS];
  char bytes[FILE_SECTORS][3][LOG_SECTOR];
  const struct data_question question = {
    trial->config.log, selection, trial->other, sectors, layout.count, look_at_letter
  };
  struct data_classes classes;
  mpz_t share;

  mpz_init (share);
  list_sectors (&layout, guest, sectors, bytes);
  ASSERT_QUICKLY (data_question_select (&question) == 0);
  const bool counted = data_classes_count (&question, asked, &classes) == GROUPS_COUNTED;
  ASSERT_QUICKLY (counted ? mpz_divisible_p (states, classes.all) : trial->config.log->unordered_count > 0);
  for (unsigned class = 0; counted && class < DATA_SETS; class++) {
    if (mpz_sgn (classes.classes[class].ways) == 0)
      continue;
    mpz_divexact (share, states, classes.all);
    mpz_mul (share, share, classes.classes[class].ways);
    sightings_add (&trial->runs, (recovered & ~UINT64_C (15)) | class, mpz_get_ui (share), NULL);
    assert_of_class (trial->other, selection, &classes.classes[class], sectors, layout.count, class);
  }
  data_classes_free (&classes);
  mpz_clear (share);
  return counted;
}

/* Make the run of TASK, and count its states: true if that can be done. */
static bool
run_task (struct trial *trial, const struct task *task)
{
  CLEANUP_FREE struct choice *choices = NULL, *all = NULL;
  const struct choice *decisions;
  struct guest guest = { .state = trial->state };
  struct selection selection;
  const struct node *leaf;
  uint64_t recovered;
  size_t count;
  mpz_t states;

  mpz_init (states);
  ASSERT_QUICKLY (search_selection (trial->search, task, &selection, &choices) == 0);
  ASSERT_QUICKLY (crash_state_select (trial->state, &selection) == 0);
  recovered = wander (&trial->reader, &guest);
  decisions = crash_state_decisions (trial->state, &count);
  ASSERT_QUICKLY (search_answer (trial->search, task, decisions, count, states, &leaf) == 0);
  all = calloc (selection.count + count + 1, sizeof *all);
  ASSERT_QUICKLY (all);
  memcpy (all, choices, selection.count * sizeof *all);
  if (count > 0)
    memcpy (all + selection.count, decisions, count * sizeof *all);
  selection.choices = all;
  selection.count += count;
  const bool counted = count_run (trial, &selection, &guest, recovered, states);
  mpz_clear (states);
  return counted;
}

/* Whether all runs could be counted. */
static bool
explore_located (struct trial *trial)
{
  struct task task;
  bool counted = true;

  trial->search = search_new (&trial->config);
  ASSERT_QUICKLY (trial->search);
  while (search_take (trial->search, &task) == SEARCH_TASK)
    counted = run_task (trial, &task) && counted;
  return counted;
}

static const struct tear tears[] = {
  { TEAR_NONE, 512 }, { TEAR_PREFIX, 512 }, { TEAR_PREFIX, 1024 }, { TEAR_ANY, 512 }, { TEAR_ANY, 1024 }
};
#define TEAR_COUNT (sizeof tears / sizeof tears[0])
#define UNITS_MAX 12
#define LOG_COUNT 200

static const struct log_shape shapes[] = {
  { DEVICES, SECTORS, 3, 4, 6, true }, { DEVICES, SECTORS, 5, 4, 8, true }, { DEVICES, SECTORS, 2, 3, 10, true }
};

/* Whether there are few enough pieces for brute force. */
static bool
is_small (const struct write_log *log, const struct crash_points *points, size_t number, const struct tear *tear)
{
  unsigned units = 0;

  for (uint32_t write = 0; pending_index_next (&points->pending, points->points[number].position, &write); write++)
    units += tear_pieces (tear, &log->writes[write]);
  return units <= UNITS_MAX;
}

START_TEST (groups_count_what_every_state_shows)
{
  struct random_logs logs = RANDOM_LOGS (77 + (uint64_t) _i, shapes);
  size_t compared = 0;

  while (next_random_log (&logs, 8 * LOG_COUNT)) {
    struct history history;
    struct crash_points points;

    asked = logs.round % 2 ? LIKE_ALL : LIKE_OLD | LIKE_NEW;
    read_history (logs.log, &history);
    ck_assert_int_eq (model_crash_points (logs.log, false, &points), 0);
    for (size_t i = 0; i < points.count; i++) {
      const struct reader brute = { recover_and_look, logs.round, 6, true, false };
      struct trial trial;
      struct sightings every;

      /* Of writes that lie in any order nothing is counted. */
      if (logs.log->unordered_count > 0 || !is_small (logs.log, &points, i, &tears[_i]))
        continue;
      trial = begin_trial (logs.log, &points.points[i], tears[_i],
                           (struct reader) { wander, logs.round, 6, true, false });
      every = visit_states (&history, points.points[i].position, &tears[_i], &brute);
      if (explore_located (&trial)) {
        assert_same_observations (&trial.runs, &every);
        compared += trial.runs.count > 1;
      }
      sightings_free (&every);
      end_trial (&trial);
    }
    crash_points_free (&points);
  }
  ck_assert_uint_ge (compared, unit_rounds (LOG_COUNT) / 2);
}
END_TEST

UNIT_TEST_MAIN ("data classes", LOOP_OVER (groups_count_what_every_state_shows, tears))
