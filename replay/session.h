/* SPDX-License-Identifier: BSD-3-Clause */
/* A replay: all crash points of a log, shared out among guests, and what was found. */
#ifndef POWERCUT_REPLAY_SESSION_H
#define POWERCUT_REPLAY_SESSION_H

#include "replay/explain/minimal.h"
#include "replay/results.h"

struct session;

/* CONFIG must outlive the session.  NULL after a message. */
extern struct session *session_new (const struct session_config *config);
extern void session_free (struct session *session);

/* What was found so far, valid until session_free; NULL without a session.  Not to be looked at while session_run runs.
 */
extern const struct results *session_results (const struct session *session);

struct crew;

/* Let CREW (replay/crew.h), which must outlive the session's end, work for it once it is done with the sessions that
 * were begun before.  Returns 0, or -1 after a message: there is nothing to end then.
 */
extern int session_begin (struct session *session, struct crew *crew);

/* Wait until all that session_run says is done, for a session that was begun; in the order in which they were.  It
 * returns the same.
 */
extern int session_end (struct session *session);

/* With a crew of its own: search all crash points, and let a freshly booted guest confirm what was found.  Returns 0
 * when every point was searched, perhaps up to a limit; -1 after a message, or after a stop.  The results are what was
 * found in either case.
 */
extern int session_run (struct session *session);

/* What is wrong in the state at POSITION in which all is there, as memory has it or else a run sees it: in *verdict,
 * whose detail is to free.  Returns 0, or -1 after a message, or silently after a stop or if nobody can tell.
 */
extern int session_judge_state (struct session *session, uint32_t position, struct verdict *verdict);

/* What a run of one state showed.  The texts are the session's. */
struct seen_state {
  struct selection selection;
  struct moment moment;
  uint32_t pending_count;       /* writes that were pending */
  struct control_report device; /* what the run did with it */
  struct outcome outcome;
  struct verdict verdict;       /* its kind is VIOLATION_NONE if nothing is wrong */
  const char *tree;             /* what was observed, or NULL */
  const uint8_t *classes;       /* of each page (checker/watched-pages.h), or NULL */
};

/* Make one run of the state that CHOICES, which must outlive *seen, make at POSITION.  Returns 0, or -1 after a
 * message; *seen is to be freed with seen_state_free in any case.
 */
extern int session_see_state (struct session *session, uint32_t position, const struct choice *choices, size_t count,
                              struct seen_state *seen);
extern void seen_state_free (struct seen_state *seen);

/* Make one run of such a state: *tape, whose bytes are to free, has what recovery did to the disks; the runner's
 * configuration asks for that.  Returns 0, or -1 after a message: recovery came to no end, too.
 */
extern int session_tape_state (struct session *session, uint32_t position, const struct choice *choices, size_t count,
                               struct log_tape *tape);

/* Run the state SEEN again, and find the smallest one that is wrong as it is: in *minimal, to free, which is NULL if
 * there is none, or no run confirms it.  *detail, to free in any case, is what was wrong in the second run.  Returns 0,
 * or -1 after a message.
 */
extern int session_minimize_state (struct session *session, const struct seen_state *seen, struct minimal **minimal,
                                   char **detail);

#endif
