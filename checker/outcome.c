/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checker/outcome.h"
#include "common/cleanup.h"

const char *
outcome_kind_name (enum outcome_kind kind)
{
  static const char *const names[] = { "tree", "unmountable", "died", "hung" };

  return names[kind];
}

const char *
check_name (enum check_result result)
{
  static const char *const names[] = { "", "right", "wrong", "hung", "broken" };

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
    && (a->kind != OUTCOME_TREE || strcmp (a->digest, b->digest) == 0);
}

char *
outcome_describe (const struct outcome *outcome)
{
  const char *detail = outcome->kind == OUTCOME_TREE ? outcome->digest : outcome->detail ? outcome->detail : "";
  const char *check = outcome->check == CHECK_NONE ? "" : "; check: ", *kernel = outcome->fault ? "; kernel: " : "";
  char *text;

  return asprintf (&text, "%s %s%s%s%s%s", outcome_kind_name (outcome->kind), detail, check,
                   check_name (outcome->check), kernel, outcome->fault ? outcome->fault : "") == -1 ? NULL : text;
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
  free_all (outcome->detail, outcome->fault, outcome->unrepeated, outcome->check_detail, outcome->check_output);
  outcome->detail = outcome->fault = outcome->unrepeated = outcome->check_detail = outcome->check_output = NULL;
}
