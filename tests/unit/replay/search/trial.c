/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "log/state-id.h"
#include "replay/search/model.h"
#include "replay/search/node.h"
#include "tests/unit/replay/search/trial.h"

struct trial
begin_trial (const struct write_log *log, const struct crash_point *point, struct tear tear, struct reader reader)
{
  uint32_t *pending;
  ck_assert_int_eq (model_pending (log, point->position, &pending), point->pending_count);
  struct trial trial = {
    .config = {
      .log = log, .point = point->position, .pending = pending, .pending_count = point->pending_count,
      .tear = tear, .reduce = true
    },
    .reader = reader, .workers = 1
  };

  trial.state = crash_state_new (log);
  trial.other = crash_state_new (log);
  ck_assert_ptr_nonnull (trial.state);
  ck_assert_ptr_nonnull (trial.other);
  mpz_inits (trial.states, trial.covered, NULL);
  return trial;
}

void
end_trial (struct trial *trial)
{
  search_free (trial->search);
  free ((void *) trial->config.pending);
  crash_state_free (trial->state);
  crash_state_free (trial->other);
  sightings_free (&trial->runs);
  mpz_clears (trial->states, trial->covered, NULL);
}

/* Run the reader on SELECTION. */
static uint64_t
observe (const struct trial *trial, struct crash_state *state, const struct selection *selection, struct guest *guest)
{
  *guest = (struct guest) { .state = state };
  ASSERT_QUICKLY (crash_state_select (state, selection) == 0);
  return trial->reader.observe (&trial->reader, guest);
}

/* SELECTION with MORE choices behind its own, which are to free. */
static struct selection
extended (const struct selection *selection, const struct choice *more, size_t count, struct choice **choices)
{
  struct selection result = *selection;

  *choices = calloc (selection->count + count + 1, sizeof **choices);
  ASSERT_QUICKLY (*choices);
  for (size_t i = 0; i < selection->count; i++)
    (*choices)[i] = selection->choices[i];
  for (size_t i = 0; i < count; i++)
    (*choices)[selection->count + i] = more[i];
  result.choices = *choices;
  result.count = selection->count + count;
  return result;
}

static struct outcome
outcome_of (uint64_t observation)
{
  struct outcome outcome = { .kind = OUTCOME_TREE };

  snprintf (outcome.digest, sizeof outcome.digest, "%016jx", (uintmax_t) observation);
  return outcome;
}

/* The run that was remembered instead, decided in `state`, would have been this one. */
static uint64_t
assert_remembered_right (struct trial *trial, const struct selection *selection, const struct outcome *known)
{
  CLEANUP_FREE struct choice *choices = NULL;
  struct guest guest;
  uint64_t observation = observe (trial, trial->other, selection, &guest);
  const struct outcome outcome = outcome_of (observation);
  size_t count, expected;
  const struct choice *decisions = crash_state_decisions (trial->state, &count);
  const struct choice *own = crash_state_decisions (trial->other, &expected);

  ASSERT_QUICKLY (outcome_same (known, &outcome));
  ASSERT_QUICKLY (count == expected);
  for (size_t i = 0; i < count; i++)
    ASSERT_QUICKLY (memcmp (&decisions[i], &own[i], sizeof own[i]) == 0);
  const struct selection decided = extended (selection, decisions, count, &choices);
  ASSERT_QUICKLY (observe (trial, trial->other, &decided, &guest) == observation);
  crash_state_decisions (trial->other, &count);
  ASSERT_QUICKLY (count == 0);
  return observation;
}

static void
keep_read_set (struct trial *trial, const struct selection *selection, const struct guest *guest, uint64_t observation)
{
  CLEANUP_FREE struct choice *choices = NULL;
  const struct outcome outcome = outcome_of (observation);
  size_t count;
  const struct choice *decisions = crash_state_decisions (trial->state, &count);
  const struct selection decided = extended (selection, decisions, count, &choices);

  ASSERT_QUICKLY (crash_state_select (trial->other, &decided) == 0);
  ASSERT_QUICKLY (read_sets_add (trial->read_sets, trial->other, 0, guest->seen, guest->seen_count, &outcome, NULL)
                  == READ_SET_KEPT);
  crash_state_decisions (trial->other, &count);
  ASSERT_QUICKLY (count == 0); /* the run had decided all that it read */
}

/* What a run of SELECTION sees, remembered or real; what was decided is in `state` then. */
static uint64_t
run_or_remember (struct trial *trial, const struct selection *selection)
{
  const struct outcome *known;
  struct guest guest;
  uint64_t observation;

  if (trial->read_sets) {
    ASSERT_QUICKLY (crash_state_select (trial->state, selection) == 0);
    known = read_sets_find (trial->read_sets, trial->state, 0, NULL);
    trial->remembered += known != NULL;
    if (known)
      return assert_remembered_right (trial, selection, known);
  }
  observation = observe (trial, trial->state, selection, &guest);
  if (trial->read_sets)
    keep_read_set (trial, selection, &guest, observation);
  return observation;
}

/* The decided choices alone must give what the run saw: with everything else absent, and as a state id, which leaves
 * everything else there.
 */
static void
assert_decided_enough (struct trial *trial, const struct node *leaf, uint64_t observation)
{
  const struct search_config *config = &trial->config;
  CLEANUP_FREE struct choice *decided = NULL, *absent = NULL, *parsed = NULL, *choices = NULL;
  CLEANUP_FREE char *id = NULL;
  size_t count, parsed_count;
  struct guest guest;
  uint32_t point;

  decided = node_decided (leaf, &count);
  absent = calloc (config->pending_count + 1, sizeof *absent);
  ASSERT_QUICKLY (decided);
  ASSERT_QUICKLY (absent);
  for (uint32_t i = 0; i < config->pending_count; i++)
    absent[i] = choice_whole (config->pending[i], CHOICE_ABSENT);
  const struct selection rest_absent = {
    .point = config->point, .choices = absent, .count = config->pending_count, .rule = { .tear = config->tear }
  };
  const struct selection selection = extended (&rest_absent, decided, count, &choices);
  ASSERT_QUICKLY (observe (trial, trial->other, &selection, &guest) == observation);

  id = state_id_format (config->log, config->point, decided, count);
  ASSERT_QUICKLY (id);
  ASSERT_QUICKLY (state_id_parse (id, config->log, &point, &parsed, &parsed_count) == 0);
  const struct selection named = {
    .point = point, .choices = parsed, .count = parsed_count, .rule = { .tear = { TEAR_NONE, LOG_SECTOR } }
  };
  ASSERT_QUICKLY (point == config->point);
  ASSERT_QUICKLY (observe (trial, trial->other, &named, &guest) == observation);
}

/* The first run decides everything for `there`, the second one everything against it. */
static void
assert_first_places (const struct trial *trial, const char *place)
{
  if (trial->runs.count < 2)
    ASSERT_QUICKLY (strspn (place, trial->runs.count == 0 ? "+" : "-") == strlen (place));
}

static void
enter_run (struct trial *trial, const struct node *leaf, uint64_t observation, const mpz_t states)
{
  char *place = node_place (leaf);

  ASSERT_QUICKLY (place);
  if (!trial->fickle && !trial->config.prefix_only) {
    assert_decided_enough (trial, leaf, observation);
    assert_first_places (trial, place);
  }
  ASSERT_QUICKLY (mpz_sgn (states) > 0);
  if (!trial->config.reduce)
    ASSERT_QUICKLY (mpz_cmp_ui (states, 1) == 0);
  sightings_add (&trial->runs, observation, mpz_fits_ulong_p (states) ? mpz_get_ui (states) : 0, place);
  mpz_add (trial->covered, trial->covered, states);
}

void
answer_task (struct trial *trial, const struct task *task)
{
  CLEANUP_FREE struct choice *choices = NULL;
  const struct choice *decisions;
  struct selection selection;
  const struct node *leaf;
  uint64_t observation;
  size_t count;
  mpz_t states;

  mpz_init (states);
  ASSERT_QUICKLY (search_selection (trial->search, task, &selection, &choices) == 0);
  observation = run_or_remember (trial, &selection);
  trial->reader.seed += trial->fickle;
  decisions = crash_state_decisions (trial->state, &count);
  if (!trial->config.reduce || trial->config.prefix_only)
    ASSERT_QUICKLY (count == 0);
  ASSERT_QUICKLY (search_answer (trial->search, task, decisions, count, states, &leaf) == 0);
  enter_run (trial, leaf, observation, states);
  mpz_clear (states);
}

void
explore (struct trial *trial)
{
  struct task tasks[WORKERS_MAX];
  unsigned taken = 0;
  mpz_t covered;

  trial->search = search_new (&trial->config);
  ck_assert_ptr_nonnull (trial->search);
  for (;;) {
    enum search_step step = SEARCH_TASK;

    while (taken < trial->workers && (step = search_take (trial->search, &tasks[taken])) == SEARCH_TASK)
      taken++;
    ASSERT_QUICKLY (step == (taken == trial->workers ? SEARCH_TASK : taken ? SEARCH_WAIT : SEARCH_DONE));
    if (taken == 0)
      break;
    struct task *done = &tasks[roll (&trial->dice, taken)];
    answer_task (trial, done);
    *done = tasks[--taken];
  }
  mpz_init (covered);
  search_covered (trial->search, covered);
  ck_assert_int_eq (model_count_states (trial->config.log, trial->config.point, trial->config.pending,
                                        trial->config.pending_count, &trial->config.tear, trial->states), 0);
  ck_assert_int_eq (mpz_cmp (covered, trial->covered), 0);
  ck_assert_int_le (mpz_cmp (covered, trial->states), 0);
  mpz_clear (covered);
}

void
explore_all (struct trial *trial)
{
  explore (trial);
  ck_assert_int_eq (mpz_cmp (trial->covered, trial->states), 0);
}
