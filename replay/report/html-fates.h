/* SPDX-License-Identifier: BSD-3-Clause */
/* What became of each write of a log, as a picture shows it. */
#ifndef POWERCUT_REPLAY_REPORT_HTML_FATES_H
#define POWERCUT_REPLAY_REPORT_HTML_FATES_H

#include "log/choice.h"
#include "log/reader.h"

/* What a write is in a picture; later ones cover earlier ones. */
enum fate {
  FATE_NONE,                    /* not drawn */
  FATE_DURABLE,                 /* on the medium already */
  FATE_ZERO,                    /* zeros or a trim; without a crash */
  FATE_WRITE,                   /* without a crash */
  FATE_FUA,                     /* without a crash */
  FATE_THERE,                   /* pending, and there */
  FATE_TORN,                    /* pending, and there in part */
  FATE_LOST,                    /* pending, and not there */
  FATE_COUNT,
};

/* Fill FATES, one for each write of LOG, for the whole log without a crash. */
extern void fates_of_log (const struct write_log *log, uint8_t *fates);

/* Fill FATES for the state whose CHOICES these are, at the crash point POSITION.  Returns 0, or -1 with errno ENOMEM.
 */
extern int fates_of_state (const struct write_log *log, uint32_t position, const struct choice *choices, size_t count,
                           uint8_t *fates);

/* The class of a style sheet for what has this fate. */
extern const char *fate_class (enum fate fate);

#endif
