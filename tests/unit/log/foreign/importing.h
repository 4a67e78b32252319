/* SPDX-License-Identifier: BSD-3-Clause */
/* Imports of what tests/unit/foreign-log.h puts together. */
#ifndef POWERCUT_TESTS_UNIT_LOG_FOREIGN_IMPORTING_H
#define POWERCUT_TESTS_UNIT_LOG_FOREIGN_IMPORTING_H

#include "tests/unit/foreign-log.h"

extern const struct import_options kernel, kernel_cautious, qemu, qemu_cautious, nbd;

/* Of the last import. */
extern struct import_result result;

/* Import BYTES with OPTIONS, whose file is not set.  NULL if it was refused: then nothing is left, and message says
 * why.
 */
extern struct write_log *try_import (const struct bytes *bytes, struct import_options options);

/* The same, which is not refused. */
extern struct write_log *import_well (const struct bytes *bytes, struct import_options options);

/* Import BYTES, which are freed, and hold the events against EXPECTED. */
extern void assert_imports (struct bytes bytes, struct import_options options, const char *expected);

/* BYTES are refused, for a REASON that the message has. */
extern void assert_import_refused (const struct bytes *bytes, struct import_options options, const char *reason);

#endif
