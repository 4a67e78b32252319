/* SPDX-License-Identifier: BSD-3-Clause */
/* Statements, and those that are done several times, `COUNTx STATEMENT` or `COUNTx {` STATEMENTS `}`, or by several
 * processes, `{` STATEMENTS `|` STATEMENTS `}`.  In a block, and after it in its last line, a word `;` separates
 * statements as the end of a line does.
 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checker/workload/parser.h"
#include "common/array.h"
#include "common/cleanup.h"
#include "common/message.h"
#include "common/text.h"

/* How often the first word of TEXT says that what comes after it is done; 0: it does not say that. */
static size_t
times_of (const char *text)
{
  const size_t digits = strspn (text, "0123456789");
  const unsigned long times = digits > 0 ? strtoul (text, NULL, 10) : 0;

  if (times == 0 || text[digits] != 'x' || strchr (BLANKS, text[digits + 1]) == NULL)
    return 0;
  return times > WORKLOAD_OPERATIONS_MAX ? WORKLOAD_OPERATIONS_MAX + 1 : times;
}

/* Whether the words TEXT begin a block that is done several times. */
static bool
begins_repeat (const char *text)
{
  if (times_of (text) == 0)
    return false;
  text += strcspn (text, BLANKS);
  return strcmp (text + strspn (text, BLANKS), "{") == 0;
}

/* Whether the words TEXT begin a block. */
static bool
begins_block (const char *text)
{
  return strcmp (text, "{") == 0 || begins_repeat (text);
}

/* Cut the next statement off *LINE: in a block, with `;`, `|` and `}` as statements of their own.  NULL: there is none.
 */
static char *
cut_statement (bool in_block, char **line)
{
  char *start = *line + strspn (*line, BLANKS), *end = start;
  size_t words = 0;

  for (char *word = start; *word; word += strspn (word, BLANKS)) {
    const bool alone = strcspn (word, BLANKS) == 1;
    const bool opens = alone && *word == '{' && (words == 0 || (words == 1 && times_of (start) > 0));
    const bool ends = alone && in_block && strchr (";|}", *word);

    if (ends && words > 0)
      break;
    end = word += strcspn (word, BLANKS);
    words++;
    if (opens || ends)
      break;
  }
  *line = *end ? end + 1 : end;
  *end = '\0';
  return words > 0 ? start : NULL;
}

/* TEXT with NUMBER in place of each `$`, to free, or NULL after a message. */
static char *
insert_number (const char *text, size_t number)
{
  struct text_stream result;

  if (!text_begin (&result)) {
    out_of_memory ();
    return NULL;
  }
  for (; *text; text++)
    if (*text == '$')
      fprintf (result.file, "%zu", number);
    else
      putc (*text, result.file);
  return text_end (&result);
}

static void
free_statement (struct workload_statement *statement)
{
  free (statement->text);
}

static int take_statement (struct workload_parser *parser, char *text);

/* Do what REPEAT has. */
static int
do_repeat (struct workload_parser *parser, const struct workload_repeat *repeat)
{
  const uint32_t line = parser->place.line;
  int r = 0;

  if (repeat->count == 0)
    return refuse (&parser->place, "%zux: give an operation after it", repeat->times);
  parser->repeating = true;
  for (size_t i = 0; i < repeat->times * repeat->count && r == 0; i++) {
    const struct workload_statement *statement = &repeat->statements[i % repeat->count];
    CLEANUP_FREE char *text = insert_number (statement->text, i / repeat->count + 1);

    parser->place.line = statement->line;
    parser->repeated += text ? strlen (text) : 0;
    r = text == NULL ? -1
      : parser->repeated > WORKLOAD_REPEATED_MAX
      ? refuse (&parser->place, "what is repeated is more than %d bytes of text", WORKLOAD_REPEATED_MAX)
      : take_statement (parser, text);
  }
  parser->repeating = false;
  parser->place.line = line;
  return r;
}

/* Add TEXT to what is gathered, or do that, if the block ends. */
static int
gather (struct workload_parser *parser, const char *text)
{
  struct workload_repeat *repeat = &parser->repeat;

  if (strcmp (text, "}") == 0 && repeat->depth == 0) {
    struct workload_repeat whole = *repeat;

    *repeat = (struct workload_repeat) { .times = 0 };
    const int r = do_repeat (parser, &whole);
    array_free (whole.statements, whole.count, free_statement);
    return r;
  }
  repeat->depth += begins_block (text);
  repeat->depth -= strcmp (text, "}") == 0;
  if (strcmp (text, ";") == 0)
    return 0;
  char *copy = strdup (text);
  struct workload_statement *added = copy ? array_add (repeat->statements, repeat->count) : NULL;
  if (added == NULL) {
    free (copy);
    return refuse_memory (&parser->place);
  }
  *added = (struct workload_statement) { parser->place.line, copy };
  return 0;
}

/* TEXT is to be done TIMES times: a statement, or the `{` before several. */
static int
begin_repeat (struct workload_parser *parser, size_t times, char *text)
{
  if (parser->repeating)
    return refuse (&parser->place, "%zux: stands in what is repeated already", times);
  if (strcmp (text, "{") == 0) {
    parser->repeat = (struct workload_repeat) { .times = times, .line = parser->place.line };
    return 0;
  }
  struct workload_statement statement = { parser->place.line, text };
  const struct workload_repeat repeat = { .times = times, .statements = &statement, .count = *text != '\0' };
  return do_repeat (parser, &repeat);
}

static int
begin_block (struct workload_parser *parser)
{
  struct workload_block *block = &parser->block;

  if (block->open)
    return refuse (&parser->place, "{: stands in a block already");
  *block = (struct workload_block) {
    .open = true, .number = block->number + 1, .line = parser->place.line, .first = parser->workload->count
  };
  return 0;
}

/* SIGN is `|` or `}`: what a process does has ended. */
static int
end_process (struct workload_parser *parser, char sign)
{
  struct workload_block *block = &parser->block;
  struct workload *workload = parser->workload;

  if (!block->open)
    return refuse (&parser->place, "%c: is in no block of processes, as in `{ fsync a | fsync b }'", sign);
  if (sign == '}' && block->process == 0)
    return refuse (&parser->place, "}: a block has two processes or more, as in `{ fsync a | fsync b }'");
  if (sign == '|' && block->process == WORKLOAD_PROCESSES_MAX - 1)
    return refuse (&parser->place, "|: a block has at most %d processes", WORKLOAD_PROCESSES_MAX);
  if (workload->count == block->first)
    return refuse (&parser->place, "%c: give an operation before it", sign);
  for (size_t i = block->first; i < workload->count; i++) {
    workload->operations[i].block = block->number;
    workload->operations[i].process = block->process;
  }
  block->first = workload->count;
  block->process++;
  block->open = sign == '|';
  return 0;
}

/* Add the operation of VERB, unless it cannot stand here. */
static int
add_statement (struct workload_parser *parser, const char *verb, char *words)
{
  static const char *const alone[] = { "begin", "rule" }, *const single[] = { "open", "close", "tmpfile", "remount" };

  for (size_t i = 0; i < sizeof alone / sizeof alone[0]; i++)
    if ((parser->repeating || parser->block.open) && strcmp (verb, alone[i]) == 0)
      return refuse (&parser->place, "%s: stands in no block", verb);
  for (size_t i = 0; i < sizeof single / sizeof single[0]; i++)
    if (parser->block.open && strcmp (verb, single[i]) == 0)
      return refuse (&parser->place, "%s: stands before the block or after it, as it is for all processes", verb);
  return parse_verb (parser, verb, words);
}

static int
take_statement (struct workload_parser *parser, char *text)
{
  const size_t times = times_of (text);
  const char *verb;

  if (parser->repeat.times > 0)
    return gather (parser, text);
  if (strcmp (text, "{") == 0)
    return begin_block (parser);
  if (strcmp (text, "|") == 0 || strcmp (text, "}") == 0)
    return end_process (parser, *text);
  if (strcmp (text, ";") == 0)
    return 0;
  verb = next_word (&text);
  if (times > 0)
    return begin_repeat (parser, times, text);
  return add_statement (parser, verb, text);
}

int
parse_statements (struct workload_parser *parser, char *line)
{
  bool separated = false;       /* a block has stood in this line, so that `;` may come after it, too */
  char *statement;

  do {
    separated = separated || parser->repeat.times > 0 || parser->block.open;
    statement = cut_statement (separated, &line);
    if (statement && take_statement (parser, statement) == -1)
      return -1;
  } while (statement);
  return 0;
}

int
parse_end (struct workload_parser *parser, bool good)
{
  struct workload_repeat *repeat = &parser->repeat;
  const bool open = repeat->times > 0 || parser->block.open;

  parser->place.line = repeat->times > 0 ? repeat->line : parser->block.line;
  array_free (repeat->statements, repeat->count, free_statement);
  return good && open ? refuse (&parser->place, "`{' has no `}'") : good ? 0 : -1;
}
