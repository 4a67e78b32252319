/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "common/text-list.h"

int
text_list_add (struct text_list *list, const char *text, size_t length)
{
  char **larger = reallocarray (list->texts, list->count + 2, sizeof *larger);

  if (larger == NULL)
    return -1;
  list->texts = larger;
  larger[list->count + 1] = NULL;
  larger[list->count] = strndup (text, length);
  if (larger[list->count] == NULL)
    return -1;
  list->count++;
  return 0;
}

bool
text_list_has (const struct text_list *list, const char *text)
{
  for (size_t i = 0; i < list->count; i++)
    if (strcmp (list->texts[i], text) == 0)
      return true;
  return false;
}

void
text_list_free (struct text_list *list)
{
  for (size_t i = 0; i < list->count; i++)
    free (list->texts[i]);
  free (list->texts);
  *list = (struct text_list) { .texts = NULL };
}
