/* SPDX-License-Identifier: BSD-3-Clause */
/* Which requests a device that answers late holds, and which of them is answered when.
 *
 * The policy alone, without a clock and without threads: whoever asks says what time it is, in nanoseconds.  A request
 * is known by the position of its issue in the log.  A request is held until nothing new has come, and none was
 * answered, for a while; then one is answered, the newest or one at random; then again.  Where a client is seen to be
 * busy then, as one is that gets little of the processors, it is waited for a while longer.  All holding of a recording
 * has a limit, after which the device answers at once.
 */
#ifndef POWERCUT_NBD_PLUGIN_HOLD_H
#define POWERCUT_NBD_PLUGIN_HOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "log/format.h"

#define HOLD_LIMIT_SECONDS_DEFAULT 30
#define HOLD_LIMIT_SECONDS_MAX 86400

/* How often the same client is waited for again because it is busy: it may do so for ever. */
#define HOLD_PATIENCE 16

enum hold_device {
  HOLD_FAST,                    /* answers at once */
  HOLD_LATE,                    /* the newest first */
  HOLD_RANDOM,                  /* in a seeded order */
};

/* What a device is asked to be. */
struct hold_config {
  enum hold_device device;
  uint64_t seed;                /* of HOLD_RANDOM */
  uint64_t quiet_ns;            /* for how long nothing new may have come; 0: as the client's pace tells */
  uint64_t limit_ns;            /* at most so long is something held, all in all */
};

/* What `late`, `fast` or `random:SEED` says, into *config, of which the times stay.  Returns 0, or -1 with errno
 * EINVAL.
 */
extern int hold_parse (const char *text, struct hold_config *config);

struct hold {
  enum hold_device device;
  uint64_t random;              /* state of the generator */
  uint64_t quiet_ns, left_ns;   /* left: of the limit */
  bool holding;                 /* what comes is held */
  bool used_up;                 /* nothing is left of the limit */
  bool released;                /* those that are held are due at once */
  uint64_t news_ns;             /* when something last came or was answered */
  uint64_t busy_ns;             /* when the client was last seen to be busy, after that */
  unsigned patience;            /* how often it may be again */
  uint64_t since_ns;            /* if something is held: from when on there was always something */
  uint32_t *held;               /* positions, in order */
  size_t held_count;
};

/* A hold for a new recording: nothing is held yet.  Frees what *hold had, which may be all zeros. */
extern void hold_reset (struct hold *hold, const struct hold_config *config);
extern void hold_free (struct hold *hold);

/* Hold from now on, until nothing has come for QUIET_NS, unless the limit is used up. */
extern void hold_begin (struct hold *hold, uint64_t quiet_ns);

/* Hold no more: those that are held are due. */
extern void hold_end (struct hold *hold);

/* Those that are held are due, at once; what comes is held as before. */
extern void hold_release (struct hold *hold);

/* Something came that shows that the client is busy, or it got an answer, which it may now act on. */
extern void hold_news (struct hold *hold, uint64_t now_ns);

/* A request of KIND has come, whose issue is at POSITION.  Returns whether it is held: then it is to wait until
 * hold_next gives it.
 */
extern bool hold_take (struct hold *hold, enum log_kind kind, uint32_t position, uint64_t now_ns);

/* Whether one is due for no other reason than that nothing has come: it is not if the client is still busy, which
 * whoever asks can find out, and tell by hold_busy.
 */
extern bool hold_doubts (const struct hold *hold, uint64_t now_ns);
extern void hold_busy (struct hold *hold, uint64_t now_ns);

/* Whether one is due: then it is held no more, and its position is in *position.  Or else in how many nanoseconds to
 * ask again, in *wait_ns; 0 if none is held.
 */
extern bool hold_next (struct hold *hold, uint64_t now_ns, uint32_t *position, uint64_t *wait_ns);

#endif
