/* SPDX-License-Identifier: BSD-3-Clause */
/* Crash states are held against models that apply one write after the other to an array of sectors: lay_out for whole
 * writes, struct model for torn ones.  Long because every test here needs the model, and no other.
 */
#include <config.h>

#include <string.h>

#include "tests/unit/log/states.h"

#define SECTORS STATE_SECTORS
#define WRITES_MAX 64

static const struct log_shape shapes[] = {
  { .devices = 1, .sectors = 8, .length = 8, .letters = 27, .writes = 12 },
  { .devices = 2, .sectors = SECTORS, .length = 12, .letters = 3, .writes = 40 },
  { .devices = 3, .sectors = SECTORS - 3, .length = 20, .letters = 27, .writes = 20 },
};

START_TEST (decided_states_are_as_laid_out)
{
  struct random_logs logs = RANDOM_LOGS (1, shapes);

  while (next_random_log (&logs, 150)) {
    struct crash_state *state = new_state (logs.log);

    for (unsigned ask = 0; ask < 20; ask++) {
      uint32_t point = roll (&logs.dice, logs.log->event_count), issued = log_writes_until (logs.log, point);
      struct choice choices[WRITES_MAX];
      bool there[WRITES_MAX];
      char letters[SECTORS + 1];

      for (uint32_t i = 0; i < issued; i++) {
        there[i] = roll (&logs.dice, 2);
        choices[i] = choice_whole (i, there[i] ? CHOICE_PRESENT : CHOICE_ABSENT);
      }
      ck_assert_int_eq (select_point (state, point, choices, issued, rule_of (TEAR_NONE, LOG_SECTOR, PREFER_PRESENT)),
                        0);
      for (unsigned device = 0; device < logs.shape->devices; device++) {
        lay_out (logs.log, device, point, there, logs.shape->sectors, letters);
        assert_content (state, device, logs.shape->sectors, letters);
      }
    }
    assert_decisions (state, "");
    crash_state_free (state);
  }
}
END_TEST

#define CHOICES_MAX (WRITES_MAX * 8)

/* A selection, and what it and the decisions after it make of each sector of the devices in each write. */
struct model {
  const struct write_log *log;
  const struct log_shape *shape;
  struct decision_rule rule;
  uint32_t point, issued;
  struct choice choices[CHOICES_MAX];
  size_t choice_count;
  struct choice decisions[WRITES_MAX * SECTORS];
  size_t decision_count;
  enum choice_kind kinds[WRITES_MAX][SECTORS];  /* by sector of the device; absent where the write does not touch it */
  char letters[WRITES_MAX][SECTORS + 1];        /* by sector of the device: what the write alone leaves there */
};

static uint32_t
start_of (const struct model *model, uint32_t write)
{
  return (uint32_t) (model->log->writes[write].offset_bytes / LOG_SECTOR);
}

static uint32_t
end_of (const struct model *model, uint32_t write)
{
  return start_of (model, write) + model->log->writes[write].length_bytes / LOG_SECTOR;
}

static void
begin_model (struct model *model, struct random_logs *logs)
{
  static const uint32_t sizes[] = { 512, 1024, 4096 };
  const struct write_log *log = model->log = logs->log;
  const struct log_shape *shape = model->shape = logs->shape;
  struct dice *dice = &logs->dice;

  model->rule = rule_of (roll (dice, TEAR_ANY + 1), sizes[roll (dice, 3)], roll (dice, PREFER_RANDOM));
  model->point = roll (dice, log->event_count);
  model->issued = log_writes_until (log, model->point);
  model->choice_count = model->decision_count = 0;
  for (uint32_t write = 0; write < model->issued; write++) {
    bool there[WRITES_MAX] = { false };

    there[write] = true;
    lay_out (log, log->writes[write].device, model->point, there, shape->sectors, model->letters[write]);
    for (uint32_t sector = 0; sector < SECTORS; sector++)
      model->kinds[write][sector]
        = sector >= start_of (model, write) && sector < end_of (model, write) ? CHOICE_PRESENT : CHOICE_ABSENT;
  }
}

/* Which of the device's own sectors SECTOR lies in. */
static uint32_t
piece_of (const struct model *model, uint32_t sector)
{
  return sector / (model->rule.tear.atomic_bytes / LOG_SECTOR);
}

static void
apply_to_model (struct model *model, struct choice choice)
{
  uint32_t start = start_of (model, choice.write), length = end_of (model, choice.write) - start;

  for (uint32_t i = choice.first; i <= choice.last && i < length; i++)
    model->kinds[choice.write][start + i] = choice.kind;
}

static void
add_choice (struct model *model, struct choice choice)
{
  ck_assert_uint_lt (model->choice_count, CHOICES_MAX);
  model->choices[model->choice_count++] = choice;
  apply_to_model (model, choice);
}

static void
select_model (struct crash_state *state, const struct model *model)
{
  ck_assert_int_eq (select_point (state, model->point, model->choices, model->choice_count, model->rule), 0);
}

/* Choices that the tear mode allows, some of them undecided. */
static void
add_legal_choices (struct dice *dice, struct model *model)
{
  for (uint32_t write = model->issued; write-- > 0;) {
    uint32_t length = end_of (model, write) - start_of (model, write);
    enum choice_kind kind = roll (dice, 3);

    add_choice (model, choice_whole (write, kind));
    for (unsigned left = kind == CHOICE_UNDECIDED ? roll (dice, 3) : 0; left > 0; left--)
      add_choice (model, tear_choice (&model->rule.tear, model->log, write, roll (dice, length), roll (dice, 2)));
  }
}

/* Choices of any parts of any writes, of the first KINDS kinds. */
static void
add_any_choices (struct dice *dice, struct model *model, unsigned kinds)
{
  for (unsigned left = model->issued * 3; left > 0; left--) {
    uint32_t write = roll (dice, model->issued), length = end_of (model, write) - start_of (model, write);
    uint32_t first = roll (dice, length), last = roll (dice, 4) ? first + roll (dice, length) : CHOICE_END;

    add_choice (model, (struct choice) { write, first, last, roll (dice, kinds) });
  }
}

/* The letter of a sector if just those undecided writes have it whose bit is set in SUBSET: bit 0 is the oldest. */
static char
letter_under (const struct model *model, unsigned device, uint32_t sector, unsigned subset)
{
  char letter = '.';

  for (uint32_t write = 0; write < model->issued; write++) {
    enum choice_kind kind = model->kinds[write][sector];

    if (model->log->writes[write].device != device)
      continue;
    if (kind == CHOICE_PRESENT || (kind == CHOICE_UNDECIDED && subset & 1))
      letter = model->letters[write][sector];
    if (kind == CHOICE_UNDECIDED)
      subset >>= 1;
  }
  return letter;
}

START_TEST (torn_states_are_as_in_the_model)
{
  struct random_logs logs = RANDOM_LOGS (4, shapes);
  struct model model;

  while (next_random_log (&logs, 90)) {
    struct crash_state *state = new_state (logs.log);

    for (unsigned ask = 0; ask < 10; ask++) {
      begin_model (&model, &logs);
      add_any_choices (&logs.dice, &model, 2);
      select_model (state, &model);
      for (unsigned device = 0; device < logs.shape->devices; device++) {
        char letters[SECTORS + 1] = "";

        for (uint32_t sector = 0; sector < logs.shape->sectors; sector++)
          letters[sector] = letter_under (&model, device, sector, 0);
        assert_content (state, device, logs.shape->sectors, letters);
      }
      assert_decisions (state, "");
    }
    crash_state_free (state);
  }
}
END_TEST

#define NO_WRITE UINT32_MAX

/* The newest undecided write on which the sector depends under some choice of the others: found by trying all. */
static uint32_t
find_dependence (const struct model *model, unsigned device, uint32_t sector)
{
  uint32_t open[WRITES_MAX];
  unsigned count = 0;
  char letters[1 << 12];

  for (uint32_t write = 0; write < model->issued; write++)
    if (model->log->writes[write].device == device && model->kinds[write][sector] == CHOICE_UNDECIDED)
      open[count++] = write;
  ck_assert_uint_le (count, 12);
  for (unsigned subset = 0; subset < 1u << count; subset++)
    letters[subset] = letter_under (model, device, sector, subset);
  for (unsigned i = count; i-- > 0;)
    for (unsigned subset = 0; subset < 1u << count; subset++)
      if (letters[subset] != letters[subset ^ 1u << i])
        return open[i];
  return NO_WRITE;
}

/* Whether sector OTHER of a write is decided with SECTOR. */
static bool
comes_along (const struct model *model, enum choice_kind kind, uint32_t sector, uint32_t other)
{
  switch (model->rule.tear.mode) {
  case TEAR_PREFIX:
    return kind == CHOICE_PRESENT ? piece_of (model, other) <= piece_of (model, sector)
      : piece_of (model, other) >= piece_of (model, sector);
  case TEAR_ANY:
    return piece_of (model, other) == piece_of (model, sector);
  default:
    return true;
  }
}

static void
decide_in_model (struct model *model, uint32_t write, uint32_t sector)
{
  enum choice_kind kind = model->rule.preference == PREFER_PRESENT ? CHOICE_PRESENT : CHOICE_ABSENT;
  uint32_t start = start_of (model, write), length = end_of (model, write) - start;
  struct choice decision = { write, sector - start, sector - start, kind };

  for (uint32_t i = 0; i < length; i++)
    if (model->kinds[write][start + i] == CHOICE_UNDECIDED && comes_along (model, kind, sector, start + i)) {
      decision.first = decision.first < i ? decision.first : i;
      decision.last = decision.last > i ? decision.last : i;
    }
  apply_to_model (model, decision);
  model->decisions[model->decision_count++] = decision;
}

/* Decide what SECTOR depends on, one write after the other, and return its letter. */
static char
read_model (struct model *model, unsigned device, uint32_t sector)
{
  uint32_t write;

  while ((write = find_dependence (model, device, sector)) != NO_WRITE)
    decide_in_model (model, write, sector);
  return letter_under (model, device, sector, 0);
}

/* A few sectors of a block, to read. */
struct glance {
  unsigned device;
  uint32_t block;
  unsigned sectors;
  char letters[BLOCK_SECTORS];  /* what was read there */
};

static struct glance
random_glance (struct dice *dice, const struct log_shape *shape)
{
  unsigned device = roll (dice, shape->devices);
  uint32_t block = roll (dice, (shape->sectors + BLOCK_SECTORS - 1) / BLOCK_SECTORS);
  unsigned sectors = roll (dice, BLOCK_ALL + 1) & roll (dice, BLOCK_ALL + 1);

  return (struct glance) { .device = device, .block = block, .sectors = sectors };
}

/* Whether GLANCE looks at sector I of its block, and the device has it. */
static bool
looks_at (const struct glance *glance, const struct log_shape *shape, uint32_t i)
{
  return glance->sectors & 1u << i && glance->block * BLOCK_SECTORS + i < shape->sectors;
}

static void
take (struct crash_state *state, struct glance *glance)
{
  char bytes[BLOCK_SIZE];

  crash_state_read_block (state, glance->device, glance->block, glance->sectors, bytes);
  for (uint32_t i = 0; i < BLOCK_SECTORS; i++)
    glance->letters[i] = glance->sectors & 1u << i ? sector_letter (bytes + i * LOG_SECTOR) : '-';
}

/* The decisions from FROM on must be the COUNT at EXPECTED. */
static void
compare_decisions (const struct crash_state *state, const struct write_log *log, size_t from,
                   const struct choice *expected, size_t count)
{
  size_t found;
  const struct choice *decisions = crash_state_decisions (state, &found);

  ck_assert_uint_eq (found, from + count);
  for (size_t i = 0; i < count; i++) {
    const struct choice *decision = &decisions[from + i];
    uint32_t end = write_last_sector (&log->writes[expected[i].write]);

    ck_assert_uint_eq (decision->write, expected[i].write);
    ck_assert_int_eq (decision->kind, expected[i].kind);
    ck_assert_uint_eq (decision->first, expected[i].first);
    ck_assert_uint_eq (decision->last < end ? decision->last : end, expected[i].last < end ? expected[i].last : end);
  }
}

START_TEST (a_write_is_decided_if_and_only_if_the_bytes_depend_on_it)
{
  struct random_logs logs = RANDOM_LOGS (2, shapes);
  struct model model;

  while (next_random_log (&logs, 120)) {
    struct crash_state *state = new_state (logs.log);

    for (unsigned ask = 0; ask < 8; ask++) {
      begin_model (&model, &logs);
      add_legal_choices (&logs.dice, &model);
      select_model (state, &model);
      for (unsigned read = 0; read < 5; read++) {
        struct glance glance = random_glance (&logs.dice, logs.shape);

        take (state, &glance);
        for (uint32_t i = 0; i < BLOCK_SECTORS; i++)
          if (looks_at (&glance, logs.shape, i))
            ck_assert_int_eq (glance.letters[i], read_model (&model, glance.device, glance.block * BLOCK_SECTORS + i));
        compare_decisions (state, logs.log, 0, model.decisions, model.decision_count);
      }
    }
    crash_state_free (state);
  }
}
END_TEST

/* The state must be one that the tear mode allows, whatever is still undecided. */
static void
check_legality (const struct model *model)
{
  for (uint32_t write = 0; write < model->issued; write++)
    for (uint32_t sector = start_of (model, write) + 1; sector < end_of (model, write); sector++) {
      enum choice_kind before = model->kinds[write][sector - 1], kind = model->kinds[write][sector];

      if (kind == before)
        continue;
      ck_assert_int_ne (model->rule.tear.mode, TEAR_NONE);
      ck_assert_uint_ne (piece_of (model, sector - 1), piece_of (model, sector));
      if (model->rule.tear.mode == TEAR_PREFIX)
        ck_assert (before == CHOICE_PRESENT || kind == CHOICE_ABSENT);
    }
}

/* Decide all that is undecided in a WAY that the tear mode allows: nothing is there, all is, or from 2 on a random one.
 * Returns whether there was anything.
 */
static bool
complete (struct dice *dice, struct model *model, unsigned way)
{
  bool any = false;

  for (uint32_t write = 0; write < model->issued; write++) {
    uint32_t pieces = roll (dice, 1u << SECTORS);       /* a bit for each that is there */

    if (way < 2 || model->rule.tear.mode == TEAR_NONE)
      pieces = (way < 2 ? way : roll (dice, 2)) ? UINT32_MAX : 0;
    else if (model->rule.tear.mode == TEAR_PREFIX)
      pieces = (1u << roll (dice, piece_of (model, SECTORS - 1) + 2)) - 1;
    for (uint32_t sector = 0; sector < SECTORS; sector++)
      if (model->kinds[write][sector] == CHOICE_UNDECIDED) {
        any = true;
        model->kinds[write][sector] = pieces & 1u << piece_of (model, sector) ? CHOICE_PRESENT : CHOICE_ABSENT;
      }
  }
  return any;
}

#define GLANCES 4

/* Returns whether anything was left undecided. */
static bool
check_completions (struct dice *dice, const struct model *model, const struct glance *glances)
{
  bool any = false;

  for (unsigned way = 0; way < 22; way++) {
    struct model completed = *model;

    any = complete (dice, &completed, way);
    check_legality (&completed);
    for (const struct glance *glance = glances; glance < glances + GLANCES; glance++)
      for (uint32_t i = 0; i < BLOCK_SECTORS; i++)
        if (looks_at (glance, model->shape, i))
          ck_assert_int_eq (glance->letters[i],
                            letter_under (&completed, glance->device, glance->block * BLOCK_SECTORS + i, 0));
  }
  return any;
}

START_TEST (what_is_left_undecided_does_not_show_in_what_was_read)
{
  struct random_logs logs = RANDOM_LOGS (5, shapes);
  struct model model;
  struct glance glances[GLANCES];
  unsigned cases[TEAR_ANY + 1] = { 0 }; /* in which something was decided and something was not */

  while (next_random_log (&logs, 120)) {
    struct crash_state *state = new_state (logs.log);

    for (unsigned ask = 0; ask < 8; ask++) {
      const struct choice *decisions;
      size_t count;

      begin_model (&model, &logs);
      model.rule.preference = roll (&logs.dice, PREFER_RANDOM + 1);
      model.rule.seed = ask;
      add_legal_choices (&logs.dice, &model);
      select_model (state, &model);
      for (unsigned i = 0; i < GLANCES; i++) {
        glances[i] = random_glance (&logs.dice, logs.shape);
        take (state, &glances[i]);
      }
      decisions = crash_state_decisions (state, &count);
      for (size_t i = 0; i < count; i++)
        apply_to_model (&model, decisions[i]);
      check_legality (&model);
      cases[model.rule.tear.mode] += check_completions (&logs.dice, &model, glances) && count > 0;
    }
    crash_state_free (state);
  }
  for (enum tear_mode mode = TEAR_NONE; mode <= TEAR_ANY; mode++)
    ck_assert_uint_gt (cases[mode], unit_rounds (20));
}
END_TEST

/* Take some glances at both states: they must answer alike, and decide alike behind the first KEPT decisions of STATE.
 */
static void
compare_states (struct dice *dice, const struct model *model, struct crash_state *state, size_t kept,
                struct crash_state *other)
{
  const struct choice *decisions;
  size_t count;

  for (unsigned i = 0; i < GLANCES; i++) {
    struct glance glance = random_glance (dice, model->shape), same = glance;

    take (state, &glance);
    take (other, &same);
    ck_assert_mem_eq (glance.letters, same.letters, sizeof glance.letters);
  }
  decisions = crash_state_decisions (other, &count);
  compare_decisions (state, model->log, kept, decisions, count);
}

START_TEST (what_is_undone_leaves_no_trace)
{
  struct random_logs logs = RANDOM_LOGS (6, shapes);
  struct model model;
  struct choice before[WRITES_MAX * SECTORS];

  while (next_random_log (&logs, 120)) {
    struct crash_state *state = new_state (logs.log), *other = new_state (logs.log);

    begin_model (&model, &logs);
    model.rule.preference = roll (&logs.dice, PREFER_RANDOM + 1);
    if (roll (&logs.dice, 2) && model.issued > 0)
      add_any_choices (&logs.dice, &model, 3);
    else
      add_legal_choices (&logs.dice, &model);
    select_model (state, &model);
    select_model (other, &model);
    compare_states (&logs.dice, &model, state, 0, other);
    for (unsigned ask = 0; ask < 8; ask++) {
      struct model kept = model;
      size_t count;
      const struct choice *decisions = crash_state_decisions (state, &count);

      count = roll (&logs.dice, (uint32_t) count + 1);
      for (size_t i = 0; i < count; i++)
        before[i] = decisions[i];
      crash_state_undo (state, count);
      compare_decisions (state, logs.log, 0, before, count);
      for (size_t i = 0; i < count; i++)
        add_choice (&kept, before[i]);
      select_model (other, &kept);
      compare_states (&logs.dice, &model, state, count, other);
    }
    crash_state_free (state);
    crash_state_free (other);
  }
}
END_TEST

UNIT_TEST_MAIN ("crash-state-model", decided_states_are_as_laid_out, torn_states_are_as_in_the_model,
                a_write_is_decided_if_and_only_if_the_bytes_depend_on_it,
                what_is_left_undecided_does_not_show_in_what_was_read, what_is_undone_leaves_no_trace)
