/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "checker/workload/arguments.h"
#include "common/array.h"
#include "common/cleanup.h"
#include "common/message.h"
#include "common/printable.h"

#define WORDS_MAX 8             /* more than any operation has after its name */
#define CHECKPOINT_MAX 255
#define DEVICE_MAJOR_MAX 4095   /* of the kernel's 12 and 20 bits */
#define DEVICE_MINOR_MAX 1048575

static const struct verb_words {
  const char *name, *usage;
  enum argument arguments[WORDS_MAX];
} verbs[] = {
  [WORKLOAD_APPEND] = { "append", "PATH LENGTH [sync|dsync]", { ARG_FILE_PATH, ARG_LENGTH, ARG_SYNC } },
  [WORKLOAD_CHATTR] = { "chattr", "PATH +LETTERS|-LETTERS", { ARG_ANY_PATH, ARG_FLAGS } },
  [WORKLOAD_CHECKPOINT] = { "checkpoint", "[TEXT]", { ARG_END } },
  [WORKLOAD_CHMOD] = { "chmod", "PATH MODE", { ARG_ANY_PATH, ARG_PERMISSIONS } },
  [WORKLOAD_CHOWN] = { "chown", "PATH UID GID", { ARG_ANY_PATH, ARG_FIRST_NUMBER, ARG_SECOND_NUMBER } },
  [WORKLOAD_CLONE] = { "clone", "FROM TO [OFFSET LENGTH TO_OFFSET]",
                      { ARG_FILE_PATH, ARG_FILE_PATH, ARG_CLONE_OFFSET, ARG_CLONE_LENGTH, ARG_CLONE_TO_OFFSET } },
  [WORKLOAD_CLOSE] = { "close", "NAME", { ARG_OPEN_NAME } },
  [WORKLOAD_COPYRANGE] = { "copyrange", "FROM OFFSET TO TO_OFFSET LENGTH",
                          { ARG_FILE_PATH, ARG_OFFSET, ARG_FILE_PATH, ARG_TO_OFFSET, ARG_LENGTH } },
  [WORKLOAD_CREAT] = { "creat", "PATH", { ARG_NEW_PATH } },
  [WORKLOAD_DEDUPE] = { "dedupe", "FROM OFFSET TO TO_OFFSET LENGTH",
                       { ARG_FILE_PATH, ARG_OFFSET, ARG_FILE_PATH, ARG_TO_OFFSET, ARG_LENGTH } },
  [WORKLOAD_DELETE_SUBVOLUME] = { "delete-subvolume", "PATH", { ARG_NEW_PATH } },
  [WORKLOAD_DROPCACHES] = { "dropcaches", "", { ARG_END } },
  [WORKLOAD_DWRITE] = { "dwrite", "PATH OFFSET LENGTH [sync|dsync]",
                       { ARG_FILE_PATH, ARG_OFFSET, ARG_LENGTH, ARG_SYNC } },
  [WORKLOAD_EXCHANGE] = { "exchange", "A B", { ARG_NEW_PATH, ARG_NEW_PATH } },
  [WORKLOAD_FALLOC] = { "falloc", "PATH MODE OFFSET LENGTH", { ARG_FILE_PATH, ARG_MODE, ARG_OFFSET, ARG_LENGTH } },
  [WORKLOAD_FDATASYNC] = { "fdatasync", "PATH", { ARG_ANY_PATH } },
  [WORKLOAD_FSYNC] = { "fsync", "PATH", { ARG_ANY_PATH } },
  [WORKLOAD_LINK] = { "link", "OLD NEW", { ARG_NEW_PATH, ARG_NEW_PATH } },
  [WORKLOAD_LINKTMP] = { "linktmp", "NAME PATH", { ARG_OPEN_NAME, ARG_NEW_PATH } },
  [WORKLOAD_MKDIR] = { "mkdir", "PATH", { ARG_NEW_PATH } },
  [WORKLOAD_MKFIFO] = { "mkfifo", "PATH", { ARG_NEW_PATH } },
  [WORKLOAD_MKNOD] = { "mknod", "PATH b|c MAJOR MINOR",
                       { ARG_NEW_PATH, ARG_DEVICE, ARG_FIRST_NUMBER, ARG_SECOND_NUMBER } },
  [WORKLOAD_MMAPWRITE] = { "mmapwrite", "PATH OFFSET LENGTH", { ARG_FILE_PATH, ARG_OFFSET, ARG_LENGTH } },
  [WORKLOAD_MSYNC] = { "msync", "PATH OFFSET LENGTH", { ARG_FILE_PATH, ARG_OFFSET, ARG_LENGTH } },
  [WORKLOAD_OPEN] = { "open", "NAME PATH", { ARG_OPEN_NAME, ARG_ANY_PATH } },
  [WORKLOAD_PROJECT] = { "project", "PATH ID", { ARG_ANY_PATH, ARG_FIRST_NUMBER } },
  [WORKLOAD_REFLINK] = { "reflink", "FROM TO", { ARG_FILE_PATH, ARG_NEW_PATH } },
  [WORKLOAD_REMOUNT] = { "remount", "OPTION[,OPTION...]", { ARG_OPTIONS } },
  [WORKLOAD_REMOVEXATTR] = { "removexattr", "PATH NAME", { ARG_ANY_PATH, ARG_ATTRIBUTE } },
  [WORKLOAD_RENAME] = { "rename", "OLD NEW [noreplace|whiteout]", { ARG_NEW_PATH, ARG_NEW_PATH, ARG_RENAME } },
  [WORKLOAD_RMDIR] = { "rmdir", "PATH", { ARG_NEW_PATH } },
  [WORKLOAD_SETXATTR] = { "setxattr", "PATH NAME VALUE", { ARG_ANY_PATH, ARG_ATTRIBUTE, ARG_VALUE } },
  [WORKLOAD_SNAPSHOT] = { "snapshot", "FROM TO [ro]", { ARG_ANY_PATH, ARG_NEW_PATH, ARG_READ_ONLY } },
  [WORKLOAD_SUBVOLUME] = { "subvolume", "PATH", { ARG_NEW_PATH } },
  [WORKLOAD_SYMLINK] = { "symlink", "TARGET PATH", { ARG_TARGET, ARG_NEW_PATH } },
  [WORKLOAD_SYNC] = { "sync", "", { ARG_END } },
  [WORKLOAD_SYNCFS] = { "syncfs", "", { ARG_END } },
  [WORKLOAD_SYNC_FILE_RANGE] = { "sync_file_range", "PATH OFFSET LENGTH", { ARG_FILE_PATH, ARG_OFFSET, ARG_LENGTH } },
  [WORKLOAD_TMPFILE] = { "tmpfile", "NAME", { ARG_OPEN_NAME } },
  [WORKLOAD_TRUNCATE] = { "truncate", "PATH SIZE", { ARG_FILE_PATH, ARG_SIZE } },
  [WORKLOAD_UNLINK] = { "unlink", "PATH", { ARG_NEW_PATH } },
  [WORKLOAD_UTIMES] = { "utimes", "PATH ATIME MTIME", { ARG_ANY_PATH, ARG_FIRST_NUMBER, ARG_SECOND_NUMBER } },
  [WORKLOAD_WRITE] = { "write", "PATH OFFSET LENGTH [sync|dsync]",
                      { ARG_FILE_PATH, ARG_OFFSET, ARG_LENGTH, ARG_SYNC } },
};
#define VERB_COUNT (sizeof verbs / sizeof verbs[0])

const char *
workload_verb_name (enum workload_verb verb)
{
  return verbs[verb].name;
}

size_t
workload_block_end (const struct workload *workload, size_t index)
{
  const struct workload_operation *operations = workload->operations;
  size_t end = index + 1;

  while (operations[index].block && end < workload->count && operations[end].block == operations[index].block)
    end++;
  return end;
}

bool
workload_is_persistence (const struct workload_operation *operation)
{
  const enum workload_verb verb = operation->verb;

  return operation->sync != SYNC_NOTHING || verb == WORKLOAD_FSYNC || verb == WORKLOAD_FDATASYNC
    || verb == WORKLOAD_MSYNC || verb == WORKLOAD_SYNC || verb == WORKLOAD_SYNCFS || verb == WORKLOAD_SNAPSHOT;
}

bool
workload_changes (const struct workload_operation *operation)
{
  return operation->sync != SYNC_NOTHING || operation->verb == WORKLOAD_SNAPSHOT
    || !workload_is_persistence (operation);
}

bool
workload_is_of_subvolumes (const struct workload_operation *operation)
{
  const enum workload_verb verb = operation->verb;

  return verb == WORKLOAD_SUBVOLUME || verb == WORKLOAD_SNAPSHOT || verb == WORKLOAD_DELETE_SUBVOLUME;
}

/* What concerns more than one word. */
static int
check_operation (const struct workload_parser *parser, const struct workload_operation *operation)
{
  bool writes = operation->verb == WORKLOAD_WRITE || operation->verb == WORKLOAD_DWRITE
    || operation->verb == WORKLOAD_APPEND || operation->verb == WORKLOAD_MMAPWRITE
    || operation->verb == WORKLOAD_COPYRANGE;
  const char *name = workload_verb_name (operation->verb);

  if (operation->offset + operation->length > WORKLOAD_FILE_MAX
      || operation->to_offset + operation->length > WORKLOAD_FILE_MAX)
    return refuse (&parser->place, "%s: ends behind 1G: files have at most 1G here", name);
  if (writes && operation->length > WORKLOAD_WRITE_MAX)
    return refuse (&parser->place, "%s: one operation writes at most 32M: make it several", name);
  if (operation->verb == WORKLOAD_DWRITE && (operation->offset | operation->length) % WORKLOAD_DIRECT_ALIGN != 0)
    return refuse (&parser->place, "dwrite: give OFFSET and LENGTH in multiples of %d bytes", WORKLOAD_DIRECT_ALIGN);
  if (operation->verb == WORKLOAD_MKNOD
      && (operation->numbers[0] > DEVICE_MAJOR_MAX || operation->numbers[1] > DEVICE_MINOR_MAX))
    return refuse (&parser->place, "mknod: MAJOR is at most %d, MINOR at most %d", DEVICE_MAJOR_MAX, DEVICE_MINOR_MAX);
  return 0;
}

static int
take_operation (const struct workload_parser *parser, enum workload_verb verb, char **words, size_t count,
                struct workload_operation *operation)
{
  const enum argument *arguments = verbs[verb].arguments;
  size_t wanted = 0, least = 0;

  *operation = (struct workload_operation) { .verb = verb, .line = parser->place.line };
  while (arguments[wanted] != ARG_END)
    least += arguments[wanted++] < ARG_OPTIONAL;
  if (count != least && count != wanted)
    return refuse (&parser->place, "too %s words: give `%s%s%s'", count < wanted ? "few" : "many", verbs[verb].name,
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
add_operation (struct workload_parser *parser, enum workload_verb verb, char **words, size_t count)
{
  struct workload *workload = parser->workload;
  struct workload_operation operation;

  if (workload->count == WORKLOAD_OPERATIONS_MAX)
    return refuse (&parser->place, "a workload has at most %d operations", WORKLOAD_OPERATIONS_MAX);
  if (take_operation (parser, verb, words, count, &operation) == -1) {
    free_operation (&operation);
    return -1;
  }
  struct workload_operation *added = array_add (workload->operations, workload->count);
  if (added == NULL) {
    free_operation (&operation);
    return refuse_memory (&parser->place);
  }
  *added = operation;
  return 0;
}

/* TEXT, the words after `checkpoint`, is for a person to read. */
static int
add_checkpoint (struct workload_parser *parser, const char *text)
{
  if (strlen (text) > CHECKPOINT_MAX)
    return refuse (&parser->place, "checkpoint: the text has at most %d bytes", CHECKPOINT_MAX);
  if (add_operation (parser, WORKLOAD_CHECKPOINT, NULL, 0) == -1)
    return -1;
  struct workload_operation *operation = &parser->workload->operations[parser->workload->count - 1];
  operation->other = safe_text (text);
  return operation->other ? 0 : refuse_memory (&parser->place);
}

static int
add_begin (struct workload_parser *parser, size_t word_count)
{
  if (word_count > 0)
    return refuse (&parser->place, "too many words: `begin' stands alone");
  if (parser->begun)
    return refuse (&parser->place, "`begin' is there already: a workload has one setup and one update");
  parser->begun = true;
  parser->workload->setup_count = parser->workload->count;
  return 0;
}

static int
add_rule (struct workload_parser *parser, char **words, size_t count)
{
  struct workload *workload = parser->workload;

  if (count != 1 || (words[0][0] != '+' && words[0][0] != '-') || words[0][1] == '\0')
    return refuse (&parser->place, "give `rule +NAME' or `rule -NAME'");
  CLEANUP_FREE char *name = strdup (words[0] + 1);
  struct workload_rule *rule = name ? array_add (workload->rules, workload->rule_count) : NULL;
  if (rule == NULL)
    return refuse_memory (&parser->place);
  *rule = (struct workload_rule) { parser->place.line, words[0][0] == '+', name };
  name = NULL;
  return 0;
}

int
parse_verb (struct workload_parser *parser, const char *verb, char *text)
{
  char *words[WORDS_MAX];
  size_t count = 0;

  if (strcmp (verb, verbs[WORKLOAD_CHECKPOINT].name) == 0)
    return add_checkpoint (parser, text);
  while (count < WORDS_MAX && (words[count] = next_word (&text)) != NULL)
    count++;
  if (strcmp (verb, "begin") == 0)
    return add_begin (parser, count);
  if (strcmp (verb, "rule") == 0)
    return add_rule (parser, words, count);
  for (size_t i = 0; i < VERB_COUNT; i++)
    if (strcmp (verbs[i].name, verb) == 0)
      return add_operation (parser, (enum workload_verb) i, words, count);
  return refuse (&parser->place, "%s: no such operation: see powercut-workload(5)", verb);
}

static int
parse_line (struct workload_parser *parser, char *line)
{
  line[strcspn (line, "#")] = '\0';
  for (char *end = line + strlen (line); end > line && strchr (BLANKS, end[-1]);)
    *--end = '\0';
  return parse_statements (parser, line);
}

int
workload_parse (const char *text, const char *name, struct workload *workload)
{
  struct workload_parser parser = { .workload = workload, .place = { .name = name } };
  CLEANUP_FREE char *copy = strdup (text);
  char *next = copy, *line;

  *workload = (struct workload) { .name = name };
  if (copy == NULL)
    return refuse_memory (&parser.place);
  int r = 0;
  while (r == 0 && (line = strsep (&next, "\n")) != NULL) {
    parser.place.line++;
    r = parse_line (&parser, line);
  }
  if (parse_end (&parser, r == 0) == -1)
    return -1;
  if (workload->count == workload->setup_count) {
    error_message ("%s: has no operation%s: see powercut-workload(5)", name, parser.begun ? " behind `begin'" : "");
    return -1;
  }
  return 0;
}

void
workload_free (struct workload *workload)
{
  array_free (workload->operations, workload->count, free_operation);
  for (size_t i = 0; i < workload->rule_count; i++)
    free (workload->rules[i].name);
  free (workload->rules);
  *workload = (struct workload) { .name = workload->name };
}
