/* SPDX-License-Identifier: BSD-3-Clause */
/* The words after an operation's name: what each may be, and how it is parsed. */
#ifndef POWERCUT_CHECKER_WORKLOAD_ARGUMENTS_H
#define POWERCUT_CHECKER_WORKLOAD_ARGUMENTS_H

#include "checker/workload/parser.h"

enum argument {
  ARG_END, ARG_ANY_PATH, ARG_FILE_PATH, ARG_NEW_PATH, ARG_OPEN_NAME, ARG_TARGET, ARG_OPTIONS, ARG_ATTRIBUTE, ARG_VALUE,
  ARG_MODE, ARG_PERMISSIONS, ARG_FLAGS, ARG_DEVICE, ARG_FIRST_NUMBER, ARG_SECOND_NUMBER, ARG_OFFSET, ARG_TO_OFFSET,
  ARG_LENGTH, ARG_SIZE,
  ARG_OPTIONAL, /* these may be left out, together: */
  ARG_RENAME = ARG_OPTIONAL, ARG_SYNC, ARG_READ_ONLY, ARG_CLONE_OFFSET, ARG_CLONE_LENGTH, ARG_CLONE_TO_OFFSET
};

/* Enter WORD, the next one of *operation, which is an ARGUMENT.  Returns 0, or -1 after a message. */
extern int take_argument (const struct workload_parser *parser, const char *word, enum argument argument,
                          struct workload_operation *operation);

#endif
