/* SPDX-License-Identifier: BSD-3-Clause */
/* The matrix as a document, in Markdown or in HTML: what it holds is said once, how it is marked up twice. */
#include <config.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "batch/matrix/cell-summary.h"
#include "batch/matrix/matrix.h"
#include "common/cleanup.h"
#include "common/escape.h"
#include "common/html-style.h"
#include "common/message.h"

/* What stands around the parts of a document. */
struct markup {
  const char *begin, *end;
  const char *title[2], *heading[2], *paragraph[2], *code[2];
  const char *table[2], *row[2], *head[2], *cell[2];
  const char *cell_end;         /* of the beginning of a cell */
  const char *cell_head[2], *cell_class[2];     /* attributes of a cell, if there are any: what it is, and how good */
  const char *head_row[2];      /* of a table */
  const char *rule;             /* below the heads, once for each column */
  bool is_html;                 /* text is escaped as in common/escape.h, ... */
  const char *special;          /* ... else these characters of it, by a backslash */
};

struct document {
  FILE *file;
  const struct markup *markup;
  const char *const *heads;     /* of the table that is being written, in which COLUMN comes next */
  size_t column;
};

static const struct markup markdown = {
  .begin = "", .end = "", .title = { "# ", "\n\n" }, .heading = { "## ", "\n\n" }, .paragraph = { "", "\n\n" },
  .code = { "    ", "\n\n" }, .table = { "", "\n" }, .row = { "|", "\n" }, .head = { " ", " |" }, .cell = { "", " |" },
  .cell_end = " ", .head_row = { "|", "\n|" }, .rule = "---|", .special = "\\`*_[]<>|&~#",
};

static const struct markup html = {
  .begin =
    HTML_BEGIN "<title>Update protocols</title>\n<style>\n" HTML_STYLE
    "body { max-width: 80em }\n"
    "div { overflow-x: auto }\n" HTML_STYLE_NARROW
    "</style>\n</head>\n<body>\n",
  .end = "</body>\n</html>\n",
  .title = { "<h1>", "</h1>\n" }, .heading = { "<h2>", "</h2>\n" }, .paragraph = { "<p>", "</p>\n" },
  .code = { "<pre>", "</pre>\n" }, .table = { "<div><table>\n", "</tbody>\n</table></div>\n" },
  .row = { "<tr>", "</tr>\n" },
  .head = { "<th>", "</th>" }, .cell = { "<td", "</td>" },
  .cell_head = { " data-head=\"", "\"" }, .cell_class = { " class=\"", "\"" },
  .cell_end = ">", .head_row = { "<thead>\n<tr>", "</tr>\n</thead>\n<tbody>\n" }, .is_html = true,
};

/* Text of any origin; bytes that are not printable ASCII become `?`. */
static void
put_text (const struct document *document, const char *text)
{
  if (text && document->markup->is_html)
    print_safe_markup (text, document->file);
  else
    while (text && *text) {
      if (strchr (document->markup->special, *text))
        putc ('\\', document->file);
      text += print_character_safely (text, strlen (text), document->file);
    }
}

static void
put_part (const struct document *document, const char *const around[2], const char *text)
{
  fputs (around[0], document->file);
  put_text (document, text);
  fputs (around[1], document->file);
}

/* The next cell of a row; CLASS, unless it is NULL, is how good its text is. */
static void
put_cell (struct document *document, const char *class, const char *text)
{
  const struct markup *markup = document->markup;
  const char *head = document->heads[document->column++];

  fputs (markup->cell[0], document->file);
  if (markup->cell_head[0])
    put_part (document, markup->cell_head, head);
  if (markup->cell_class[0] && class)
    put_part (document, markup->cell_class, class);
  fputs (markup->cell_end, document->file);
  put_text (document, text);
  fputs (markup->cell[1], document->file);
}

static void
begin_row (struct document *document)
{
  fputs (document->markup->row[0], document->file);
  document->column = 0;
}

/* Markdown has no markup in code: a line of it is put as it is, which is safe in a line of printable ASCII. */
static void
put_command (const struct document *document, const char *command)
{
  if (document->markup->is_html)
    put_part (document, document->markup->code, command);
  else
    fprintf (document->file, "%s%s%s", document->markup->code[0], command, document->markup->code[1]);
}

static void
begin_table (struct document *document, const char *const *heads, size_t count)
{
  const struct markup *markup = document->markup;

  document->heads = heads;
  fprintf (document->file, "%s%s", markup->table[0], markup->head_row[0]);
  for (size_t i = 0; i < count; i++)
    put_part (document, markup->head, heads[i]);
  fputs (markup->head_row[1], document->file);
  for (size_t i = 0; i < count && markup->rule; i++)
    fputs (markup->rule, document->file);
  if (markup->rule)
    putc ('\n', document->file);
}

static void
end_table (const struct document *document)
{
  fputs (document->markup->table[1], document->file);
}

static void
put_protocols (struct document *document, const struct grid *grid)
{
  const struct protocol *protocols = grid->rows;
  const struct markup *markup = document->markup;

  put_part (document, markup->heading, "The protocols");
  begin_table (document, (const char *const[]) { "protocol", "what it does" }, 2);
  for (size_t i = 0; i < grid->row_count; i++) {
    begin_row (document);
    put_cell (document, NULL, protocols[i].name);
    put_cell (document, NULL, protocols[i].what);
    fputs (markup->row[1], document->file);
  }
  end_table (document);
}

/* As `ext4 data=journal 6.12.117`: short enough for the head of a column. */
static char *
name_column (const struct environment *environment)
{
  const char *options = environment->mount_options, *release = environment->kernel->release;
  char *text;

  if (asprintf (&text, "%s %s%s%.*s", environment->filesystem, options, *options ? " " : "",
                (int) strcspn (release, "-+"), release) == -1)
    return NULL;
  return text;
}

/* The summary: a row for each protocol, a column for each environment. */
static void
put_summary (struct document *document, const struct grid *grid)
{
  const struct protocol *protocols = grid->rows;
  const struct markup *markup = document->markup;
  CLEANUP_FREE char **heads = calloc (grid->environment_count + 1, sizeof *heads);

  if (heads == NULL)
    return;
  for (size_t i = 0; i < grid->environment_count; i++)
    heads[1 + i] = name_column (&grid->environments[i]);
  heads[0] = (char *) "protocol";
  begin_table (document, (const char *const *) heads, grid->environment_count + 1);
  for (size_t i = 0; i < grid->row_count; i++) {
    begin_row (document);
    put_cell (document, NULL, protocols[i].name);
    for (size_t j = 0; j < grid->environment_count; j++) {
      struct update_verdict verdict;

      update_verdict_make (&verdict, &grid->cells[j * grid->row_count + i]);
      put_cell (document, verdict.class, verdict.summary);
      update_verdict_free (&verdict);
    }
    fputs (markup->row[1], document->file);
  }
  end_table (document);
  for (size_t i = 0; i < grid->environment_count; i++)
    free (heads[1 + i]);
}

static void
put_figures (struct document *document, const struct cell *cell)
{
  const struct protocol *protocol = cell->row;
  struct update_verdict verdict;
  char seconds[32];

  update_verdict_make (&verdict, cell);
  snprintf (seconds, sizeof seconds, "%.1f", cell_seconds (cell));
  const char *const texts[] = {
    verdict.atomic, verdict.durable, verdict.leftovers, verdict.states, verdict.exhaustive, verdict.runs, seconds,
  };
  begin_row (document);
  put_cell (document, verdict.class, protocol->name);
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
    put_cell (document, NULL, texts[i]);
  put_cell (document, NULL, verdict.wrong);
  fputs (document->markup->row[1], document->file);
  update_verdict_free (&verdict);
}

/* All figures of one environment. */
static void
put_environment (struct document *document, const struct grid *grid, size_t number)
{
  static const char *const heads[] = {
    "protocol", "atomic", "durable", "leftovers", "crash states", "exhaustive", "runs", "seconds", "what was wrong"
  };
  CLEANUP_FREE char *name = environment_describe (&grid->environments[number]);

  put_part (document, document->markup->heading, name);
  begin_table (document, heads, sizeof heads / sizeof heads[0]);
  for (size_t i = 0; i < grid->row_count; i++)
    put_figures (document, &grid->cells[number * grid->row_count + i]);
  end_table (document);
}

static void
put_introduction (const struct document *document, const struct grid *grid)
{
  const struct markup *markup = document->markup;
  CLEANUP_FREE char *counts = matrix_describe_counts (grid);

  put_part (document, markup->title, "Update protocols");
  put_part (document, markup->paragraph,
            "What a power cut leaves of a file that is being updated.  Atomic: the old or the new contents are there, "
            "wherever the power was cut.  Durable: the new ones, once the update has returned.  Exhaustive: every "
            "crash state of the recording was covered.  Leftovers: names that are there besides.");
  put_part (document, markup->paragraph, "Made by powercut " PACKAGE_VERSION " with");
  put_command (document, grid->request->command);
  put_part (document, markup->paragraph, counts);
}

static char *
make_document (const struct grid *grid, const struct markup *markup)
{
  char *text = NULL;
  size_t length;
  struct document document = { .file = open_memstream (&text, &length), .markup = markup };

  if (document.file) {
    fputs (markup->begin, document.file);
    put_introduction (&document, grid);
    put_summary (&document, grid);
    put_protocols (&document, grid);
    for (size_t i = 0; i < grid->environment_count; i++)
      put_environment (&document, grid, i);
    fputs (markup->end, document.file);
    if (fclose (document.file) == 0) {
      while (length > 0 && text[length - 1] == '\n')   /* who publishes it puts one there */
        text[--length] = '\0';
      return text;
    }
  }
  free (text);
  out_of_memory ();
  return NULL;
}

char *
matrix_make_markdown (const struct grid *grid)
{
  return make_document (grid, &markdown);
}

char *
matrix_make_html (const struct grid *grid)
{
  return make_document (grid, &html);
}
