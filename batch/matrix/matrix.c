/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "batch/matrix/matrix.h"
#include "common/cleanup.h"
#include "common/exit-status.h"
#include "common/message.h"
#include "common/parts.h"
#include "common/process.h"
#include "common/stop.h"
#include "record/mkfs.h"

/* Find all protocols that there are. */
static int
list_protocols (struct matrix *matrix)
{
  CLEANUP_FREE char *text = NULL;
  struct words *lines = &matrix->lines;

  matrix->program = part_path (PART_PROTOCOLS);
  if (matrix->program)
    text = process_output ((const char *const[]) { matrix->program, "list", NULL }, NULL);
  if (text == NULL || words_split (text, "\n", lines) == -1)
    return -1;
  matrix->protocols = calloc (lines->count, sizeof *matrix->protocols);
  if (matrix->protocols == NULL)
    return out_of_memory ();
  for (size_t i = 0; i < lines->count && *lines->list[i]; i++) {
    char *what = lines->list[i];
    const char *name = strsep (&what, "\t");

    matrix->protocols[matrix->protocol_count++] = (struct protocol) { name, what ? what : "" };
  }
  return 0;
}

static int
refuse_protocol (const char *name, const struct matrix *matrix)
{
  CLEANUP_FREE char *names = NULL;
  size_t length;
  FILE *file = open_memstream (&names, &length);

  for (size_t i = 0; file && i < matrix->protocol_count; i++)
    fprintf (file, "%s%s", i ? ", " : "", matrix->protocols[i].name);
  if (file == NULL || fclose (file) == EOF)
    return out_of_memory ();
  error_message ("--protocol=%s: no such protocol: give some of %s", name, names);
  return -1;
}

/* Keep the protocols that WANTED names, in its order. */
static int
choose_protocols (struct matrix *matrix, const struct words *wanted)
{
  struct protocol *chosen = calloc (wanted->count, sizeof *chosen);

  if (chosen == NULL)
    return out_of_memory ();
  for (size_t i = 0; i < wanted->count; i++) {
    size_t j = 0;

    while (j < matrix->protocol_count && strcmp (matrix->protocols[j].name, wanted->list[i]) != 0)
      j++;
    if (j == matrix->protocol_count) {
      free (chosen);
      return refuse_protocol (wanted->list[i], matrix);
    }
    chosen[i] = matrix->protocols[j];
  }
  free (matrix->protocols);
  matrix->protocols = chosen;
  matrix->protocol_count = wanted->count;
  return 0;
}

static int
check_filesystems (const struct words *filesystems)
{
  for (size_t i = 0; i < filesystems->count; i++)
    if (mkfs_check (filesystems->list[i]) == -1)
      return -1;
  return 0;
}

/* Take in the protocols that are named by NAMES, with commas between them, as WANTED, which the caller frees; NULL: all
 * are.
 */
static int
read_protocols (const char *names, struct words *wanted)
{
  return names == NULL || (words_split (names, ",", wanted) == 0 && words_check ("protocol", wanted) == 0) ? 0 : -1;
}

static void
free_matrix (struct matrix *matrix)
{
  words_free (&matrix->lines);
  free (matrix->protocols);
  free (matrix->program);
  free (matrix->initial);
}

int
matrix_measure (const struct matrix_request *request)
{
  const struct grid_output outputs[] = {
    { request->markdown, matrix_make_markdown }, { request->json, grid_make_json }, { request->html, matrix_make_html },
  };
  struct matrix matrix = { .settle = request->settle };
  struct grid grid = {
    .kind = &matrix_kind, .request = &request->grid, .data = &matrix, .row_size = sizeof *matrix.protocols
  };
  struct words wanted = { NULL, NULL, 0 };
  int status = EXIT_UNUSABLE;

  if (grid_read_request (&grid) == 0 && check_filesystems (&grid.filesystems) == 0
      && read_protocols (request->protocols, &wanted) == 0 && stop_install () == 0 && list_protocols (&matrix) == 0
      && (wanted.count == 0 || choose_protocols (&matrix, &wanted) == 0) && grid_add_environments (&grid) == 0) {
    grid.rows = matrix.protocols;
    grid.row_count = matrix.protocol_count;
    status = grid_measure (&grid, outputs, sizeof outputs / sizeof outputs[0]);
  }
  grid_free (&grid);
  free_matrix (&matrix);
  words_free (&wanted);
  return stop_status (status);
}
