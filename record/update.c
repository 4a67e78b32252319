/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checker/observe/pages.h"
#include "common/cleanup.h"
#include "common/escape.h"
#include "common/message.h"
#include "common/stop.h"
#include "guest/agent/protocol.h"
#include "record/server.h"
#include "record/update.h"

/* Observe the tree and put it into a mark; the text, to free, in *tree. */
static int
observe (struct recording_run *run, const char *name, char **tree)
{
  const struct option_texts *watch = &run->recording->watch;
  CLEANUP_FREE const char **words = calloc (watch->count + 2, sizeof *words);
  CLEANUP_FREE char *digest = NULL;

  if (words == NULL)
    return out_of_memory ();
  words[0] = "observe";
  for (size_t i = 0; i < watch->count; i++)
    words[1 + i] = watch->texts[i];
  digest = ask_guest (run, "observing the tree", words);
  if (digest == NULL)
    return -1;
  *tree = ask_guest (run, "observing the tree", WORDS ("tree"));
  return *tree ? server_mark (run->recorder, name, *tree) : -1;
}

/* Whether a tree (checker/observe/tree.h) has a line for PATH. */
static bool
tree_has (const char *tree, const char *path)
{
  CLEANUP_FREE char *line_end = NULL;
  size_t length;
  FILE *file = open_memstream (&line_end, &length);

  if (file == NULL)
    return false;
  putc (' ', file);
  escape_word (path, strlen (path), file);
  putc ('\n', file);
  return fclose (file) == 0 && strstr (tree, line_end) != NULL;
}

/* A path that is never there would be right in every crash state: it must be a mistake. */
static int
check_watch (const struct recording *recording, const char *old_tree, const char *new_tree)
{
  if (recording->guest.page_bytes > 0 && *pages_begin (old_tree) == '\0' && *pages_begin (new_tree) == '\0') {
    error_message ("--pages: there is no file, neither before the update nor after it");
    return -1;
  }
  for (size_t i = 0; i < recording->watch.count; i++) {
    const char *path = recording->watch.texts[i];

    if (!tree_has (old_tree, path) && !tree_has (new_tree, path)) {
      error_message ("--watch=%s: neither there before the update nor after it: give a path as "
                     "`find -printf '%%P\\n'` does, relative to the file system's root", path);
      return -1;
    }
  }
  return 0;
}

/* Wait for some seconds, or until a stop is asked for. */
static int
wait_seconds (uint64_t seconds)
{
  struct pollfd poller = { .fd = stop_fd (), .events = POLLIN };

  for (; seconds > 0 && !stop_requested (); seconds--)
    poll (&poller, 1, 1000);
  return stop_requested () ? -1 : 0;
}

/* No flush of ours here: whatever the file system leaves pending is decided at the mark `end`, the last crash point. */
static int
settle (struct recording_run *run)
{
  const struct recording *recording = run->recording;

  if (recording->settle == SETTLE_NONE)
    return 0;
  progress_stage (run->recorder->progress, "writing back");
  if (recording->settle == SETTLE_SECONDS && wait_seconds (recording->settle_seconds) == -1)
    return -1;
  return tell_guest (run, "sync", WORDS ("sync"));
}

static int
mark_in_guest (struct recording_run *run, const char *text)
{
  return tell_guest (run, "writing a mark", WORDS ("mark", run->recorder->mark_device, text));
}

/* The mark NAME of step NUMBER. */
static int
mark_step (struct recording_run *run, const char *name, size_t number)
{
  char text[64];

  if (run->recording->step.count == 0)
    return mark_in_guest (run, name);
  snprintf (text, sizeof text, "%s %zu", name, number);
  return mark_in_guest (run, text);
}

/* Print what a command printed in the guest, as whole lines. */
static void
print_output (struct recording_run *run, const char *output)
{
  FILE *stream = run->recording->output_aside ? stderr : stdout;
  const size_t length = strlen (output);

  progress_clear (run->recorder->progress);
  print_lines_safely (output, length, stream);
  if (length > 0 && output[length - 1] != '\n')
    putc ('\n', stream);
  fflush (stream);
}

/* One step between its marks, and the tree after it; *tree is what there was before, and then what there is. */
static int
record_step (struct recording_run *run, const char *what, const char *const *command, size_t number, char **tree)
{
  CLEANUP_FREE char *output = NULL;

  if (mark_step (run, "begin", number) == -1)
    return -1;
  run->begun = true;
  if (run->recording->step.count > 0)
    progress_stage (run->recorder->progress, "running step %zu of %zu", number, run->recording->step.count);
  else
    progress_stage (run->recorder->progress, "running %s", what);
  if (run_program (run, what, command, &output) == -1 || mark_step (run, "commit", number) == -1)
    return -1;
  if (!run->recording->guest.quiet && !run->recording->output_dropped && output)
    print_output (run, output);
  free (*tree);
  *tree = NULL;
  return observe (run, "new", tree);
}

/* COMMAND, as a step of its own. */
static int
record_only_step (struct recording_run *run, char **tree)
{
  const struct recording *recording = run->recording;
  CLEANUP_FREE const char **command = NULL;
  size_t count = 0;

  while (recording->command[count])
    count++;
  command = calloc (count + 1, sizeof *command);
  if (command == NULL)
    return out_of_memory ();
  memcpy (command, recording->command, count * sizeof *command);
  command[0] = run->recorder->program;
  return record_step (run, recording->command[0], command, 1, tree);
}

int
record_update (struct recording_run *run)
{
  const struct recording *recording = run->recording;
  CLEANUP_FREE char *old_tree = NULL, *tree = NULL;
  int r = observe (run, "old", &old_tree);

  if (r == 0 && recording->workload)
    r = record_step (run, "the workload", WORDS (AGENT_WORKLOAD_TOOL, recording->workload), 1, &tree);
  else if (r == 0 && recording->step.count == 0)
    r = record_only_step (run, &tree);
  for (size_t i = 0; i < recording->step.count && r == 0; i++)
    r = record_step (run, "--step", WORDS ("/bin/sh", "-c", recording->step.texts[i]), i + 1, &tree);
  if (r == -1 || check_watch (recording, old_tree, tree) == -1 || settle (run) == -1)
    return -1;
  return mark_in_guest (run, "end");
}
