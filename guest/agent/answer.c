/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <string.h>
#include <sys/wait.h>

#include "common/number.h"
#include "guest/agent/answer.h"

#define EXIT_WORD "exit "
#define STATUS_MAX 255

static const char *const kinds[] = { [false] = "ok ", [true] = "error " };

static const char *const words[] = {
  [ANSWER_REPAIR] = "repair ", [ANSWER_MOUNT] = "mount ", [ANSWER_OBSERVE] = "observe ", [ANSWER_CHECK] = "check ",
  [ANSWER_OUTPUT] = "output ", [ANSWER_FSCK] = "fsck ", [ANSWER_USABLE] = "usable ",
  [ANSWER_UNMOUNT] = "unmount ", [ANSWER_TAINT] = "taint ", [ANSWER_LOG] = "log ",
  [ANSWER_READONLY] = "readonly ", [ANSWER_UNRECOVERED] = "unrecovered ",
  [ANSWER_CHANGED] = "changed ",
};

/* What comes after BEGINNING in TEXT, or NULL if it does not begin so. */
static const char *
after (const char *text, const char *beginning)
{
  size_t length = strlen (beginning);

  return strncmp (text, beginning, length) == 0 ? text + length : NULL;
}

size_t
answer_write_head (char head[ANSWER_HEAD_MAX], bool error, size_t length)
{
  return (size_t) snprintf (head, ANSWER_HEAD_MAX, "%s%zu\n", kinds[error], length);
}

int
answer_read_head (const char *head, uint64_t most, bool *error, uint64_t *length)
{
  const char *number = after (head, kinds[true]);

  *error = number != NULL;
  if (number == NULL)
    number = after (head, kinds[false]);
  return number ? parse_unsigned (number, most, length) : -1;
}

void
answer_begin_line (enum answer_line line, FILE *payload)
{
  fputs (words[line], payload);
}

bool
answer_next_line (char **payload, enum answer_line *line, char **value)
{
  char *text = strsep (payload, "\n");

  if (text == NULL)
    return false;
  for (*line = 0; *line < ANSWER_OTHER; (*line)++) {
    const char *rest = after (text, words[*line]);

    if (rest) {
      *value = text + (rest - text);  /* as TEXT, not constant */
      return true;
    }
  }
  *value = text;
  return true;
}

void
answer_write_ending (bool ended, int status, FILE *payload)
{
  if (!ended)
    fputs (ANSWER_TIMEOUT "\n", payload);
  else if (WIFSIGNALED (status))
    fprintf (payload, "signal %d\n", WTERMSIG (status));
  else
    fprintf (payload, EXIT_WORD "%d\n", WEXITSTATUS (status));
}

int
answer_exit_status (const char *ending)
{
  const char *number = after (ending, EXIT_WORD);
  uint64_t status;

  return number && parse_unsigned (number, STATUS_MAX, &status) == 0 ? (int) status : -1;
}
