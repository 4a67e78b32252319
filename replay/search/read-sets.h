/* SPDX-License-Identifier: BSD-3-Clause */
/* What earlier runs read and what they saw, so that a run that would read the same again need not be made.
 *
 * A run's certificate is every sector that it read before it wrote it and whose content can differ from one explored crash point
 * to another or from one crash state to another, with that content, and what the run saw.  Recovery is a function of what it reads: any state
 * that agrees with a certificate, at whatever crash point, gives what the certificate says.  What that means is asked of the
 * oracle anew.
 *
 * Certificates are kept as a trie in the order of the reads: a node asks for the content of some sectors, and its branches are
 * the answers.  Since a deterministic reader that got the same answers so far reads the same next, most nodes ask one question.
 */
#ifndef POWERCUT_REPLAY_SEARCH_READ_SETS_H
#define POWERCUT_REPLAY_SEARCH_READ_SETS_H

#include "log/crash-state.h"
#include "nbd-plugin/control.h"
#include "replay/runner.h"
#include "replay/search/model.h"

struct certificates;

/* For the crash points POINTS of LOG; both must outlive the certificates.  NULL with errno ENOMEM.  All functions may be called by several threads at once. */
extern struct certificates *certificates_new (const struct write_log *log, const struct crash_points *points);
extern void certificates_free (struct certificates *certificates);

/* What a run of STATE would see that depends on INPUTS besides (a number for all that it is given but the device), or NULL if that is not known.  The undecided writes that such a run would need are then decided
 * in STATE as the run would; without an answer STATE is left anyhow.  The outcome is valid until certificates_free and has no
 * reads and no decisions.
 */
extern const struct outcome *certificates_find (struct certificates *certificates, struct crash_state *state,
                                                 uint64_t inputs);

enum certificate_result {
  CERTIFICATE_KEPT,
  CERTIFICATE_CONTRADICTED,     /* a run that read the same saw something else: recovery depends on more than the device */
  CERTIFICATE_FAILED,           /* errno is ENOMEM */
};

/* Keep what a run of STATE and INPUTS, with all that the run decided, read (SEEN) and saw (OUTCOME, which is copied). */
extern enum certificate_result certificates_add (struct certificates *certificates, struct crash_state *state, uint64_t inputs,
                                                 const struct control_seen *seen, size_t count, const struct outcome *outcome);

#endif
