/* SPDX-License-Identifier: BSD-3-Clause */
/* Tools for the programs that run in the guest: the agent under other names. */
#include <config.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "guest/agent/agent.h"
#include "guest/agent/mark-text.h"
#include "guest/agent/protocol.h"

enum { TOOL_DONE = 0, TOOL_FAILED = 1, TOOL_MISUSED = 2 };

/* WORDS with single spaces between them, and without a newline at the end, which is not recorded; to free, or NULL
 * after a message.
 */
static char *
join_words (char **words)
{
  char *text = NULL;
  size_t length;
  FILE *file = open_memstream (&text, &length);

  if (file) {
    for (char **word = words; *word; word++)
      fprintf (file, "%s%s", word == words ? "" : " ", *word);
    if (fclose (file) == 0) {
      if (length > 0 && text[length - 1] == '\n')
        text[length - 1] = '\0';
      return text;
    }
  }
  error_message ("out of memory");
  free (text);
  return NULL;
}

static int
tool_mark (char **words)
{
  CLEANUP_FREE char *text = join_words (words);

  if (text == NULL)
    return TOOL_FAILED;
  const char *fault = mark_text_fault (text);
  if (fault) {
    error_message ("%s", fault);
    return TOOL_MISUSED;
  }
  return mark_and_note (text) == 0 && freeze_at (text) == 0 ? TOOL_DONE : TOOL_FAILED;
}

/* The only word, or the mount point if there is none; NULL after a message. */
static const char *
path_of (char **words, const char *usage)
{
  if (words[0] == NULL)
    return AGENT_MOUNT_POINT;
  if (words[1] == NULL && words[0][0] != '-')
    return words[0];
  error_message ("usage: %s", usage);
  return NULL;
}

static int
tool_freeze (char **words)
{
  const char *path = path_of (words, "powercut-freeze [PATH]");

  if (path == NULL)
    return TOOL_MISUSED;
  return freeze (path) == 0 ? TOOL_DONE : TOOL_FAILED;
}

static int
tool_thaw (char **words)
{
  bool all = words[0] && strcmp (words[0], "--all") == 0;
  const char *path = path_of (words + all, "powercut-thaw [--all] [PATH]");

  if (path == NULL)
    return TOOL_MISUSED;
  if (all)
    return thaw_all (path) == -1 ? TOOL_FAILED : TOOL_DONE;
  return thaw (path) == 0 ? TOOL_DONE : TOOL_FAILED;
}

int
tool_run (const char *name, char **words)
{
  static const struct {
    const char *name;
    run_tool *run;
  } tools[] = {
    { "powercut-freeze", tool_freeze }, { "powercut-mark", tool_mark }, { "powercut-modprobe", tool_modprobe },
    { "powercut-path", tool_path }, { "powercut-thaw", tool_thaw }, { "powercut-trace", tool_trace },
    { "powercut-workload", tool_workload },
  };

  for (size_t i = 0; i < sizeof tools / sizeof tools[0]; i++)
    if (strcmp (tools[i].name, name) == 0)
      return tools[i].run (words);
  return -1;
}
