/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "checker/observe/flags.h"
#include "checker/workload/arguments.h"
#include "common/escape.h"
#include "common/number.h"

#define XATTR_NAME_LENGTH_MAX 255

/* Whether PATH is relative, without empty, `.` and `..` components; or the root alone. */
static bool
is_path (const char *path)
{
  if (strcmp (path, ".") == 0)
    return true;
  if (strlen (path) >= PATH_MAX)
    return false;
  for (;;) {
    size_t length = strcspn (path, "/");

    if (length == 0 || length > NAME_MAX || (path[0] == '.' && (length == 1 || (length == 2 && path[1] == '.'))))
      return false;
    if (path[length] == '\0')
      return true;
    path += length + 1;
  }
}

/* The operation that has opened NAME, of this part of the workload, as a file does not stay open when the setup ends;
 * NULL: it is not open.
 */
static const struct workload_operation *
find_open (const struct workload_parser *parser, const char *name)
{
  const struct workload *workload = parser->workload;

  for (size_t i = workload->count, first = parser->begun ? workload->setup_count : 0; i > first; i--) {
    const struct workload_operation *operation = &workload->operations[i - 1];
    const bool closes = operation->verb == WORKLOAD_CLOSE;

    if ((closes || operation->verb == WORKLOAD_OPEN || operation->verb == WORKLOAD_TMPFILE)
        && strcmp (operation->path, name) == 0)
      return closes ? NULL : operation;
  }
  return NULL;
}

static bool
is_tmpfile (const struct workload_parser *parser, const char *name)
{
  const struct workload_operation *opened = find_open (parser, name);

  return opened && opened->verb == WORKLOAD_TMPFILE;
}

/* Unescape WORD into a new text that holds no NUL.  NULL after a message. */
static char *
take_text (const struct workload_parser *parser, const char *word)
{
  char *text = strdup (word);

  if (text == NULL) {
    refuse_memory (&parser->place);
    return NULL;
  }
  ssize_t length = unescape_word (text);
  if (length >= 0 && strlen (text) == (size_t) length)
    return text;
  refuse (&parser->place, "%s: write %% as %%25, and any other byte but NUL as %% and two hexadecimal digits", word);
  free (text);
  return NULL;
}

/* The place in OPERATION for its next word of text. */
static char **
next_text (struct workload_operation *operation)
{
  return operation->path ? &operation->other : &operation->path;
}

/* PATH, of a kind ARGUMENT, begins with the `@` of an open file. */
static int
check_open (const struct workload_parser *parser, const char *path, enum argument argument,
            const struct workload_operation *operation)
{
  if (argument == ARG_NEW_PATH || operation->verb == WORKLOAD_OPEN)
    return refuse (&parser->place, "%s: begins as an open file does: give a path that does not", path);
  if (find_open (parser, path + 1) == NULL)
    return refuse (&parser->place, "%s: no such open file%s: see open", path, parser->begun ? " since `begin'" : "");
  return 0;
}

static int
take_path (const struct workload_parser *parser, const char *word, enum argument argument,
           struct workload_operation *operation)
{
  char **place = next_text (operation);

  *place = take_text (parser, word);
  if (*place == NULL)
    return -1;
  if (!is_path (*place))
    return refuse (&parser->place,
                   "%s: give a path relative to the root of the file system, without `.', `..' and `//'", word);
  if (**place == '@')
    return check_open (parser, *place, argument, operation);
  if (argument != ARG_ANY_PATH && strcmp (*place, ".") == 0)
    return refuse (&parser->place, "%s: the root cannot be used here", word);
  if (argument == ARG_NEW_PATH && is_tmpfile (parser, *place))
    return refuse (&parser->place,
                   "%s: is the name of a tmpfile, which is in no folder: give a path, or see linktmp", word);
  return 0;
}

/* The NAME of an open file, or of one to be opened. */
static int
take_open_name (const struct workload_parser *parser, const char *word, struct workload_operation *operation)
{
  const bool opens = operation->verb == WORKLOAD_TMPFILE || operation->verb == WORKLOAD_OPEN;
  const char *since = parser->begun ? " since `begin'" : "";

  operation->path = take_text (parser, word);
  if (operation->path == NULL)
    return -1;
  if (!is_path (operation->path) || strchr (operation->path, '/') || strcmp (operation->path, ".") == 0
      || *operation->path == '@')
    return refuse (&parser->place, "%s: the name of an open file or tmpfile is one word without `/', and `@' is only "
                   "where it is used", word);
  const struct workload_operation *opened = find_open (parser, operation->path);
  if (opens && opened)
    return refuse (&parser->place, "%s: is open already: take another name", word);
  if (operation->verb == WORKLOAD_LINKTMP && (opened == NULL || opened->verb != WORKLOAD_TMPFILE))
    return refuse (&parser->place, "%s: no such tmpfile%s", word, since);
  if (operation->verb == WORKLOAD_CLOSE && opened == NULL)
    return refuse (&parser->place, "%s: no such open file%s", word, since);
  return 0;
}

static int
take_value (const struct workload_parser *parser, const char *word, struct workload_operation *operation)
{
  operation->value = strdup (word);
  if (operation->value == NULL)
    return refuse_memory (&parser->place);
  ssize_t length = unescape_word (operation->value);
  if (length == -1)
    return refuse (&parser->place, "%s: write %% as %%25, and any other byte as %% and two hexadecimal digits", word);
  if (length > WORKLOAD_XATTR_MAX)
    return refuse (&parser->place, "a value of %zd bytes: an extended attribute has at most %d", length,
                   WORKLOAD_XATTR_MAX);
  operation->value_length = (size_t) length;
  return 0;
}

static int
take_mode (const struct workload_parser *parser, const char *word, struct workload_operation *operation)
{
  static const struct {
    const char *name;
    unsigned flag;
  } flags[] = {
    { "alloc", 0 }, { "keep", FALLOC_KEEP }, { "punch", FALLOC_PUNCH }, { "zero", FALLOC_ZERO },
    { "collapse", FALLOC_COLLAPSE }, { "insert", FALLOC_INSERT },
  };
  const char *at = word;
  size_t i;

  for (;; at++) {
    size_t length = strcspn (at, "+");

    for (i = 0; i < sizeof flags / sizeof flags[0]; i++)
      if (strlen (flags[i].name) == length && memcmp (flags[i].name, at, length) == 0)
        break;
    if (i == sizeof flags / sizeof flags[0])
      return refuse (&parser->place, "%s: give alloc, keep, punch, zero, collapse or insert, joined by `+'", word);
    operation->falloc |= flags[i].flag;
    at += length;
    if (*at == '\0')
      break;
  }
  unsigned what = operation->falloc & ~(unsigned) FALLOC_KEEP;
  if ((what & (what - 1)) != 0 || (operation->falloc & FALLOC_KEEP && what >= FALLOC_COLLAPSE))
    return refuse (&parser->place, "%s: the kernel does not allow these together", word);
  return 0;
}

static int
take_permissions (const struct workload_parser *parser, const char *word, struct workload_operation *operation)
{
  size_t length = strlen (word);

  if (length == 0 || length > 4 || strspn (word, "01234567") != length)
    return refuse (&parser->place, "%s: give a mode as octal digits, as in 644 or 0755", word);
  operation->length = strtoul (word, NULL, 8);
  return 0;
}

static int
take_flags (const struct workload_parser *parser, const char *word, struct workload_operation *operation)
{
  if ((*word == '+' || *word == '-') && flags_read (word + 1, '\0', *word == '+' ? &operation->set : &operation->clear))
    return 0;
  return refuse (&parser->place, "%s: give + or - and some of the letters A, C, D, S, a, c, d, i, as for chattr(1)",
                 word);
}

static int
take_number (const struct workload_parser *parser, const char *word, enum argument argument,
             struct workload_operation *operation)
{
  uint64_t number;

  if (parse_size (word, &number) == -1)
    return refuse (&parser->place, "%s: give a number of bytes, as in 4096 or 4K", word);
  if (number > WORKLOAD_FILE_MAX)
    return refuse (&parser->place, "%s: files have at most 1G here", word);
  if ((argument == ARG_LENGTH || argument == ARG_CLONE_LENGTH) && number == 0)
    return refuse (&parser->place, "%s: give a length of at least one byte", word);
  *(argument == ARG_OFFSET || argument == ARG_CLONE_OFFSET ? &operation->offset
    : argument == ARG_TO_OFFSET || argument == ARG_CLONE_TO_OFFSET ? &operation->to_offset
    : &operation->length) = number;
  return 0;
}

/* One of two numbers that are no sizes. */
static int
take_plain_number (const struct workload_parser *parser, const char *word, size_t index,
                   struct workload_operation *operation)
{
  uint64_t number;

  if (parse_unsigned (word, INT32_MAX, &number) == -1)
    return refuse (&parser->place, "%s: give a number up to %d", word, INT32_MAX);
  operation->numbers[index] = (uint32_t) number;
  return 0;
}

static int
take_rename (const struct workload_parser *parser, const char *word, struct workload_operation *operation)
{
  const bool not_over = strcmp (word, "noreplace") == 0;

  if (!not_over && strcmp (word, "whiteout") != 0)
    return refuse (&parser->place, "%s: give noreplace, whiteout or nothing; see exchange, too", word);
  operation->rename = not_over ? RENAME_NOT_OVER : RENAME_LEAVING_WHITEOUT;
  return 0;
}

static int
take_sync (const struct workload_parser *parser, const char *word, struct workload_operation *operation)
{
  const bool all = strcmp (word, "sync") == 0;

  if (!all && strcmp (word, "dsync") != 0)
    return refuse (&parser->place, "%s: give sync, dsync or nothing, for O_SYNC, O_DSYNC or neither", word);
  operation->sync = all ? SYNC_ALL : SYNC_DATA;
  return 0;
}

int
take_argument (const struct workload_parser *parser, const char *word, enum argument argument,
               struct workload_operation *operation)
{
  switch (argument) {
  case ARG_ANY_PATH:
  case ARG_FILE_PATH:
  case ARG_NEW_PATH: return take_path (parser, word, argument, operation);
  case ARG_OPEN_NAME: return take_open_name (parser, word, operation);
  case ARG_TARGET:
    operation->other = take_text (parser, word);
    if (operation->other && strlen (operation->other) > WORKLOAD_TARGET_MAX)
      return refuse (&parser->place, "a target of %zu bytes: a symbolic link has at most %d", strlen (operation->other),
                     WORKLOAD_TARGET_MAX);
    return operation->other ? 0 : -1;
  case ARG_OPTIONS:
    operation->other = take_text (parser, word);
    return operation->other ? 0 : -1;
  case ARG_ATTRIBUTE:
    operation->other = take_text (parser, word);
    if (operation->other && strlen (operation->other) > XATTR_NAME_LENGTH_MAX)
      return refuse (&parser->place, "%s: an attribute's name has at most %d bytes", word, XATTR_NAME_LENGTH_MAX);
    return operation->other ? 0 : -1;
  case ARG_VALUE: return take_value (parser, word, operation);
  case ARG_MODE: return take_mode (parser, word, operation);
  case ARG_PERMISSIONS: return take_permissions (parser, word, operation);
  case ARG_FLAGS: return take_flags (parser, word, operation);
  case ARG_DEVICE:
    if (strcmp (word, "b") != 0 && strcmp (word, "c") != 0)
      return refuse (&parser->place, "%s: give b or c, for a device of blocks or of characters", word);
    operation->device = *word;
    return 0;
  case ARG_FIRST_NUMBER: return take_plain_number (parser, word, 0, operation);
  case ARG_SECOND_NUMBER: return take_plain_number (parser, word, 1, operation);
  case ARG_RENAME: return take_rename (parser, word, operation);
  case ARG_SYNC: return take_sync (parser, word, operation);
  case ARG_READ_ONLY:
    operation->read_only = strcmp (word, "ro") == 0;
    return operation->read_only ? 0
      : refuse (&parser->place, "%s: give ro, for a read-only snapshot, or nothing", word);
  default: return take_number (parser, word, argument, operation);
  }
}
