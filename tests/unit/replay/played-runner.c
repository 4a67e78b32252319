/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <string.h>

#include "tests/unit/replay/played-runner.h"

atomic_uint runs, boots;

struct runner *
runner_start (const struct runner_config *config, const char *directory)
{
  struct runner *runner = calloc (1, sizeof *runner);

  (void) config;
  (void) directory;
  runner->state = crash_state_new (history);
  boots++;
  return runner;
}

static void
forget_log (struct runner *runner)
{
  crash_state_free (runner->state);
  write_log_close (runner->own);
  runner->own = NULL;
}

void
runner_stop (struct runner *runner)
{
  if (runner == NULL)
    return;
  forget_log (runner);
  free (runner->tape.bytes);
  free (runner);
}

int
runner_change (struct runner *runner, const struct runner_config *config)
{
  (void) runner;
  (void) config;
  return 0;
}

/* The file of the test's own log is gone: its configuration names none. */
int
runner_serve (struct runner *runner, const char *path)
{
  forget_log (runner);
  if (path)
    runner->own = write_log_open (path);
  runner->state = crash_state_new (runner->own ? runner->own : history);
  return 0;
}

char
play_read (struct runner *runner, uint32_t sector)
{
  char block[BLOCK_SIZE] = "";

  runner->seen[runner->seen_count] = (struct control_seen) {
    .block = sector / BLOCK_SECTORS, .sectors = 1u << sector % BLOCK_SECTORS
  };
  crash_state_read_block (runner->state, 0, sector / BLOCK_SECTORS, runner->seen[runner->seen_count].sectors, block);
  runner->seen_count++;
  return sector_letter (block + sector % BLOCK_SECTORS * LOG_SECTOR);
}

const char *
runner_release (const struct runner *runner)
{
  (void) runner;
  return "played";
}

double
runner_cpu_seconds (const struct runner *runner)
{
  (void) runner;
  return 1;
}

void
runner_renew (struct runner *runner)
{
  runner->renewed = true;
  boots++;
}

char *
runner_tree (struct runner *runner)
{
  return strdup (runner->tree);
}

int
runner_run (struct runner *runner, const struct selection *selection, const char *marks, struct outcome *outcome,
            struct device_report *report)
{
  size_t decided;

  *outcome = (struct outcome) { .kind = OUTCOME_TREE };
  ck_assert_int_eq (crash_state_select (runner->state, selection), 0);
  runner->seen_count = runner->tape.size = 0;
  play_run (runner, marks, outcome);
  report->decisions = crash_state_decisions (runner->state, &decided);
  report->seen = runner->seen;
  report->head = (struct control_report) {
    .decision_count = (uint32_t) decided, .seen_count = runner->seen_count, .reads = runner->seen_count,
    .behaviour = outcome->behaviour
  };
  runs++;
  return 0;
}

/* Nothing is located here: without trees nobody judges them (tests/unit/replay/test-located.c). */
int
runner_run_located (struct runner *runner, const struct selection *selection, struct outcome *outcome,
                    struct device_report *report)
{
  return runner_run (runner, selection, "", outcome, report);
}

struct log_tape
runner_tape (struct runner *runner)
{
  struct log_tape tape = { .bytes = malloc (runner->tape.size + 1), .size = runner->tape.size };

  if (tape.size > 0)
    memcpy (tape.bytes, runner->tape.bytes, tape.size);
  return tape;
}

int
runner_written (struct runner *runner, const struct control_seen **written, size_t *count)
{
  (void) runner, (void) written, (void) count;
  return -1;
}

int
runner_read_written (struct runner *runner, void *buffer, size_t count, uint64_t offset)
{
  (void) runner, (void) buffer, (void) count, (void) offset;
  return -1;
}
