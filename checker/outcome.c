/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checker/outcome.h"
#include "common/cleanup.h"
#include "common/text.h"

const char *
outcome_kind_name (enum outcome_kind kind)
{
  static const char *const names[] = { "tree", "unmountable", "died", "hung" };

  return names[kind];
}

const char *
check_name (enum check_result result)
{
  static const char *const names[] = { "", "right", "wrong", "hung", "broken", "changed" };

  return names[result];
}

bool
outcome_alike (const struct outcome *a, const struct outcome *b)
{
  return a->kind == b->kind && !a->fault == !b->fault && (a->check == CHECK_HUNG) == (b->check == CHECK_HUNG);
}

bool
outcome_same (const struct outcome *a, const struct outcome *b)
{
  return outcome_alike (a, b) && a->check == b->check
    && !a->fsck == !b->fsck && !a->usable == !b->usable
    && (a->kind != OUTCOME_TREE || strcmp (a->digest, b->digest) == 0);
}

/* Add what an outcome has beside what is told already, unless TEXT is NULL or empty. */
static void
print_beside (FILE *file, const char *what, const char *text)
{
  if (text && *text)
    fprintf (file, "; %s: %s", what, text);
}

char *
outcome_describe (const struct outcome *outcome)
{
  struct text_stream text;

  if (!text_begin (&text))
    return NULL;
  fprintf (text.file, "%s %s", outcome_kind_name (outcome->kind),
           outcome->kind == OUTCOME_TREE ? outcome->digest : outcome->detail ? outcome->detail : "");
  print_beside (text.file, "check", check_name (outcome->check));
  print_beside (text.file, "fsck", outcome->fsck);
  print_beside (text.file, "usable", outcome->usable);
  print_beside (text.file, "kernel", outcome->fault);
  return text_end (&text);
}

/* A copy of TEXT into *copy; false for lack of memory. */
static bool
copy_text (char **copy, const char *text)
{
  *copy = text ? strdup (text) : NULL;
  return text == NULL || *copy;
}

int
outcome_copy (struct outcome *to, const struct outcome *from)
{
  bool copied;

  *to = *from;
  copied = copy_text (&to->detail, from->detail);
  copied = copy_text (&to->fsck, from->fsck) && copied;
  copied = copy_text (&to->usable, from->usable) && copied;
  copied = copy_text (&to->fault, from->fault) && copied;
  copied = copy_text (&to->unrepeated, from->unrepeated) && copied;
  copied = copy_text (&to->check_detail, from->check_detail) && copied;
  copied = copy_text (&to->check_output, from->check_output) && copied;
  if (!copied)
    outcome_free (to);
  return copied ? 0 : -1;
}

void
outcome_free (struct outcome *outcome)
{
  free_all (outcome->detail, outcome->fsck, outcome->usable, outcome->fault, outcome->unrepeated,
            outcome->check_detail, outcome->check_output);
  outcome->detail = outcome->fsck = outcome->usable = outcome->fault = outcome->unrepeated = NULL;
  outcome->check_detail = outcome->check_output = NULL;
}
