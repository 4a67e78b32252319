/* SPDX-License-Identifier: BSD-3-Clause */
/* What the runs of a replay saw, in a file, so that no run has to be made twice.
 *
 * It is a journal (common/journal.h) to which a replay adds as it goes: what each run read and saw, the trees that were
 * observed, and what fresh guests confirmed.  A replay that begins with such a file remembers all that, and asks for
 * every state anew: what was covered and found is not stored but found again, from memory.  So nothing can be lost but
 * runs that were under way, and nothing can be counted twice.
 *
 * One file may hold several sessions, and those of earlier replays with other bounds: each part has as its key the hash
 * of all that a run's answer depends on, the log itself, what the guest is made of and what is done in it.
 */
#ifndef POWERCUT_REPLAY_LEDGER_H
#define POWERCUT_REPLAY_LEDGER_H

#include "replay/findings.h"
#include "replay/located.h"

struct ledger;
struct session;

/* Open the file PATH, or make it.  NULL after a message. */
extern struct ledger *ledger_open (const char *path);

/* Open COUNT files as one, to which nothing is added. */
extern struct ledger *ledger_join (const char *const *paths, size_t count);

/* Whether the file PATH is one. */
extern bool ledger_is (const char *path);

/* Returns 0, or -1 after a message: not all is in the file. */
extern int ledger_close (struct ledger *ledger);

/* Note in the file of LEDGER that a replay begins, of which TEXT says what it does; and that this one has come to its
 * end.  What the file has already is not noted again, however often it is begun with.  Return 0, or -1 after a message.
 */
extern int ledger_begin_replay (struct ledger *ledger, const char *text);
extern int ledger_end_replay (struct ledger *ledger, const char *text);

/* Replays of which a file has notes: each text once. */
struct ledger_replays {
  struct ledger_replay {
    char *text;
    bool ended;
  } *list;
  size_t count;
};

/* Read them from the file PATH.  Returns 0, or -1 after a message.  Free with ledger_replays_free in any case. */
extern int ledger_read_replays (const char *path, struct ledger_replays *replays);
extern void ledger_replays_free (struct ledger_replays *replays);

/* A hash of LOG, in hexadecimal digits: of all that is valid. */
#define LEDGER_HASH_SIZE 33
extern void ledger_hash_log (const struct write_log *log, char hash[LEDGER_HASH_SIZE]);

/* The part of a session. */
struct ledger_part;

/* Begin the part of SESSION, and let the session know what the ledger has of it.  What its runs read is added from now
 * on, until ledger_part_free.  NULL after a message.
 */
extern struct ledger_part *ledger_begin (struct ledger *ledger, struct session *session);
extern void ledger_part_free (struct ledger_part *part);

/* Add what a session learns; with PART NULL nothing is.  Return 0, or -1 after a message. */
extern int ledger_add_release (const struct ledger_part *part, const char *release);
extern int ledger_add_tree (const struct ledger_part *part, const char *digest, const char *text);
extern int ledger_add_located (const struct ledger_part *part, const struct located *located);
extern int ledger_add_mismatch (const struct ledger_part *part);
extern int ledger_add_confirmation (const struct ledger_part *part, const struct finding *finding);

/* What a fresh guest said of the state of FINDING before, or of another of the same cause: FINDING_UNCONFIRMED if none
 * did.  PART may be NULL.
 */
extern enum confirmation ledger_confirmation (const struct ledger_part *part, const struct finding *finding);

/* The located tree NUMBER, 0 or 1, from which the session learns what files hold (replay/contents.h): its digest if it
 * is known from before (empty: no tree was to be had), else NULL.
 */
extern const char *ledger_contents (const struct ledger_part *part, unsigned number);
extern int ledger_add_contents (const struct ledger_part *part, unsigned number, const char *digest);

#endif
