/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/capture.h"
#include "common/cleanup.h"
#include "common/process.h"
#include "common/text.h"
#include "guest/agent/protocol.h"
#include "guest/initramfs/loader-cache.h"
#include "guest/missing.h"

#define HINTS_MAX 4             /* who misses more brings these first */
#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.+-/@"

/* The line about NAME, which the host has as PATH, or has not. */
static char *
bring (const char *kind, const char *name, const char *path)
{
  if (path)
    return text_format ("the %s %s is not in the guest: --include=%s brings it", kind, name, path);
  return text_format ("the %s %s is not in the guest, and was not found on this host either", kind, name);
}

/* The line about NAME, a relative path of something on this host. */
static char *
name_absolute (const char *name)
{
  CLEANUP_FREE char *real = realpath (name, NULL);

  if (real == NULL)
    return NULL;
  return text_format ("%s is here, not in the guest, whose working directory is the new file system: name it as %s",
                      name, real);
}

static char *
hint_program (const char *name)
{
  CLEANUP_FREE char *path = process_find (name);

  /* A name with a `/` is of a file in the guest, and found there only under its whole path. */
  if (path && *path != '/')
    return name_absolute (name);
  return bring ("program", name, path);
}

static char *
hint_library (const char *name)
{
  struct loader_cache cache;

  loader_cache_read (LOADER_CACHE, &cache);
  char *hint = bring ("shared library", name, loader_cache_find (&cache, name));
  loader_cache_free (&cache);
  return hint;
}

/* What the interpreter PROGRAM, asked QUESTION about NAME, prints: a path to free, or NULL.  The current directory may
 * be a stranger's, as may NAME: nothing is imported from there.
 */
static char *
ask (const char *program, const char *option, const char *question, const char *name)
{
  CLEANUP_FREE char *path = process_find (program);
  struct capture answer;
  char *found = NULL;

  if (path == NULL || capture_run ((const char *const[]) { path, option, question, name, NULL }, &answer) == -1)
    return NULL;
  answer.output[strcspn (answer.output, "\n")] = '\0';
  if (answer.status == 0 && *answer.output == '/')
    found = strdup (answer.output);
  capture_free (&answer);
  return found;
}

static char *
hint_python (const char *name)
{
  CLEANUP_FREE char *path = ask ("python3", "-c", "import sys\n"
                                 "sys.path[:] = [path for path in sys.path if path]\n"
                                 "import importlib.util\n"
                                 "found = importlib.util.find_spec(sys.argv[1].split('.')[0])\n"
                                 "if found: print(list(found.submodule_search_locations or [found.origin])[0])", name);

  return bring ("Python module", name, path);
}

static char *
hint_perl (const char *name)
{
  CLEANUP_FREE char *path = ask ("perl", "-e", "for (@INC) { print \"$_/$ARGV[0]\\n\" if -e \"$_/$ARGV[0]\" }", name);

  return bring ("Perl module", name, path);
}

/* A file that is named with all its directories.  Who looks for one that the host has not is not helped. */
static char *
hint_file (const char *name)
{
  const size_t length = strlen (AGENT_MOUNT_POINT "/");

  if (*name != '/')
    return NULL;
  if (strncmp (name, AGENT_MOUNT_POINT "/", length) == 0 && access (name + length, F_OK) == 0)
    return name_absolute (name + length);
  return access (name, F_OK) == 0 ? bring ("file", name, name) : NULL;
}

/* What a shell was to read. */
static char *
hint_sourced (const char *name)
{
  return *name == '/' ? hint_file (name) : name_absolute (name);
}

/* What Python could not open or start: a program only if the host has one of this name. */
static char *
hint_file_or_program (const char *name)
{
  CLEANUP_FREE char *path = strchr (name, '/') ? NULL : process_find (name);

  return path ? bring ("program", name, path) : hint_file (name);
}

/* What programs say about what is missing; its name stands before or after that. */
static const struct complaint {
  const char *words;
  bool is_before;
  char *(*hint) (const char *name);
  bool has_line;                /* before the name there is the number of a line, as dash writes it */
} complaints[] = {
  { "error while loading shared libraries: ", false, hint_library, false },
  { ": cannot open shared object file", true, hint_library, false },
  { "No module named '", false, hint_python, false },
  { "No module named ", false, hint_python, false },
  { "Can't locate ", false, hint_perl, false },
  { "can't open file '", false, hint_file, false },
  { "No such file or directory: '", false, hint_file_or_program, false },
  { "Can't exec \"", false, hint_program, false },
  { ": command not found", true, hint_program, false },
  { ": not found", true, hint_program, true },
  { ": no such program in the guest", true, hint_program, false },
  { ": No such file or directory", true, hint_file, false },
  { "': No such file or directory", true, hint_file, false },
  { ": No such file or directory", true, hint_sourced, true },
  { " .: cannot open ", false, hint_sourced, false },
  { " .: ", false, hint_sourced, false },
};

/* Whether there is a number and `: ` before PLACE. */
static bool
is_after_line (const char *text, const char *place)
{
  return place - text > 3 && place[-1] == ' ' && place[-2] == ':' && place[-3] >= '0' && place[-3] <= '9';
}

/* The name to which COMPLAINT, seen at PLACE in TEXT, belongs, to free; NULL if there is none. */
static char *
name_at (const char *text, const char *place, const struct complaint *complaint)
{
  const char *begin = complaint->is_before ? place : place + strlen (complaint->words);

  while (complaint->is_before && begin > text && strchr (NAME_CHARACTERS, begin[-1]))
    begin--;
  const size_t length = complaint->is_before ? (size_t) (place - begin) : strspn (begin, NAME_CHARACTERS);
  if (length == 0 || length >= PATH_MAX || (complaint->has_line && !is_after_line (text, begin)))
    return NULL;
  return text_format ("%.*s", (int) length, begin);
}

/* Put HINT, taken over, after the COUNT in HINTS, unless it is NULL or there already.  Returns how many there are. */
static size_t
add_hint (char **hints, size_t count, char *hint)
{
  for (size_t i = 0; hint && i < count; i++)
    if (strcmp (hints[i], hint) == 0) {
      free (hint);
      hint = NULL;
    }
  hints[count] = hint;
  return hint ? count + 1 : count;
}

/* The COUNT HINTS, which are freed, as one text to free, or NULL. */
static char *
join_hints (char **hints, size_t count)
{
  char *text = NULL;

  for (size_t i = 0; i < count; i++) {
    CLEANUP_FREE char *before = text;

    text = text_format ("%s%s%s", before ? before : "", before ? "; " : "", hints[i]);
    free (hints[i]);
  }
  return text;
}

char *
missing_hint (const char *output)
{
  char *hints[HINTS_MAX];
  size_t count = 0;

  for (size_t i = 0; i < sizeof complaints / sizeof complaints[0]; i++)
    for (const char *place = output;
         count < HINTS_MAX && (place = strstr (place, complaints[i].words)) != NULL; place++) {
      CLEANUP_FREE char *name = name_at (output, place, &complaints[i]);

      count = add_hint (hints, count, name ? complaints[i].hint (name) : NULL);
    }
  return join_hints (hints, count);
}
