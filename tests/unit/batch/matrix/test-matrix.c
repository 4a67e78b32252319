/* SPDX-License-Identifier: BSD-3-Clause */
/* What the matrix says of a cell, and its page. */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "batch/matrix/report.h"
#include "batch/matrix/verdict.h"
#include "common/cleanup.h"
#include "tests/unit/unit.h"

/* A cell that was measured: RESULT is what the replay said. */
static struct cell
measured (const char *result)
{
  static const struct protocol protocol = { "rename", "write a temporary file, rename it" };
  static const struct environment environment = { "ext4", "", "vmlinuz", "6.12.1" };
  struct cell cell = { &protocol, &environment, .ended = true, .outcome = CELL_DONE, .result = cJSON_Parse (result) };

  ck_assert_ptr_nonnull (cell.result);
  return cell;
}

START_TEST (what_was_not_visited_to_its_end_is_good_so_far)
{
  static const struct {
    const char *result, *summary, *class;
  } cases[] = {
    { "{\"atomic\": true, \"durable\": true, \"exhaustive\": true}", "atomic, durable", "good" },
    { "{\"atomic\": true, \"durable\": true, \"exhaustive\": false}", "atomic, durable so far", "half" },
    { "{\"atomic\": true, \"durable\": false, \"exhaustive\": false}", "atomic", "half" },
    { "{\"atomic\": false, \"durable\": false, \"exhaustive\": true}", "neither", "bad" },
    { "{\"atomic\": true, \"durable\": true, \"exhaustive\": true, \"violations\": [{\"kind\": \"unmountable\"}]}", "broken", "bad" },
    { "{\"atomic\": true, \"durable\": true, \"exhaustive\": true, \"violations\": [{\"kind\": \"hang\", \"repeated\": false, \"states\": \"0\"}]}",
      "atomic, durable", "good" },
  };

  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct cell cell = measured (cases[i].result);
    struct verdict verdict;

    verdict_make (&verdict, &cell);
    ck_assert_str_eq (verdict.summary, cases[i].summary);
    ck_assert_str_eq (verdict.class, cases[i].class);
    verdict_free (&verdict);
    cJSON_Delete (cell.result);
  }
}
END_TEST

/* The page of a matrix with one cell, to free. */
static char *
make_page (char *(*make) (const struct matrix *matrix))
{
  struct cell cell = measured ("{\"atomic\": true, \"durable\": false, \"exhaustive\": true, \"crash_states\": \"72\", \"runs\": 5,"
                               " \"violations\": [{\"kind\": \"durability\", \"after\": \"commit\", \"states\": \"1\","
                               " \"detail\": \"a | b: \\\"<old>\\\"\"}]}");
  const struct matrix matrix = {
    .protocols = (struct protocol *) cell.protocol, .protocol_count = 1,
    .environments = (struct environment *) cell.environment, .environment_count = 1, .cells = &cell, .cell_count = 1,
    .command = "powercut matrix"
  };
  char *page = make (&matrix);

  ck_assert_ptr_nonnull (page);
  cJSON_Delete (cell.result);
  return page;
}

/* On a narrow screen the heads of the columns are not there. */
START_TEST (each_cell_of_the_page_says_what_it_is)
{
  CLEANUP_FREE char *page = make_page (matrix_make_html);
  size_t cells = 0;

  for (const char *cell = strstr (page, "<td"); cell; cell = strstr (cell + 1, "<td"), cells++)
    ck_assert_msg (strncmp (cell, "<td data-head=\"", 15) == 0, "%.60s", cell);
  ck_assert_uint_eq (cells, 2 + 2 + 9);
  ck_assert_ptr_nonnull (strstr (page, "<td data-head=\"ext4 6.12.1\" class=\"half\">atomic</td>"));
  ck_assert_ptr_nonnull (strstr (page, "<td data-head=\"what was wrong\">durability after commit in 1 state: a | b: &quot;&lt;old"));
  ck_assert_ptr_nonnull (strstr (page, "@media (max-width: 40em)"));
}
END_TEST

START_TEST (markdown_has_rows_of_cells)
{
  CLEANUP_FREE char *page = make_page (matrix_make_markdown);

  ck_assert_ptr_nonnull (strstr (page, "\n| protocol | ext4 6.12.1 |\n|---|---|\n| rename | atomic |\n"));
  ck_assert_ptr_nonnull (strstr (page, "| rename | yes | NO | - | 72 | yes | 5 | 0.0 | durability after commit in 1 state: a \\| b"));
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("matrix");
  TCase *tcase = tcase_create ("matrix");

  tcase_add_test (tcase, what_was_not_visited_to_its_end_is_good_so_far);
  tcase_add_test (tcase, each_cell_of_the_page_says_what_it_is);
  tcase_add_test (tcase, markdown_has_rows_of_cells);
  suite_add_tcase (suite, tcase);
  return run_suite (suite);
}
