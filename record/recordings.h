/* SPDX-License-Identifier: BSD-3-Clause */
/* Several recordings of one update, each under a schedule of its own, made one after another in one guest. */
#ifndef POWERCUT_RECORD_RECORDINGS_H
#define POWERCUT_RECORD_RECORDINGS_H

#include "record/record.h"

/* What the rest of the system is to do, in each of the recordings. */
struct backgrounds {
  enum background list[BACKGROUND_COUNT];
  size_t count;                 /* 1 or more */
};

#define BACKGROUNDS_DEFAULT "none,commit,writeback"

/* Row of a table of options; TEXT is where its argument, called ARGUMENT, goes. */
#define BACKGROUND_OPTION(TEXT, ARGUMENT) \
  OPT_TEXT ("background", (TEXT), ARGUMENT, "what goes on meanwhile: none, commit, writeback; a log each [all]")

/* What --background=TEXT means, names with commas between them.  Returns 0, or -1 after a message. */
extern int backgrounds_parse (const char *text, struct backgrounds *backgrounds);

struct recordings {
  const struct recording *update;       /* what all of them record */
  struct recording **list;      /* each with its log and schedule */
  size_t count, made;
  struct recorder *recorder;    /* that makes them, or NULL */
  struct recorder *own;         /* it, unless it is another's */

  /* Is told with OPAQUE that recording NUMBER is to begin; or NULL. */
  void (*beginning) (void *opaque, size_t number);
  void *opaque;
};

/* Plan recordings of UPDATE, which must outlive *recordings, one for each of the BACKGROUNDS: the first with the log
 * that UPDATE names, the others with the background's name before its extension.  RECORDER makes them or, with that
 * NULL, one of their own.  Returns 0, or -1 after a message, also if one of the logs cannot be written.  Free with
 * recordings_free in any case.
 */
extern int recordings_plan (struct recordings *recordings, const struct recording *update,
                            const struct backgrounds *backgrounds, struct recorder *recorder);
extern void recordings_free (struct recordings *recordings);

/* Plan one more under BACKGROUND and, unless that is NULL, with another DEVICE.  Its log has SUFFIX before its
 * extension.  Returns the log's path, or NULL after a message.
 */
extern const char *recordings_add (struct recordings *recordings, enum background background, const char *device,
                                   const char *suffix);

/* What stands before the extension of the log of a further recording, one on a device of SEED, with the backgrounds
 * taking turns; SEED's turn is the TURN-th, from 0 on.  To free, or NULL after a message.
 */
extern char *recordings_further_suffix (const struct backgrounds *backgrounds, uint64_t turn, uint64_t seed);

/* The seed of the first of them: the one after that of DEVICE, or 1 if it has none. */
extern uint64_t recordings_first_seed (const char *device);

/* Is none of the COUNT PATHS, some of which may be NULL, where the log of a further recording of UPDATE may come to be?
 * Returns 0, or -1 after a message.
 */
extern int recordings_check_reports (const struct recording *update, const struct backgrounds *backgrounds,
                                     const char *const *paths, size_t count);

/* Make those that are not made yet.  Returns what record does of the first that fails, after which none is made; also
 * RECORD_ENOUGH if a stop that was taken back came before one had begun.
 */
extern int recordings_make (struct recordings *recordings);

/* End the guest that they were made in, unless it is another's. */
extern void recordings_end_guest (struct recordings *recordings);

/* The path of LOG with SUFFIX, empty or not, before its extension, or at its end if it has none: to free, or NULL after
 * a message.
 */
extern char *recordings_log_name (const char *log, const char *suffix);

#endif
