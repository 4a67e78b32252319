/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "batch/matrix/matrix.h"
#include "common/cleanup.h"
#include "tests/unit/unit.h"

/* The document of a matrix with one cell, to free. */
static char *
make_document (char *(*make) (const struct grid *grid))
{
  static const struct protocol protocol = { "rename", "write a temporary file, rename it" };
  const struct grid_request request = { .command = "powercut matrix" };
  const struct kernel kernel = { .release = (char *) "6.12.1" };
  struct environment environment = { "ext4", "", &kernel };
  struct pool_job job = {
    .result = cJSON_Parse ("{\"atomic\": true, \"durable\": false, \"exhaustive\": true, \"crash_states\": \"72\","
                           " \"runs\": 5,"
                           " \"violations\": [{\"kind\": \"durability\", \"after\": \"commit\", \"states\": \"1\","
                           " \"detail\": \"a | b: \\\"<old>\\\"\"}]}")
  };
  struct cell cell = { .row = &protocol, .environment = &environment, .outcome = UPDATE_MEASURED, .job = &job };
  const struct grid grid = {
    .request = &request, .rows = &protocol, .row_count = 1, .environments = &environment, .environment_count = 1,
    .cells = &cell, .cell_count = 1
  };
  char *text = make (&grid);

  ck_assert_ptr_nonnull (job.result);
  ck_assert_ptr_nonnull (text);
  cJSON_Delete (job.result);
  return text;
}

/* On a narrow screen the heads of the columns are not there. */
START_TEST (each_cell_of_the_page_says_what_it_is)
{
  CLEANUP_FREE char *page = make_document (matrix_make_html);
  size_t cells = 0;

  for (const char *cell = strstr (page, "<td"); cell; cell = strstr (cell + 1, "<td"), cells++)
    ck_assert_msg (strncmp (cell, "<td data-head=\"", 15) == 0, "%.60s", cell);
  ck_assert_uint_eq (cells, 2 + 2 + 9);
  ck_assert_ptr_nonnull (strstr (page, "<td data-head=\"ext4 6.12.1\" class=\"half\">atomic</td>"));
  ck_assert_ptr_nonnull (strstr (page, "<td data-head=\"what was wrong\">durability after commit in 1 state: "
                                       "a | b: &quot;&lt;old"));
  ck_assert_ptr_nonnull (strstr (page, "@media (max-width: 40em)"));
}
END_TEST

START_TEST (markdown_has_rows_of_cells)
{
  CLEANUP_FREE char *page = make_document (matrix_make_markdown);

  ck_assert_ptr_nonnull (strstr (page, "\n| protocol | ext4 6.12.1 |\n|---|---|\n| rename | atomic |\n"));
  ck_assert_ptr_nonnull (strstr (page, "| rename | yes | NO | - | 72 | yes | 5 | 0.0 | "
                                       "durability after commit in 1 state: a \\| b"));
}
END_TEST

UNIT_TEST_MAIN ("matrix-document", each_cell_of_the_page_says_what_it_is, markdown_has_rows_of_cells)
