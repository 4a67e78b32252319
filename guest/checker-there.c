/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "common/process.h"
#include "common/text.h"
#include "guest/checker-there.h"

#define PLAIN "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./+-"

/* What is there in the guest alone. */
static const char *const own_places[] = { "/mnt/", "/tmp/", "/dev/", "/proc/", "/sys/", "/bin/powercut-", "powercut-" };

/* The first word of COMMAND, to free, or NULL if it is something else than the plain name of a program. */
static char *
first_word (const char *command)
{
  const char *word = command + strspn (command, " \t\n");
  size_t length = strspn (word, PLAIN);

  return length > 0 && strchr (" \t\n;&|<>", word[length]) ? strndup (word, length) : NULL;
}

static bool
is_of_guest (const char *word)
{
  return text_begins_with (word, own_places, sizeof own_places / sizeof own_places[0]);
}

/* Whether the shell has NAME built in, or can find it. */
static bool
shell_knows (const char *name)
{
  CLEANUP_FREE char *program = process_find (name);

  if (program)
    return true;
  const char *const argv[] = { "/bin/sh", "-c", "command -v \"$1\"", "sh", name, NULL };
  CLEANUP_FREE char *failure = process_run (argv);
  return failure == NULL;
}

int
checker_there (const char *check, bool fresh)
{
  CLEANUP_FREE char *word = first_word (check);

  if (word == NULL || is_of_guest (word))
    return 0;
  if (*word == '/' ? access (word, F_OK) == -1 : strchr (word, '/') == NULL && !shell_knows (word)) {
    error_message ("--check=%s: %s: not found", check, word);
    return -1;
  }
  if (*word != '/' && strchr (word, '/') && fresh && access (word, X_OK) == 0) {
    CLEANUP_FREE char *absolute = realpath (word, NULL);

    error_message ("--check=%s: %s would be sought in the recorded file system: give the whole path%s%s", check, word,
                   absolute ? ", " : "", absolute ? absolute : "");
    return -1;
  }
  return 0;
}
