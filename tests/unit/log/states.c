/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/log/states.h"

struct write_log *
log_of (const char *letters, ...)
{
  struct log_maker *maker = make_log (1, 8);
  va_list args;

  va_start (args, letters);
  for (; letters; letters = va_arg (args, const char *))
    add_write (maker, 0, 0, letters, 0);
  va_end (args);
  return finish_log (maker);
}

struct crash_state *
new_state (const struct write_log *log)
{
  struct crash_state *state = crash_state_new (log);

  ck_assert_ptr_nonnull (state);
  return state;
}

struct decision_rule
rule_of (enum tear_mode mode, uint32_t atomic_bytes, enum preference preference)
{
  return (struct decision_rule) { .tear = { mode, atomic_bytes }, .preference = preference };
}

int
select_point (struct crash_state *state, uint32_t point, const struct choice *choices, size_t count,
              struct decision_rule rule)
{
  return crash_state_select (state, &(struct selection) { point, choices, count, rule });
}

/* The signs of the kinds of choices, in their order. */
static const char signs[] = "+-?";

/* The choice that *TEXT begins with, and move past it. */
static struct choice
parse_choice (const char **text)
{
  const char *sign = strchr (signs, **text);
  char *end;

  ck_assert_ptr_nonnull (sign);
  struct choice choice = choice_whole ((uint32_t) strtoul (*text + 1, &end, 10), (enum choice_kind) (sign - signs));
  if (*end == '/') {
    choice.first = (uint32_t) strtoul (end + 1, &end, 10);
    choice.last = (uint32_t) strtoul (end + 1, &end, 10);
  }
  *text = end;
  return choice;
}

void
select_text (struct crash_state *state, const struct write_log *log, const char *choices, struct decision_rule rule)
{
  struct choice parsed[8];
  size_t count = 0;

  while (*choices) {
    ck_assert_uint_lt (count, sizeof parsed / sizeof *parsed);
    parsed[count++] = parse_choice (&choices);
  }
  ck_assert_int_eq (select_point (state, log->event_count - 1, parsed, count, rule), 0);
}

void
assert_content (struct crash_state *state, unsigned device, uint32_t sectors, const char *expected)
{
  char bytes[STATE_SECTORS * LOG_SECTOR], letters[STATE_SECTORS + 1];

  ck_assert_uint_le (sectors, STATE_SECTORS);
  crash_state_read (state, device, bytes, sectors * LOG_SECTOR, 0);
  for (uint32_t i = 0; i < sectors; i++)
    letters[i] = sector_letter (bytes + i * LOG_SECTOR);
  letters[sectors] = '\0';
  ck_assert_str_eq (letters, expected);
}

void
assert_sector (struct crash_state *state, uint32_t sector, char expected)
{
  char bytes[LOG_SECTOR];

  crash_state_read (state, 0, bytes, sizeof bytes, sector * LOG_SECTOR);
  ck_assert_int_eq (sector_letter (bytes), expected);
}

void
assert_decisions (const struct crash_state *state, const char *expected)
{
  size_t count, length;
  const struct choice *decisions = crash_state_decisions (state, &count);
  char *text;
  FILE *file = open_memstream (&text, &length);

  for (size_t i = 0; i < count; i++) {
    fprintf (file, "%c%u", signs[decisions[i].kind], decisions[i].write);
    if (decisions[i].first != 0 || decisions[i].last != CHOICE_END)
      fprintf (file, "/%u-%u", decisions[i].first, decisions[i].last);
  }
  ck_assert_int_eq (fclose (file), 0);
  ck_assert_str_eq (text, expected);
  free (text);
}

void
assert_steps (struct write_log *log, const struct step *steps, size_t count)
{
  struct crash_state *state = new_state (log);

  for (const struct step *step = steps; step < steps + count; step++) {
    if (step->choices)
      select_text (state, log, step->choices, rule_of (TEAR_NONE, LOG_SECTOR, step->preference));
    assert_content (state, 0, (uint32_t) strlen (step->content), step->content);
    assert_decisions (state, step->decisions);
  }
  crash_state_free (state);
  write_log_close (log);
}
