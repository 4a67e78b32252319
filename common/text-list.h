/* SPDX-License-Identifier: BSD-3-Clause */
/* Lists of texts that grow. */
#ifndef POWERCUT_COMMON_TEXT_LIST_H
#define POWERCUT_COMMON_TEXT_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct text_list {
  char **texts;                 /* its own copies, NULL at the end; NULL while there is none */
  size_t count;
};

/* Append a copy of the first LENGTH bytes of TEXT.  Returns 0, or -1 with errno ENOMEM and no message. */
extern int text_list_add (struct text_list *list, const char *text, size_t length);

/* Whether TEXT is in the list. */
extern bool text_list_has (const struct text_list *list, const char *text);

/* Free what is in the list, and make it empty. */
extern void text_list_free (struct text_list *list);

#endif
