/* SPDX-License-Identifier: BSD-3-Clause */
/* Command lines: one table is the parser and the --help text. */
#ifndef POWERCUT_COMMON_OPTIONS_H
#define POWERCUT_COMMON_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum option_type {
  OPTION_FLAG,                  /* bool: set to true */
  OPTION_TEXT,                  /* const char *: the argument itself */
  OPTION_TEXTS,                 /* struct option_texts: every argument, in order */
  OPTION_NUMBER,                /* uint64_t */
  OPTION_SIZE,                  /* uint64_t, bytes */
  OPTION_SECONDS,               /* uint64_t */
};

struct option_texts {
  const char **texts;           /* to free; the texts are argv's */
  size_t count;
};

struct option_spec {
  const char *name;             /* long name, without the dashes; NULL ends the table */
  char letter;                  /* short name, or 0 */
  enum option_type type;
  void *target;
  const char *argument;         /* name of the argument in --help */
  const char *help;
  uint64_t minimum;             /* least value of a number, size or time */
};

/* A row whose TARGET is of the type that it has to be. */
#define OPT_ROW(NAME, LETTER, OPTION_TYPE, TYPE, TARGET, ARGUMENT, HELP, MINIMUM) \
  { .name = (NAME), .letter = (LETTER), .type = (OPTION_TYPE), .target = 1 ? (TARGET) : (TYPE *) NULL, \
    .argument = (ARGUMENT), .help = (HELP), .minimum = (MINIMUM) }

#define OPT_FLAG(NAME, TARGET, HELP) OPT_ROW (NAME, 0, OPTION_FLAG, bool, TARGET, NULL, HELP, 0)
#define OPT_TEXT(NAME, TARGET, ARGUMENT, HELP) OPT_ROW (NAME, 0, OPTION_TEXT, const char *, TARGET, ARGUMENT, HELP, 0)
#define OPT_TEXTS(NAME, TARGET, ARGUMENT, HELP) \
  OPT_ROW (NAME, 0, OPTION_TEXTS, struct option_texts, TARGET, ARGUMENT, HELP, 0)
#define OPT_NUMBER(NAME, TARGET, ARGUMENT, HELP, MINIMUM) \
  OPT_ROW (NAME, 0, OPTION_NUMBER, uint64_t, TARGET, ARGUMENT, HELP, MINIMUM)
#define OPT_SIZE(NAME, TARGET, ARGUMENT, HELP, MINIMUM) \
  OPT_ROW (NAME, 0, OPTION_SIZE, uint64_t, TARGET, ARGUMENT, HELP, MINIMUM)
#define OPT_SECONDS(NAME, TARGET, ARGUMENT, HELP, MINIMUM) \
  OPT_ROW (NAME, 0, OPTION_SECONDS, uint64_t, TARGET, ARGUMENT, HELP, MINIMUM)
#define OPT_OUTPUT(TARGET, ARGUMENT, HELP) OPT_ROW ("output", 'o', OPTION_TEXT, const char *, TARGET, ARGUMENT, HELP, 0)
#define OPT_END { .name = NULL }

#define OPTIONS_MAX 96          /* of one command */
#define OPTION_SECONDS_MAX 1000000      /* eleven days, and in milliseconds still an int */

/* Rows of several parts of the program, joined for one command: each part defines its own options, once. */
struct option_table {
  struct option_spec rows[OPTIONS_MAX + 1];     /* the rest are zeros, so that a NULL name ends it */
  size_t count;
};

/* Add ROWS, which a NULL name ends, to TABLE, which begins as zeros. */
extern void options_add (struct option_table *table, const struct option_spec *rows);

struct command_line {
  const char *usage;            /* what --help prints first: `usage: ...`, lines ended by newlines */
  const char *summary;          /* one sentence after it */
  const struct option_spec *options;
  bool mixed;                   /* options may stand after arguments, too; ARGV is then put in order */
  bool command;                 /* the arguments are a command with options of its own, which needs `--` before it */
};

/* Parse ARGV[1] and on, up to `--` or, unless MIXED, the first argument that is no option.  Prints and exits with 0 for
 * --help, -h and --version.  Returns the number of the first argument that is left, or -1 after a message, which names
 * the option that an unknown one is nearest to.
 */
extern int options_parse (const struct command_line *command, int argc, char **argv);

#endif
