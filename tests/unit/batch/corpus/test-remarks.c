/* SPDX-License-Identifier: BSD-3-Clause */
/* A corpus of five cases on two kernels: which of its cells are told together. */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "batch/corpus/cell-outcome.h"
#include "batch/corpus/corpus.h"
#include "batch/corpus/remarks.h"
#include "tests/unit/unit.h"

#define CASES 5
#define CELLS (2 * CASES)
#define DATA(NAME) "{\"kind\": \"durability\", \"detail\": \"fsync-data: " NAME ": empty (fsync at line 2)\"}"
#define NAME "{\"kind\": \"durability\", \"detail\": \"fsync-name: f: missing (fsync at line 2)\"}"
#define UNREPEATED "{\"kind\": \"kernel\", \"detail\": \"a panic\", \"repeated\": false, \"states\": \"0\"}"

static char *expected[] = { (char *) "durability: fsync-name" };
static struct case_failure failures[] = {
  { .filesystem = (char *) "ext4", .findings = { expected, 1 }, .why = (char *) "it is so" }
};
static const struct corpus_case cases[CASES] = {
  { .failures = failures, .failure_count = 1 }, { .failures = failures, .failure_count = 1 }
};
static const struct kernel kernels[] = { { .release = (char *) "6.1" }, { .release = (char *) "6.12" } };
static const struct environment environments[] = {
  { "ext4", "", &kernels[0] }, { "ext4", "", &kernels[1] }
};
static struct pool_job jobs[CELLS];
static struct cell cells[CELLS];
static struct corpus corpus;
static const struct grid grid = {
  .kind = &corpus_kind, .rows = cases, .row_size = sizeof *cases, .row_count = CASES, .cells = cells,
  .cell_count = CELLS, .data = &corpus
};

/* The cell NUMBER has come to OUTCOME with the LIST of violations. */
static void
set_cell (size_t number, enum case_outcome outcome, const char *list)
{
  char text[512];

  snprintf (text, sizeof text, "{\"violations\": [%s]}", list);
  jobs[number].result = cJSON_Parse (text);
  ck_assert_ptr_nonnull (jobs[number].result);
  cells[number] = (struct cell) {
    .row = &cases[number % CASES], .environment = &environments[number / CASES], .outcome = outcome,
    .job = &jobs[number]
  };
}

static void
set_up (void)
{
  set_cell (0, CASE_KNOWN, NAME);
  set_cell (1, CASE_FAIL, NAME "," DATA ("f"));
  set_cell (2, CASE_FAIL, NAME);
  set_cell (3, CASE_PASS, "");
  set_cell (4, CASE_FAIL, DATA ("a") "," UNREPEATED "," DATA ("b"));
  set_cell (5, CASE_KNOWN, NAME);
  set_cell (6, CASE_PASS, "");
  set_cell (7, CASE_PASS, UNREPEATED);
  set_cell (8, CASE_FAIL, DATA ("g/h") "," NAME);
  set_cell (9, CASE_PASS, "");
}

static void
tear_down (void)
{
  for (size_t i = 0; i < CELLS; i++)
    cJSON_Delete (jobs[i].result);
}

/* The next remarks are about these cells, for what is said. */
static const struct remark *
assert_told (const struct remarks *remarks, const struct remark *remark, const char *about, size_t count,
             const size_t *numbers)
{
  const struct remark *end = remarks_end (remarks, remark);

  ck_assert_str_eq (remark->about, about);
  ck_assert_uint_eq (remark->cell_count, count);
  for (size_t i = 0; i < count; i++, remark = remarks_next_cell (remark, end)) {
    ck_assert (remark < end);
    ck_assert_ptr_eq (remark->cell, &cells[numbers[i]]);
  }
  ck_assert_ptr_eq (remark, end);
  return end;
}

START_TEST (cells_of_one_cause_are_told_together_and_the_most_frequent_cause_first)
{
  struct remarks remarks;
  const struct remark *remark;

  set_up ();
  ck_assert_int_eq (remarks_make (&grid, &remarks), 0);
  remark = remarks.list;
  ck_assert (remarks_begin_outcome (&remarks, remark));
  remark = assert_told (&remarks, remark, "ext4: durability: fsync-data (fsync)", 3, (size_t[]) { 1, 4, 8 });
  ck_assert (!remarks_begin_outcome (&remarks, remark));
  remark = assert_told (&remarks, remark, "ext4: durability: fsync-name (fsync)", 2, (size_t[]) { 2, 8 });
  ck_assert (remarks_begin_outcome (&remarks, remark));
  ck_assert_ptr_null (remark->violation);
  remark = assert_told (&remarks, remark, "it is so", 2, (size_t[]) { 0, 5 });
  ck_assert_ptr_eq (remark, remarks.list + remarks.count);
  remarks_free (&remarks);
  tear_down ();
}
END_TEST

/* The texts that FIELD has in each object of LIST, with commas after them. */
static const char *
list_texts (const cJSON *list, const char *field)
{
  static char text[512];
  const cJSON *object;

  *text = '\0';
  cJSON_ArrayForEach (object, list) {
    strcat (text, cJSON_GetStringValue (cJSON_GetObjectItem (object, field)));
    strcat (text, ",");
  }
  return text;
}

START_TEST (json_has_causes_and_apart_from_them_what_is_known)
{
  cJSON *object = cJSON_CreateObject (), *causes, *known;

  set_up ();
  corpus_describe_all (&grid, object);
  causes = cJSON_GetObjectItem (object, "causes");
  known = cJSON_GetObjectItem (object, "known");
  ck_assert_str_eq (list_texts (causes, "rule"), "fsync-data,fsync-name,");
  ck_assert_str_eq (list_texts (causes, "operation"), "fsync,fsync,");
  ck_assert_str_eq (list_texts (causes, "detail"), "fsync-data: f: empty (fsync at line 2),"
                    "fsync-name: f: missing (fsync at line 2),");
  ck_assert_str_eq (list_texts (cJSON_GetObjectItem (causes->child, "cells"), "kernel"), "6.1,6.1,6.12,");
  ck_assert_str_eq (list_texts (known, "why"), "it is so,");
  ck_assert_str_eq (list_texts (cJSON_GetObjectItem (known->child, "cells"), "kernel"), "6.1,6.12,");
  cJSON_Delete (object);
  tear_down ();
}
END_TEST

UNIT_TEST_MAIN ("corpus-remarks", cells_of_one_cause_are_told_together_and_the_most_frequent_cause_first,
                json_has_causes_and_apart_from_them_what_is_known)
