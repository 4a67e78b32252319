/* SPDX-License-Identifier: BSD-3-Clause */
/* The matrix as a page, in Markdown or in HTML: what the page holds is said once, how it is marked up twice. */
#include <config.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "batch/matrix/report.h"
#include "batch/matrix/verdict.h"
#include "common/cleanup.h"
#include "common/escape.h"
#include "common/html-style.h"
#include "common/message.h"

/* What stands around the parts of a page. */
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

struct page {
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
    PAGE_BEGIN "<title>Update protocols</title>\n<style>\n" PAGE_STYLE
    "body { max-width: 80em }\n"
    "div { overflow-x: auto }\n" PAGE_STYLE_NARROW
    "</style>\n</head>\n<body>\n",
  .end = "</body>\n</html>\n",
  .title = { "<h1>", "</h1>\n" }, .heading = { "<h2>", "</h2>\n" }, .paragraph = { "<p>", "</p>\n" },
  .code = { "<pre>", "</pre>\n" }, .table = { "<div><table>\n", "</tbody>\n</table></div>\n" }, .row = { "<tr>", "</tr>\n" },
  .head = { "<th>", "</th>" }, .cell = { "<td", "</td>" },
  .cell_head = { " data-head=\"", "\"" }, .cell_class = { " class=\"", "\"" },
  .cell_end = ">", .head_row = { "<thead>\n<tr>", "</tr>\n</thead>\n<tbody>\n" }, .is_html = true,
};

/* Text of any origin; bytes that are not printable ASCII become `?`. */
static void
put_text (const struct page *page, const char *text)
{
  if (text && page->markup->is_html)
    print_markup_safely (text, strlen (text), page->file);
  else
    while (text && *text) {
      if (strchr (page->markup->special, *text))
        putc ('\\', page->file);
      text += print_character_safely (text, strlen (text), page->file);
    }
}

static void
put_part (const struct page *page, const char *const around[2], const char *text)
{
  fputs (around[0], page->file);
  put_text (page, text);
  fputs (around[1], page->file);
}

/* The next cell of a row; CLASS, unless it is NULL, is how good its text is. */
static void
put_cell (struct page *page, const char *class, const char *text)
{
  const struct markup *markup = page->markup;
  const char *head = page->heads[page->column++];

  fputs (markup->cell[0], page->file);
  if (markup->cell_head[0])
    put_part (page, markup->cell_head, head);
  if (markup->cell_class[0] && class)
    put_part (page, markup->cell_class, class);
  fputs (markup->cell_end, page->file);
  put_text (page, text);
  fputs (markup->cell[1], page->file);
}

static void
begin_row (struct page *page)
{
  fputs (page->markup->row[0], page->file);
  page->column = 0;
}

/* Markdown has no markup in code: a line of it is put as it is, which is safe in a line of printable ASCII. */
static void
put_command (const struct page *page, const char *command)
{
  if (page->markup->is_html)
    put_part (page, page->markup->code, command);
  else
    fprintf (page->file, "%s%s%s", page->markup->code[0], command, page->markup->code[1]);
}

static void
begin_table (struct page *page, const char *const *heads, size_t count)
{
  const struct markup *markup = page->markup;

  page->heads = heads;
  fprintf (page->file, "%s%s", markup->table[0], markup->head_row[0]);
  for (size_t i = 0; i < count; i++)
    put_part (page, markup->head, heads[i]);
  fputs (markup->head_row[1], page->file);
  for (size_t i = 0; i < count && markup->rule; i++)
    fputs (markup->rule, page->file);
  if (markup->rule)
    putc ('\n', page->file);
}

static void
end_table (const struct page *page)
{
  fputs (page->markup->table[1], page->file);
}

static void
put_protocols (struct page *page, const struct matrix *matrix)
{
  const struct markup *markup = page->markup;

  put_part (page, markup->heading, "The protocols");
  begin_table (page, (const char *const[]) { "protocol", "what it does" }, 2);
  for (size_t i = 0; i < matrix->protocol_count; i++) {
    begin_row (page);
    put_cell (page, NULL, matrix->protocols[i].name);
    put_cell (page, NULL, matrix->protocols[i].what);
    fputs (markup->row[1], page->file);
  }
  end_table (page);
}

/* As `ext4 data=journal 6.12.117`: short enough for the head of a column. */
static char *
name_column (const struct environment *environment)
{
  char *text;

  if (asprintf (&text, "%s %s%s%.*s", environment->filesystem, environment->mount_options,
                *environment->mount_options ? " " : "", (int) strcspn (environment->release, "-+"), environment->release) == -1)
    return NULL;
  return text;
}

/* The summary: a row for each protocol, a column for each environment. */
static void
put_summary (struct page *page, const struct matrix *matrix)
{
  const struct markup *markup = page->markup;
  CLEANUP_FREE char **heads = calloc (matrix->environment_count + 1, sizeof *heads);

  if (heads == NULL)
    return;
  for (size_t i = 0; i < matrix->environment_count; i++)
    heads[1 + i] = name_column (&matrix->environments[i]);
  heads[0] = (char *) "protocol";
  begin_table (page, (const char *const *) heads, matrix->environment_count + 1);
  for (size_t i = 0; i < matrix->protocol_count; i++) {
    begin_row (page);
    put_cell (page, NULL, matrix->protocols[i].name);
    for (size_t j = 0; j < matrix->environment_count; j++) {
      struct verdict verdict;

      verdict_make (&verdict, &matrix->cells[j * matrix->protocol_count + i]);
      put_cell (page, verdict.class, verdict.summary);
      verdict_free (&verdict);
    }
    fputs (markup->row[1], page->file);
  }
  end_table (page);
  for (size_t i = 0; i < matrix->environment_count; i++)
    free (heads[1 + i]);
}

static void
put_figures (struct page *page, const struct cell *cell)
{
  struct verdict verdict;
  char seconds[32];

  verdict_make (&verdict, cell);
  snprintf (seconds, sizeof seconds, "%.1f", cell->seconds);
  const char *const texts[] = {
    verdict.atomic, verdict.durable, verdict.leftovers, verdict.states, verdict.exhaustive, verdict.runs, seconds,
  };
  begin_row (page);
  put_cell (page, verdict.class, cell->protocol->name);
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
    put_cell (page, NULL, texts[i]);
  put_cell (page, NULL, verdict.wrong);
  fputs (page->markup->row[1], page->file);
  verdict_free (&verdict);
}

/* All figures of one environment. */
static void
put_environment (struct page *page, const struct matrix *matrix, size_t number)
{
  static const char *const heads[] = {
    "protocol", "atomic", "durable", "leftovers", "crash states", "exhaustive", "runs", "seconds", "what was wrong"
  };
  CLEANUP_FREE char *name = environment_describe (&matrix->environments[number]);

  put_part (page, page->markup->heading, name);
  begin_table (page, heads, sizeof heads / sizeof heads[0]);
  for (size_t i = 0; i < matrix->protocol_count; i++)
    put_figures (page, &matrix->cells[number * matrix->protocol_count + i]);
  end_table (page);
}

static void
put_introduction (const struct page *page, const struct matrix *matrix)
{
  const struct markup *markup = page->markup;
  CLEANUP_FREE char *counts = matrix_describe_counts (matrix);

  put_part (page, markup->title, "Update protocols");
  put_part (page, markup->paragraph,
            "What a power cut leaves of a file that is being updated.  Atomic: the old or the new contents are there, wherever "
            "the power was cut.  Durable: the new ones, once the update has returned.  Exhaustive: every crash state of the "
            "recording was covered.  Leftovers: names that are there besides.");
  put_part (page, markup->paragraph, "Made by powercut " PACKAGE_VERSION " with");
  put_command (page, matrix->command);
  put_part (page, markup->paragraph, counts);
}

static char *
make_page (const struct matrix *matrix, const struct markup *markup)
{
  char *text = NULL;
  size_t length;
  struct page page = { .file = open_memstream (&text, &length), .markup = markup };

  if (page.file) {
    fputs (markup->begin, page.file);
    put_introduction (&page, matrix);
    put_summary (&page, matrix);
    put_protocols (&page, matrix);
    for (size_t i = 0; i < matrix->environment_count; i++)
      put_environment (&page, matrix, i);
    fputs (markup->end, page.file);
    if (fclose (page.file) == 0) {
      while (length > 0 && text[length - 1] == '\n')   /* who publishes it puts one there */
        text[--length] = '\0';
      return text;
    }
  }
  free (text);
  error_message ("out of memory");
  return NULL;
}

char *
matrix_make_markdown (const struct matrix *matrix)
{
  return make_page (matrix, &markdown);
}

char *
matrix_make_html (const struct matrix *matrix)
{
  return make_page (matrix, &html);
}
