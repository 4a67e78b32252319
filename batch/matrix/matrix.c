/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "batch/matrix/cells.h"
#include "batch/matrix/matrix.h"
#include "batch/matrix/report.h"
#include "common/cleanup.h"
#include "common/escape.h"
#include "common/exit-status.h"
#include "common/message.h"
#include "common/parts.h"
#include "common/places.h"
#include "common/process.h"
#include "common/publish.h"
#include "common/stop.h"
#include "common/words.h"
#include "common/workdir.h"
#include "guest/accel.h"
#include "guest/image.h"
#include "record/mkfs.h"

/* The reports that can be asked for. */
struct output {
  const char *path;             /* NULL: not this one */
  char *(*make) (const struct matrix *matrix);
};

/* All protocols that there are.  LINES are what the program says of itself, and holds their texts. */
static int
list_protocols (struct words *lines, struct protocol **protocols, size_t *count)
{
  CLEANUP_FREE char *program = part_path (PART_PROTOCOLS);
  CLEANUP_FREE char *text = program ? process_output ((const char *const[]) { program, "list", NULL }, NULL) : NULL;

  if (text == NULL || words_split (text, "\n", lines) == -1)
    return -1;
  *protocols = calloc (lines->count, sizeof **protocols);
  if (*protocols == NULL)
    return out_of_memory ();
  for (*count = 0; *count < lines->count && *lines->list[*count]; ++*count) {
    char *what = lines->list[*count];

    (*protocols)[*count].name = strsep (&what, "\t");
    (*protocols)[*count].what = what ? what : "";
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
choose_protocols (const struct words *wanted, struct matrix *matrix)
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

/* The file system that a --mount is for, as an index, or COUNT if it is for all: FS:OPTS is for one.  *options is what is behind
 * it.
 */
static size_t
mount_filesystem (const char *text, const struct words *filesystems, const char **options)
{
  *options = text;
  for (size_t i = 0; i < filesystems->count; i++) {
    size_t length = strlen (filesystems->list[i]);

    if (strncmp (text, filesystems->list[i], length) == 0 && text[length] == ':') {
      *options = text + length + 1;
      return i;
    }
  }
  return filesystems->count;
}

/* A mount option has no colon in its name: what looks like FS:OPTS is for a file system that is not there. */
static int
check_mounts (const struct option_texts *mount, const struct words *filesystems)
{
  for (size_t i = 0; i < mount->count; i++) {
    const char *text = mount->texts[i], *options;
    size_t name = strcspn (text, ":,=");

    for (const char *at = text; *at; at++)
      if (*at < ' ' || *at > '~') {
        error_message ("--mount: there is a character in it that is not printable ASCII");
        return -1;
      }
    if (text[name] == ':' && mount_filesystem (text, filesystems, &options) == filesystems->count) {
      error_message ("--mount=%s: %.*s is not among the file systems: see --fs", text, (int) name, text);
      return -1;
    }
  }
  return 0;
}

static void
add_environment (struct matrix *matrix, const char *filesystem, const char *options, const char *kernel, const char *release)
{
  matrix->environments[matrix->environment_count++] = (struct environment) { filesystem, options, kernel, release };
}

/* Every file system with each mount option that is for it, or with none. */
static void
add_environments (struct matrix *matrix, const struct words *filesystems, const struct option_texts *mount,
                  const char *kernel, const char *release)
{
  for (size_t i = 0; i < filesystems->count; i++) {
    size_t before = matrix->environment_count;

    for (size_t j = 0; j < mount->count; j++) {
      const char *options;
      size_t which = mount_filesystem (mount->texts[j], filesystems, &options);

      if (which == i || which == filesystems->count)
        add_environment (matrix, filesystems->list[i], options, kernel, release);
    }
    if (matrix->environment_count == before)
      add_environment (matrix, filesystems->list[i], "", kernel, release);
  }
}

/* Find all kernels, KERNELS to be freed by the caller, and make the environments. */
static int
plan_environments (struct matrix *matrix, const struct matrix_request *request, const struct words *filesystems,
                   struct kernel *kernels, size_t kernel_count)
{
  size_t mounts = request->mount.count ? request->mount.count : 1;

  matrix->environments = calloc (kernel_count * filesystems->count * mounts, sizeof *matrix->environments);
  if (matrix->environments == NULL)
    return out_of_memory ();
  for (size_t i = 0; i < kernel_count; i++) {
    const char *spec = request->kernels.count ? request->kernels.texts[i] : NULL;

    if (guest_kernel_find (spec, request->filesystems, false, &kernels[i]) == -1)
      return -1;
    add_environments (matrix, filesystems, &request->mount, kernels[i].image, kernels[i].release);
  }
  return 0;
}

static int
plan_cells (struct matrix *matrix)
{
  matrix->cells = calloc (matrix->environment_count * matrix->protocol_count, sizeof *matrix->cells);
  if (matrix->cells == NULL)
    return out_of_memory ();
  for (size_t i = 0; i < matrix->environment_count; i++)
    for (size_t j = 0; j < matrix->protocol_count; j++)
      matrix->cells[matrix->cell_count++] = (struct cell) {
        .environment = &matrix->environments[i], .protocol = &matrix->protocols[j]
      };
  return 0;
}

static void
matrix_free (struct matrix *matrix)
{
  for (size_t i = 0; i < matrix->cell_count; i++) {
    free (matrix->cells[i].reason);
    cJSON_Delete (matrix->cells[i].result);
  }
  free (matrix->cells);
  free (matrix->environments);
  free (matrix->protocols);
}

static int
publish (const struct output *output, const struct matrix *matrix)
{
  CLEANUP_FREE char *text = output->path ? output->make (matrix) : NULL;

  if (output->path == NULL)
    return 0;
  return text ? publish_text (output->path, text) : -1;
}

/* With everything planned: run, and report.  Returns the exit status. */
static int
measure (struct matrix *matrix, const struct matrix_request *request)
{
  const struct output outputs[] = {
    { request->markdown, matrix_make_markdown }, { request->json, matrix_make_json }, { request->html, matrix_make_html },
  };
  const size_t output_count = sizeof outputs / sizeof outputs[0];
  const char *const paths[] = { request->markdown, request->json, request->html };
  CLEANUP_FREE char *folder = NULL;
  int status = EXIT_SUCCESS, r;

  if (places_check_distinct (paths, output_count) == -1)
    return EXIT_UNUSABLE;
  for (size_t i = 0; i < output_count; i++)
    if (outputs[i].path && publish_check (outputs[i].path) == -1)
      return EXIT_UNUSABLE;
  folder = workdir_create ();
  if (folder == NULL)
    return EXIT_UNUSABLE;
  r = matrix_run_cells (matrix, request->jobs, folder, matrix_print_cell);
  workdir_remove (folder);
  accel_tell (matrix->accel);
  if (r == -1)
    return EXIT_UNUSABLE;
  matrix_print_end (matrix);
  for (size_t i = 0; i < output_count; i++)
    if (publish (&outputs[i], matrix) == -1)
      status = EXIT_UNUSABLE;
  for (size_t i = 0; i < matrix->cell_count; i++)
    if (matrix->cells[i].outcome == CELL_FAILED)
      status = EXIT_UNUSABLE;
  return status;
}

/* Returns the exit status. */
static int
plan_and_measure (const struct matrix_request *request, const struct words *filesystems, const struct words *wanted)
{
  const size_t kernel_count = request->kernels.count ? request->kernels.count : 1;
  struct kernel *kernels = calloc (kernel_count, sizeof *kernels);
  struct words lines = { NULL, NULL, 0 };
  struct matrix matrix = {
    .command = request->command, .filesystems = request->filesystems, .settle = request->settle,
    .accel = request->accel
  };
  int status = EXIT_UNUSABLE;

  if (kernels == NULL)
    out_of_memory ();
  else if (list_protocols (&lines, &matrix.protocols, &matrix.protocol_count) == 0
           && (request->protocols == NULL || choose_protocols (wanted, &matrix) == 0)
           && plan_environments (&matrix, request, filesystems, kernels, kernel_count) == 0 && plan_cells (&matrix) == 0)
    status = measure (&matrix, request);
  matrix_free (&matrix);
  words_free (&lines);
  for (size_t i = 0; kernels && i < kernel_count; i++)
    kernel_free (&kernels[i]);
  free (kernels);
  return status;
}

static int
check_filesystems (const struct words *filesystems)
{
  for (size_t i = 0; i < filesystems->count; i++)
    if (mkfs_check (filesystems->list[i]) == -1)
      return -1;
  return 0;
}

int
matrix_measure (const struct matrix_request *request)
{
  struct words filesystems = { NULL, NULL, 0 }, wanted = { NULL, NULL, 0 };
  int status = EXIT_UNUSABLE;

  if (words_split (request->filesystems, ",", &filesystems) == 0 && words_check ("fs", &filesystems) == 0
      && check_filesystems (&filesystems) == 0 && check_mounts (&request->mount, &filesystems) == 0
      && words_split (request->protocols ? request->protocols : "", ",", &wanted) == 0
      && (request->protocols == NULL || words_check ("protocol", &wanted) == 0) && stop_install () == 0)
    status = plan_and_measure (request, &filesystems, &wanted);
  words_free (&filesystems);
  words_free (&wanted);
  return stop_status (status);
}
