/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checker/workload/language.h"
#include "common/cleanup.h"
#include "common/escape.h"
#include "common/message.h"
#include "common/number.h"

#define WORDS_MAX 8             /* more than any operation has behind its name */
#define CHECKPOINT_MAX 255
#define XATTR_NAME_LENGTH_MAX 255

/* What a verb's words are. */
enum argument {
  END, ANY_PATH, FILE_PATH, NEW_PATH, TMPFILE, TARGET, ATTRIBUTE, VALUE, MODE, PERMISSIONS, OFFSET, LENGTH, SIZE
};

static const struct verb {
  const char *name, *usage;
  enum argument arguments[WORDS_MAX];
} verbs[] = {
  [WORKLOAD_APPEND] = { "append", "PATH LENGTH", { FILE_PATH, LENGTH } },
  [WORKLOAD_CHECKPOINT] = { "checkpoint", "[TEXT]", { END } },
  [WORKLOAD_CHMOD] = { "chmod", "PATH MODE", { ANY_PATH, PERMISSIONS } },
  [WORKLOAD_CREAT] = { "creat", "PATH", { NEW_PATH } },
  [WORKLOAD_DROPCACHES] = { "dropcaches", "", { END } },
  [WORKLOAD_DWRITE] = { "dwrite", "PATH OFFSET LENGTH", { FILE_PATH, OFFSET, LENGTH } },
  [WORKLOAD_EXCHANGE] = { "exchange", "A B", { NEW_PATH, NEW_PATH } },
  [WORKLOAD_FALLOC] = { "falloc", "PATH MODE OFFSET LENGTH", { FILE_PATH, MODE, OFFSET, LENGTH } },
  [WORKLOAD_FDATASYNC] = { "fdatasync", "PATH", { ANY_PATH } },
  [WORKLOAD_FSYNC] = { "fsync", "PATH", { ANY_PATH } },
  [WORKLOAD_LINK] = { "link", "OLD NEW", { NEW_PATH, NEW_PATH } },
  [WORKLOAD_LINKTMP] = { "linktmp", "NAME PATH", { TMPFILE, NEW_PATH } },
  [WORKLOAD_MKDIR] = { "mkdir", "PATH", { NEW_PATH } },
  [WORKLOAD_MKFIFO] = { "mkfifo", "PATH", { NEW_PATH } },
  [WORKLOAD_MMAPWRITE] = { "mmapwrite", "PATH OFFSET LENGTH", { FILE_PATH, OFFSET, LENGTH } },
  [WORKLOAD_MSYNC] = { "msync", "PATH OFFSET LENGTH", { FILE_PATH, OFFSET, LENGTH } },
  [WORKLOAD_REFLINK] = { "reflink", "FROM TO", { FILE_PATH, NEW_PATH } },
  [WORKLOAD_REMOVEXATTR] = { "removexattr", "PATH NAME", { ANY_PATH, ATTRIBUTE } },
  [WORKLOAD_RENAME] = { "rename", "OLD NEW", { NEW_PATH, NEW_PATH } },
  [WORKLOAD_RMDIR] = { "rmdir", "PATH", { NEW_PATH } },
  [WORKLOAD_SETXATTR] = { "setxattr", "PATH NAME VALUE", { ANY_PATH, ATTRIBUTE, VALUE } },
  [WORKLOAD_SYMLINK] = { "symlink", "TARGET PATH", { TARGET, NEW_PATH } },
  [WORKLOAD_SYNC] = { "sync", "", { END } },
  [WORKLOAD_SYNCFS] = { "syncfs", "", { END } },
  [WORKLOAD_TMPFILE] = { "tmpfile", "NAME", { TMPFILE } },
  [WORKLOAD_TRUNCATE] = { "truncate", "PATH SIZE", { FILE_PATH, SIZE } },
  [WORKLOAD_UNLINK] = { "unlink", "PATH", { NEW_PATH } },
  [WORKLOAD_WRITE] = { "write", "PATH OFFSET LENGTH", { FILE_PATH, OFFSET, LENGTH } },
};
#define VERB_COUNT (sizeof verbs / sizeof verbs[0])

/* The line that is being parsed. */
struct parser {
  struct workload *workload;
  uint32_t line;
  bool begun;
  size_t operation_room;
};

const char *
workload_verb_name (enum workload_verb verb)
{
  return verbs[verb].name;
}

bool
workload_is_persistence (enum workload_verb verb)
{
  return verb == WORKLOAD_FSYNC || verb == WORKLOAD_FDATASYNC || verb == WORKLOAD_MSYNC || verb == WORKLOAD_SYNC
    || verb == WORKLOAD_SYNCFS;
}

/* A mixer of 64 bits (the last step of SplitMix64): nothing about it matters but that the bytes of two operations, or of two
 * places, are not the same.
 */
static uint64_t
pattern_word (uint32_t number, uint64_t index)
{
  uint64_t word = ((uint64_t) number << 40) + index;

  word = (word ^ word >> 30) * UINT64_C (0xbf58476d1ce4e5b9);
  word = (word ^ word >> 27) * UINT64_C (0x94d049bb133111eb);
  return word ^ word >> 31;
}

uint8_t
workload_byte (uint32_t number, uint64_t offset)
{
  uint8_t byte = (uint8_t) (pattern_word (number, offset / 8) >> offset % 8 * 8);

  return byte ? byte : UINT8_MAX;
}

void
workload_fill (uint32_t number, uint64_t offset, uint8_t *bytes, size_t length)
{
  for (size_t i = 0; i < length; i++)
    bytes[i] = workload_byte (number, offset + i);
}

/* Say what is wrong with the line, behind its place. */
static int __attribute__ ((format (printf, 2, 3)))
refuse (const struct parser *parser, const char *format, ...)
{
  CLEANUP_FREE char *text = NULL, *safe = NULL;
  va_list args;

  va_start (args, format);
  int length = vasprintf (&text, format, args);
  va_end (args);
  if (length == -1)
    text = NULL;
  safe = text ? safe_text (text) : NULL;
  error_message ("%s:%u: %s", parser->workload->name, parser->line, safe ? safe : "out of memory");
  return -1;
}

static int
memory_is_out (const struct parser *parser)
{
  return refuse (parser, "out of memory");
}

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

/* Whether NAME is of a tmpfile that this part of the workload has made: a file without a name does not outlive the setup. */
static bool
is_tmpfile (const struct parser *parser, const char *name)
{
  const struct workload *workload = parser->workload;

  for (size_t i = parser->begun ? workload->setup_count : 0; i < workload->count; i++)
    if (workload->operations[i].verb == WORKLOAD_TMPFILE && strcmp (workload->operations[i].path, name) == 0)
      return true;
  return false;
}

/* Unescape WORD into a new text that holds no NUL.  NULL after a message. */
static char *
take_text (const struct parser *parser, const char *word)
{
  char *text = strdup (word);

  if (text == NULL) {
    memory_is_out (parser);
    return NULL;
  }
  ssize_t length = unescape_word (text);
  if (length >= 0 && strlen (text) == (size_t) length)
    return text;
  refuse (parser, "%s: write %% as %%25, and any other byte but NUL as %% and two hexadecimal digits", word);
  free (text);
  return NULL;
}

/* The place in OPERATION for its next word of text. */
static char **
next_text (struct workload_operation *operation)
{
  return operation->path ? &operation->other : &operation->path;
}

static int
take_path (const struct parser *parser, const char *word, enum argument argument, struct workload_operation *operation)
{
  char **place = next_text (operation);

  *place = take_text (parser, word);
  if (*place == NULL)
    return -1;
  if (!is_path (*place))
    return refuse (parser, "%s: give a path relative to the root of the file system, without `.', `..' and `//'", word);
  if (argument != ANY_PATH && strcmp (*place, ".") == 0)
    return refuse (parser, "%s: the root cannot be used here", word);
  if (argument == NEW_PATH && is_tmpfile (parser, *place))
    return refuse (parser, "%s: is the name of a tmpfile, which is in no folder: give a path, or see linktmp", word);
  return 0;
}

static int
take_tmpfile (const struct parser *parser, const char *word, struct workload_operation *operation)
{
  operation->path = take_text (parser, word);
  if (operation->path == NULL)
    return -1;
  if (!is_path (operation->path) || strchr (operation->path, '/') || strcmp (operation->path, ".") == 0)
    return refuse (parser, "%s: the name of a tmpfile is one word without `/'", word);
  if (operation->verb == WORKLOAD_TMPFILE && is_tmpfile (parser, operation->path))
    return refuse (parser, "%s: there is such a tmpfile already: take another name", word);
  if (operation->verb == WORKLOAD_LINKTMP && !is_tmpfile (parser, operation->path))
    return refuse (parser, "%s: no such tmpfile%s", word, parser->begun ? " since `begin'" : "");
  return 0;
}

static int
take_value (const struct parser *parser, const char *word, struct workload_operation *operation)
{
  operation->value = strdup (word);
  if (operation->value == NULL)
    return memory_is_out (parser);
  ssize_t length = unescape_word (operation->value);
  if (length == -1)
    return refuse (parser, "%s: write %% as %%25, and any other byte as %% and two hexadecimal digits", word);
  if (length > WORKLOAD_XATTR_MAX)
    return refuse (parser, "a value of %zd bytes: an extended attribute has at most %d", length, WORKLOAD_XATTR_MAX);
  operation->value_length = (size_t) length;
  return 0;
}

static int
take_mode (const struct parser *parser, const char *word, struct workload_operation *operation)
{
  static const struct {
    const char *name;
    unsigned flag;
  } flags[] = {
    { "alloc", 0 }, { "keep", FALLOC_KEEP }, { "punch", FALLOC_PUNCH }, { "zero", FALLOC_ZERO }, { "collapse", FALLOC_COLLAPSE },
    { "insert", FALLOC_INSERT },
  };
  const char *at = word;
  size_t i;

  for (;; at++) {
    size_t length = strcspn (at, "+");

    for (i = 0; i < sizeof flags / sizeof flags[0]; i++)
      if (strlen (flags[i].name) == length && memcmp (flags[i].name, at, length) == 0)
        break;
    if (i == sizeof flags / sizeof flags[0])
      return refuse (parser, "%s: give alloc, keep, punch, zero, collapse or insert, joined by `+'", word);
    operation->falloc |= flags[i].flag;
    at += length;
    if (*at == '\0')
      break;
  }
  unsigned what = operation->falloc & ~(unsigned) FALLOC_KEEP;
  if ((what & (what - 1)) != 0 || (operation->falloc & FALLOC_KEEP && what >= FALLOC_COLLAPSE))
    return refuse (parser, "%s: the kernel does not allow these together", word);
  return 0;
}

static int
take_permissions (const struct parser *parser, const char *word, struct workload_operation *operation)
{
  size_t length = strlen (word);

  if (length == 0 || length > 4 || strspn (word, "01234567") != length)
    return refuse (parser, "%s: give a mode as octal digits, as in 644 or 0755", word);
  operation->length = strtoul (word, NULL, 8);
  return 0;
}

static int
take_number (const struct parser *parser, const char *word, enum argument argument, struct workload_operation *operation)
{
  uint64_t number;

  if (parse_size (word, &number) == -1)
    return refuse (parser, "%s: give a number of bytes, as in 4096 or 4K", word);
  if (number > WORKLOAD_FILE_MAX)
    return refuse (parser, "%s: files have at most 1G here", word);
  if (argument == LENGTH && number == 0)
    return refuse (parser, "%s: give a length of at least one byte", word);
  *(argument == OFFSET ? &operation->offset : &operation->length) = number;
  return 0;
}

static int
take_argument (const struct parser *parser, const char *word, enum argument argument, struct workload_operation *operation)
{
  switch (argument) {
  case ANY_PATH:
  case FILE_PATH:
  case NEW_PATH: return take_path (parser, word, argument, operation);
  case TMPFILE: return take_tmpfile (parser, word, operation);
  case TARGET:
    operation->other = take_text (parser, word);
    return operation->other ? 0 : -1;
  case ATTRIBUTE:
    operation->other = take_text (parser, word);
    if (operation->other && strlen (operation->other) > XATTR_NAME_LENGTH_MAX)
      return refuse (parser, "%s: an attribute's name has at most %d bytes", word, XATTR_NAME_LENGTH_MAX);
    return operation->other ? 0 : -1;
  case VALUE: return take_value (parser, word, operation);
  case MODE: return take_mode (parser, word, operation);
  case PERMISSIONS: return take_permissions (parser, word, operation);
  default: return take_number (parser, word, argument, operation);
  }
}

/* What concerns more than one word. */
static int
check_operation (const struct parser *parser, const struct workload_operation *operation)
{
  bool writes = operation->verb == WORKLOAD_WRITE || operation->verb == WORKLOAD_DWRITE || operation->verb == WORKLOAD_APPEND
    || operation->verb == WORKLOAD_MMAPWRITE;

  if (operation->offset + operation->length > WORKLOAD_FILE_MAX)
    return refuse (parser, "%s: ends behind 1G: files have at most 1G here", workload_verb_name (operation->verb));
  if (writes && operation->length > WORKLOAD_WRITE_MAX)
    return refuse (parser, "%s: one operation writes at most 32M: make it several", workload_verb_name (operation->verb));
  if (operation->verb == WORKLOAD_DWRITE && (operation->offset | operation->length) % WORKLOAD_DIRECT_ALIGN != 0)
    return refuse (parser, "dwrite: give OFFSET and LENGTH in multiples of %d bytes", WORKLOAD_DIRECT_ALIGN);
  return 0;
}

static int
take_operation (struct parser *parser, enum workload_verb verb, char **words, size_t count, struct workload_operation *operation)
{
  const enum argument *arguments = verbs[verb].arguments;
  size_t wanted = 0;

  *operation = (struct workload_operation) { .verb = verb, .line = parser->line };
  while (arguments[wanted] != END)
    wanted++;
  if (count != wanted)
    return refuse (parser, "too %s words: give `%s%s%s'", count < wanted ? "few" : "many", verbs[verb].name,
                   wanted ? " " : "", verbs[verb].usage);
  for (size_t i = 0; i < count; i++)
    if (take_argument (parser, words[i], arguments[i], operation) == -1)
      return -1;
  return check_operation (parser, operation);
}

static void
free_operation (struct workload_operation *operation)
{
  free (operation->path);
  free (operation->other);
  free (operation->value);
}

/* Add an operation; VERB's words may be too many or wrong. */
static int
add_operation (struct parser *parser, enum workload_verb verb, char **words, size_t count)
{
  struct workload *workload = parser->workload;
  struct workload_operation operation;

  if (take_operation (parser, verb, words, count, &operation) == -1) {
    free_operation (&operation);
    return -1;
  }
  if (workload->count == parser->operation_room) {
    size_t room = parser->operation_room ? 2 * parser->operation_room : 64;
    struct workload_operation *larger = reallocarray (workload->operations, room, sizeof *larger);

    if (larger == NULL) {
      free_operation (&operation);
      return memory_is_out (parser);
    }
    workload->operations = larger;
    parser->operation_room = room;
  }
  workload->operations[workload->count++] = operation;
  return 0;
}

/* TEXT, the words behind `checkpoint`, is for a person to read. */
static int
add_checkpoint (struct parser *parser, const char *text)
{
  if (strlen (text) > CHECKPOINT_MAX)
    return refuse (parser, "checkpoint: the text has at most %d bytes", CHECKPOINT_MAX);
  if (add_operation (parser, WORKLOAD_CHECKPOINT, NULL, 0) == -1)
    return -1;
  struct workload_operation *operation = &parser->workload->operations[parser->workload->count - 1];
  operation->other = safe_text (text);
  return operation->other ? 0 : memory_is_out (parser);
}

static int
add_begin (struct parser *parser, size_t word_count)
{
  if (word_count > 0)
    return refuse (parser, "too many words: `begin' stands alone");
  if (parser->begun)
    return refuse (parser, "`begin' is there already: a workload has one setup and one update");
  parser->begun = true;
  parser->workload->setup_count = parser->workload->count;
  return 0;
}

static int
add_rule (struct parser *parser, char **words, size_t count)
{
  struct workload *workload = parser->workload;

  if (count != 1 || (words[0][0] != '+' && words[0][0] != '-') || words[0][1] == '\0')
    return refuse (parser, "give `rule +NAME' or `rule -NAME'");
  struct workload_rule *larger = reallocarray (workload->rules, workload->rule_count + 1, sizeof *larger);
  if (larger == NULL)
    return memory_is_out (parser);
  workload->rules = larger;
  larger += workload->rule_count;
  *larger = (struct workload_rule) { parser->line, words[0][0] == '+', strdup (words[0] + 1) };
  if (larger->name == NULL)
    return memory_is_out (parser);
  workload->rule_count++;
  return 0;
}

/* Cut the first word off *TEXT.  NULL if there is none. */
static char *
next_word (char **text)
{
  static const char blanks[] = " \t\r";
  char *word = *text + strspn (*text, blanks);

  if (*word == '\0')
    return NULL;
  *text = word + strcspn (word, blanks);
  if (**text)
    *(*text)++ = '\0';
  *text += strspn (*text, blanks);
  return word;
}

/* LINE has no comment and no blank at its end. */
static int
parse_words (struct parser *parser, char *line)
{
  char *verb = next_word (&line), *words[WORDS_MAX];
  size_t count = 0;

  if (verb == NULL)
    return 0;
  if (strcmp (verb, verbs[WORKLOAD_CHECKPOINT].name) == 0)
    return add_checkpoint (parser, line);
  while (count < WORDS_MAX && (words[count] = next_word (&line)) != NULL)
    count++;
  if (strcmp (verb, "begin") == 0)
    return add_begin (parser, count);
  if (strcmp (verb, "rule") == 0)
    return add_rule (parser, words, count);
  for (size_t i = 0; i < VERB_COUNT; i++)
    if (strcmp (verbs[i].name, verb) == 0)
      return add_operation (parser, (enum workload_verb) i, words, count);
  return refuse (parser, "%s: no such operation: see powercut-workload(5)", verb);
}

static int
parse_line (struct parser *parser, char *line)
{
  line[strcspn (line, "#")] = '\0';
  for (char *end = line + strlen (line); end > line && strchr (" \t\r", end[-1]);)
    *--end = '\0';
  return parse_words (parser, line);
}

int
workload_parse (const char *text, const char *name, struct workload *workload)
{
  struct parser parser = { .workload = workload };
  CLEANUP_FREE char *copy = strdup (text);
  char *next = copy, *line;

  *workload = (struct workload) { .name = name };
  if (copy == NULL)
    return memory_is_out (&parser);
  while ((line = strsep (&next, "\n")) != NULL) {
    parser.line++;
    if (parse_line (&parser, line) == -1)
      return -1;
  }
  if (workload->count == workload->setup_count) {
    error_message ("%s: has no operation%s: see powercut-workload(5)", name, parser.begun ? " behind `begin'" : "");
    return -1;
  }
  return 0;
}

void
workload_free (struct workload *workload)
{
  for (size_t i = 0; i < workload->count; i++)
    free_operation (&workload->operations[i]);
  free (workload->operations);
  for (size_t i = 0; i < workload->rule_count; i++)
    free (workload->rules[i].name);
  free (workload->rules);
  *workload = (struct workload) { .name = workload->name };
}
