/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/escape.h"
#include "common/message.h"
#include "common/plural.h"
#include "replay/level.h"
#include "replay/report/page-table.h"
#include "replay/report/state.h"

#define TREE_SHOWN_MAX (1 << 20)        /* bytes */

/* Print A and B, which come from a log or a guest, after LABEL. */
static void
print_line (const char *label, const char *a, const char *b)
{
  fputs (label, stdout);
  print_names_safely (a, strlen (a), stdout);
  if (b) {
    fputs (": ", stdout);
    print_names_safely (b, strlen (b), stdout);
  }
  putchar ('\n');
}

/* Print a tree, as much of it as a terminal has use for. */
static void
print_tree (const char *digest, const char *tree)
{
  const char *line = tree;

  printf ("observed   %s\n", digest);
  for (size_t length; *line && line - tree < TREE_SHOWN_MAX; line += length + (line[length] == '\n')) {
    length = strcspn (line, "\n");
    print_names_safely (line, length, stdout);
    putchar ('\n');
  }
  if (*line)
    printf ("... (%zu bytes more)\n", strlen (line));
}

/* Print what a checker said. */
static void
print_check (const struct outcome *outcome)
{
  const char *text = outcome->check_output;
  size_t length = strlen (text);

  printf ("checker    %s\n", check_name (outcome->check));
  print_lines_safely (text, length, stdout);
  if (length > 0 && text[length - 1] != '\n')
    putchar ('\n');
}

/* Print where the power was cut, and what the run did with the disk. */
static int
print_run (const struct results *results, const struct seen_state *seen)
{
  const struct control_report *device = &seen->device;
  const struct selection *selection = &seen->selection;
  CLEANUP_FREE char *after = recovered_state_after (results->config, selection->point);
  CLEANUP_FREE char *id = recovered_state_id (results->config, selection->point, selection->choices, selection->count);

  if (id == NULL)
    return out_of_memory ();
  print_line ("state      ", id, NULL);
  print_line ("after      ", after ? after : "", NULL);
  print_line ("kernel     ", results->release, NULL);
  if (results->config->runner.fault)
    print_line ("fault      ", results->config->runner.fault, NULL);
  if (results->config->runner.lost)
    print_line ("lost       ", results->config->runner.lost, NULL);
  printf ("pending    %u %s\n", seen->pending_count, plural (seen->pending_count, "write", "writes"));
  printf ("device     %ju %s, %ju bytes; %ju %s, %ju bytes\n", (uintmax_t) device->reads,
          plural (device->reads, "read", "reads"), (uintmax_t) device->read_bytes, (uintmax_t) device->writes,
          plural (device->writes, "write", "writes"), (uintmax_t) device->written_bytes);
  return 0;
}

int
state_print (const struct results *results, const struct seen_state *seen)
{
  const struct outcome *outcome = &seen->outcome;

  if (print_run (results, seen) == -1)
    return -1;
  if (seen->tree)
    print_tree (outcome->digest, seen->tree);
  if (seen->classes)
    page_classes_print (results->config->pages, seen->classes, stdout);
  if (outcome->check_output)
    print_check (outcome);
  if (seen->verdict.kind)
    print_line ("verdict    ", violation_name (seen->verdict.kind), seen->verdict.detail);
  else
    printf ("verdict    nothing wrong\n");
  if (outcome->unrepeated_kind)
    print_line ("not seen again on a fresh boot: ", violation_name (outcome->unrepeated_kind), outcome->unrepeated);
  return 0;
}
