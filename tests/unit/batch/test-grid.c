/* SPDX-License-Identifier: BSD-3-Clause */
/* It brings a pool of its own, which ends jobs at once. */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "batch/grid.h"
#include "common/cleanup.h"
#include "common/workdir.h"
#include "tests/unit/unit.h"

enum { SOUND, ODD, BROKEN };

static const struct cell_outcome outcomes[] = {
  [SOUND] = { "sound", 0 }, [ODD] = { "odd", 1 }, [BROKEN] = { "broken", 2 }
};

/* A row is the outcome of its cells; those of a capital letter need more; `-` has nothing to do. */
static const char rows[] = "sO-ob";
static const struct kernel kernels[] = { { .release = (char *) "6.1" }, { .release = (char *) "6.12" } };
static char told[256];          /* what was printed, in order */
static char done[64];           /* the rows of the jobs, in order */
static bool settled;            /* whether workers were to keep to a processor each */

static void
tell (char what, const char *text)
{
  snprintf (told + strlen (told), sizeof told - strlen (told), "%c%s ", what, text);
}

int
pool_run (const struct pool_config *config, struct pool_job *jobs, size_t count, pool_job_ended *ended)
{
  settled = config->settle;
  for (size_t i = 0; i < count; i++) {
    const struct cell *cell = jobs[i].data;

    done[strlen (done)] = *(const char *) cell->row;
    jobs[i].seconds = 2;
    jobs[i].result = cJSON_Parse ("{\"log\": \"gone\", \"points\": [], \"runs\": 5}");
  }
  /* The last may be done first, while the report of all waits for the first. */
  for (size_t i = count; i-- > 0;) {
    ck_assert_int_eq (config->note (config, &jobs[i]), 0);
    ck_assert_uint_eq (((const struct grid *) config->data)->jobs_done, count - i);
  }
  for (size_t i = 0; i < count; i++)
    ended (config, &jobs[i]);
  return 0;
}

void
pool_free_jobs (struct pool_job *jobs, size_t count)
{
  for (size_t i = 0; i < count; i++)
    cJSON_Delete (jobs[i].result);
}

static int
prepare (const struct grid *grid, const char *folder)
{
  ck_assert_uint_eq (grid->cell_count, 0);
  ck_assert_ptr_nonnull (folder);
  return 0;
}

static int
begin_cell (const struct grid *grid, struct cell *cell)
{
  ck_assert_uint_le (grid->row_count, sizeof rows - 1);
  if (*(const char *) cell->row != '-')
    return 1;
  cell->reason = strdup ("why");
  return 0;
}

static bool
needs_more (const struct cell *cell)
{
  return strchr ("SOB", *(const char *) cell->row) != NULL;
}

static int
fill_job (const struct grid *grid, const struct cell *cell, struct pool_job *job)
{
  ck_assert_ptr_eq (job, &grid->jobs[grid->job_count - 1]);
  ck_assert_ptr_eq (job, cell->job);
  return 0;
}

static void
judge_cell (struct cell *cell)
{
  const char row = *(const char *) cell->row | 32;

  cell->outcome = row == 's' ? SOUND : row == 'o' ? ODD : BROKEN;
}

static void
print_begin (const struct grid *grid)
{
  ck_assert_uint_eq (grid->cell_count, grid->environment_count * grid->row_count);
  tell ('b', "");
}

static void
print_cell (const struct grid *grid, const struct cell *cell)
{
  tell (*(const char *) cell->row, cell_word (grid, cell));
}

static void
print_environment (const struct grid *grid, const struct cell *first)
{
  ck_assert_uint_eq ((size_t) (first - grid->cells) % grid->row_count, 0);
  tell ('=', first->environment->kernel->release);
}

static void
print_end (const struct grid *grid)
{
  ck_assert (grid->seconds >= 0);
  tell ('e', "");
}

static void
describe_cell (const struct cell *cell, cJSON *object)
{
  const char row[] = { *(const char *) cell->row, '\0' };

  cJSON_AddStringToObject (object, "row", row);
}

static const struct grid_kind kind = {
  .outcomes = outcomes, .outcome_count = 3, .prepare = prepare, .begin_cell = begin_cell, .needs_more = needs_more,
  .fill_job = fill_job, .judge_cell = judge_cell, .print_begin = print_begin, .print_cell = print_cell,
  .print_environment = print_environment, .print_end = print_end, .describe_cell = describe_cell,
};
static const struct grid_request request = { .jobs = 1, .command = "command", .accel = "tcg", .filesystems = "ext4" };

/* A grid of the first COUNT rows on both kernels. */
static struct grid
new_grid (size_t count)
{
  struct grid grid = {
    .kind = &kind, .request = &request, .rows = rows, .row_size = 1, .row_count = count, .environment_count = 2,
    .environments = calloc (2, sizeof *grid.environments)
  };

  ck_assert_ptr_nonnull (grid.environments);
  for (size_t i = 0; i < 2; i++)
    grid.environments[i] = (struct environment) { "ext4", i ? "noatime" : "", &kernels[i] };
  memset (told, 0, sizeof told);
  memset (done, 0, sizeof done);
  return grid;
}

/* Cells that need more in their guests come last in their environment, and the worst outcome is the grid's. */
START_TEST (cells_are_done_and_told_in_order)
{
  struct grid grid = new_grid (sizeof rows - 1);

  ck_assert_int_eq (grid_measure (&grid, NULL, 0), 2);
  ck_assert_str_eq (done, "sobOsobO");
  ck_assert_str_eq (told, "b ssound oodd bbroken Oodd =6.1 ssound oodd bbroken Oodd =6.12 e ");
  ck_assert_ptr_null (grid.cells[2].job);
  ck_assert_str_eq (grid.cells[7].reason, "why");
  grid_free (&grid);
}
END_TEST

/* One machine is enough: any worker may come to it. */
START_TEST (workers_keep_to_a_processor_if_all_kernels_are_programs)
{
  static const struct kernel programs[] = { { .release = (char *) "6.1-uml" }, { .release = (char *) "7.2-uml" } };

  for (size_t machines = 0; machines <= 2; machines++) {
    struct grid grid = new_grid (1);

    for (size_t i = machines; i < 2; i++)
      grid.environments[i].kernel = &programs[i];
    ck_assert_int_eq (grid_measure (&grid, NULL, 0), 0);
    ck_assert (settled == (machines == 0));
    grid_free (&grid);
  }
}
END_TEST

static char *
fail_to_make (const struct grid *grid)
{
  ck_assert_uint_eq (grid->cell_count, 4);
  return NULL;
}

/* A report that cannot be made is an error, but not before the others are written. */
START_TEST (every_report_is_written)
{
  CLEANUP_FREE char *folder = workdir_create (), *path = NULL, *missing = NULL;
  struct grid grid = new_grid (2);
  char text[2048] = "";

  ck_assert (asprintf (&path, "%s/json", folder) != -1 && asprintf (&missing, "%s/missing", folder) != -1);
  const struct grid_output outputs[] = { { missing, fail_to_make }, { NULL, fail_to_make }, { path, grid_make_json } };

  ck_assert_int_eq (grid_measure (&grid, outputs, 1), 2);
  grid_free (&grid);
  grid = new_grid (2);
  ck_assert_int_eq (grid_measure (&grid, outputs, 3), 2);
  FILE *file = fopen (path, "r");
  ck_assert_ptr_nonnull (file);
  ck_assert_uint_gt (fread (text, 1, sizeof text - 1, file), 0);
  fclose (file);
  ck_assert_ptr_nonnull (strstr (text, "\"command\":\t\"command\""));
  ck_assert_ptr_nonnull (strstr (text, "\"row\":\t\"O\",\n\t\t\t\"outcome\":\t\"odd\",\n"
                                       "\t\t\t\"reason\":\tnull,\n\t\t\t\"seconds\":\t2"));
  ck_assert_ptr_nonnull (strstr (text, "\"runs\":\t5"));
  ck_assert_ptr_null (strstr (text, "\"log\""));
  ck_assert_ptr_null (strstr (text, "\"points\""));
  grid_free (&grid);
  workdir_remove (folder);
}
END_TEST

/* Two reports in one file stop it before anything is done. */
START_TEST (reports_have_files_of_their_own)
{
  const struct grid_output outputs[] = { { "/tmp/same", grid_make_json }, { "/tmp/same", fail_to_make } };
  struct grid grid = new_grid (2);

  ck_assert_int_eq (grid_measure (&grid, outputs, 2), 2);
  ck_assert_str_eq (told, "");
  grid_free (&grid);
}
END_TEST

START_TEST (an_environment_says_what_it_is)
{
  struct grid grid = new_grid (1);
  CLEANUP_FREE char *first = environment_describe (&grid.environments[0]);
  CLEANUP_FREE char *second = environment_describe (&grid.environments[1]);

  ck_assert_str_eq (first, "ext4, kernel 6.1");
  ck_assert_str_eq (second, "ext4 noatime, kernel 6.12");
  grid_free (&grid);
}
END_TEST

/* What a --mount is for is checked before a kernel is sought. */
START_TEST (mount_options_are_for_file_systems_that_are_there)
{
  static const struct {
    const char *mount;
    int r;
  } cases[] = {
    { "noatime", 0 }, { "ext4:data=journal", 0 }, { "xfs:logbsize=32k", 0 }, { "context=a:b", 0 },
    { "btrfs:compress", -1 }, { "tab\t", -1 }, { "\xc3\xa4", -1 },
  };

  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const char *texts[] = { cases[i].mount };
    const struct grid_request asked = { .filesystems = "ext4,xfs", .mount = { texts, 1 } };
    struct grid grid = { .request = &asked };

    ck_assert_msg (grid_read_request (&grid) == cases[i].r, "%s", cases[i].mount);
    ck_assert_uint_eq (grid.filesystems.count, 2);
    grid_free (&grid);
  }
}
END_TEST

UNIT_TEST_MAIN ("grid", cells_are_done_and_told_in_order, workers_keep_to_a_processor_if_all_kernels_are_programs,
                every_report_is_written, reports_have_files_of_their_own, an_environment_says_what_it_is,
                mount_options_are_for_file_systems_that_are_there)
