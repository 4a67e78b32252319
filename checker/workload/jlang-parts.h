/* SPDX-License-Identifier: BSD-3-Clause */
/* The parts of who converts J-lang (checker/workload/jlang.h): what was converted so far, and the operations. */
#ifndef POWERCUT_CHECKER_WORKLOAD_JLANG_PARTS_H
#define POWERCUT_CHECKER_WORKLOAD_JLANG_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "checker/workload/simulation.h"
#include "checker/workload/words.h"

enum jlang_section { JLANG_NONE, JLANG_DEFINE, JLANG_DECLARE, JLANG_SETUP, JLANG_RUN };

struct jlang_descriptor {
  char *name;                   /* the word that it was opened by */
  uint32_t inode;               /* number in the simulation */
};

struct jlang {
  struct text_place place;
  char *result_name;            /* for messages about what was written */
  enum jlang_section section;
  bool begin_wanted;            /* before the next operation */
  char **paths;                 /* of the section `define` */
  size_t path_count;
  struct jlang_descriptor *descriptors;
  size_t descriptor_count;
  FILE *out;
  char *text;                   /* what was written to OUT, once it is flushed */
  size_t length;
  /* The state after all that was written: worked out anew when it is asked for. */
  struct workload workload;
  struct simulation simulation;
};

/* Work out the state.  Returns 0, or -1 after a message. */
extern int jlang_look (struct jlang *jlang);

/* The path that WORD stands for; what is not defined stands for itself. */
extern const char *jlang_path (const struct jlang *jlang, const char *word);

/* What PATH names in the state that was worked out last; NULL if there is nothing. */
extern const struct sim_inode *jlang_find (const struct jlang *jlang, const char *path);

/* Write an operation: VERB and PATH, unless that is empty, and then the words of FORMAT.  Each returns 0. */
extern int jlang_emit (struct jlang *jlang, const char *verb, const char *path);
extern int jlang_emit_words (struct jlang *jlang, const char *verb, const char *path, const char *format, ...)
  __attribute__ ((format (printf, 4, 5)));

/* From now on the descriptor WORD leads to what its path names.  Returns 0, or -1 after a message. */
extern int jlang_open (struct jlang *jlang, const char *word);
extern void jlang_close (struct jlang *jlang, const char *word);

/* The path by which what was opened as WORD can be named now, to free; NULL after a message. */
extern char *jlang_descriptor_path (struct jlang *jlang, const char *word);

/* Convert the operation in LINE, which is cut up.  Returns 0, or -1 after a message. */
extern int jlang_operation (struct jlang *jlang, char *line);

#endif
