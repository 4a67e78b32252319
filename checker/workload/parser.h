/* SPDX-License-Identifier: BSD-3-Clause */
/* A workload that is being parsed: lines, the statements in them (blocks.c), their words (language.c, arguments.c). */
#ifndef POWERCUT_CHECKER_WORKLOAD_PARSER_H
#define POWERCUT_CHECKER_WORKLOAD_PARSER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "checker/workload/language.h"
#include "checker/workload/words.h"

/* What is done several times, while it is gathered up to the end of its block. */
struct workload_repeat {
  size_t times;                 /* 0: nothing is gathered */
  uint32_t line;                /* where it begins */
  unsigned depth;               /* blocks in it that have not ended yet */
  struct workload_statement {
    uint32_t line;
    char *text;
  } *statements;
  size_t count;
};

/* Operations of several processes, while they are added. */
struct workload_block {
  bool open;
  uint32_t number;              /* of the last one, from 1 */
  uint32_t line;                /* where it begins */
  unsigned process;             /* to which they are added */
  size_t first;                 /* of its operations */
};

/* The workload up to the line of PLACE. */
struct workload_parser {
  struct workload *workload;
  struct text_place place;
  bool begun;                   /* `begin` was seen */
  struct workload_repeat repeat;
  bool repeating;               /* what was gathered is being done */
  size_t repeated;              /* bytes of text that were */
  struct workload_block block;
};

/* Take LINE, which has no comment, apart and add what it says.  Each returns 0, or -1 after a message. */
extern int parse_statements (struct workload_parser *parser, char *line);

/* The text has ended: does what it has begun end, too?  To be called in any case: it frees what was gathered. */
extern int parse_end (struct workload_parser *parser, bool good);

/* Add the operation, `begin` or `rule` that WORDS after VERB say. */
extern int parse_verb (struct workload_parser *parser, const char *verb, char *words);

#endif
