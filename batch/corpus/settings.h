/* SPDX-License-Identifier: BSD-3-Clause */
/* How a case is done on one file system: the values of its section [FILESYSTEM]. */
#ifndef POWERCUT_BATCH_CORPUS_SETTINGS_H
#define POWERCUT_BATCH_CORPUS_SETTINGS_H

#include "batch/corpus/case.h"
#include "common/ini.h"

/* Add TEXT to TEXTS; set *TARGET, which must not be set yet, to the VALUE of KEY; free what TEXTS has.  The first two
 * return 0, or -1 after a message.
 */
extern int case_add_text (struct case_texts *texts, const char *text);
extern int case_set_text (const struct ini_place *place, const char *key, const char *value, char **target);
extern void case_free_texts (struct case_texts *texts);

/* Take KEY and VALUE, which stand at PLACE; the case's folder is there in place of $CASE.  Returns as above. */
extern int case_set_setting (struct case_settings *settings, const struct ini_place *place, const char *key,
                             const char *value);
extern void case_free_settings (struct case_settings *settings);

#endif
