/* SPDX-License-Identifier: BSD-3-Clause */
/* Those who work for sessions: threads, each with a guest that it takes along from one session to the next.  The
 * sessions of one crew have guests with the same kernel, image and memory, and disks of one size.
 */
#ifndef POWERCUT_REPLAY_CREW_H
#define POWERCUT_REPLAY_CREW_H

#include "replay/guest-cache.h"
#include "replay/session.h"

struct crew;

/* A crew of the jobs that CONFIG says.  With its `kept` it is the calling thread alone, which must last as long as that
 * does: its guest comes from there and goes there.  NULL after a message.
 */
extern struct crew *crew_new (const struct session_config *config);

/* End its threads and guests.  All sessions must be at their end. */
extern void crew_free (struct crew *crew);

/* How many take part in each session. */
extern unsigned crew_size (const struct crew *crew);

/* Let the crew work for SESSION once it is done with those before; a crew without threads does so in crew_help.
 * Returns 0, or -1 after a message.
 */
extern int crew_add (struct crew *crew, struct session *session);

/* Let the calling thread do what there is to do for SESSION, if the crew has no threads. */
extern void crew_help (struct crew *crew, struct session *session);

/* A guest for the calling thread to go on with, or NULL; and one that it leaves, or NULL. */
extern struct runner *crew_take (struct crew *crew);
extern void crew_give (struct crew *crew, struct runner *runner);

/* Some session failed: nothing more is begun for the others.  Also asked. */
extern void crew_fail (struct crew *crew);
extern bool crew_failed (struct crew *crew);

#endif
