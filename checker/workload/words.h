/* SPDX-License-Identifier: BSD-3-Clause */
/* Lines of words, and what to say of one that is wrong. */
#ifndef POWERCUT_CHECKER_WORKLOAD_WORDS_H
#define POWERCUT_CHECKER_WORKLOAD_WORDS_H

#include <stdarg.h>
#include <stdint.h>

#define BLANKS " \t\r"

/* What is being read, for messages. */
struct text_place {
  const char *name;             /* the file's */
  uint32_t line;                /* from 1 */
  const char *verb;             /* of the operation that stands there, if it begins the message, or NULL */
};

/* Say what is wrong at PLACE: `NAME:LINE: TEXT` or `NAME:LINE: VERB TEXT`.  Each returns -1. */
extern int refuse (const struct text_place *place, const char *format, ...) __attribute__ ((format (printf, 2, 3)));
extern int refuse_with (const struct text_place *place, const char *format, va_list args)
  __attribute__ ((format (printf, 2, 0)));

/* The same: memory is out. */
extern int refuse_memory (const struct text_place *place);

/* Cut the first word off *TEXT, and the blanks around it.  NULL if there is none. */
extern char *next_word (char **text);

#endif
