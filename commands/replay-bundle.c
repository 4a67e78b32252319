/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>

#include "commands/replay-bundle.h"
#include "common/cleanup.h"
#include "common/message.h"
#include "common/text.h"
#include "log/cut.h"
#include "replay/report/bundle.h"
#include "replay/trust.h"

int
bundle_cut (const struct replay_options *options, const struct write_log *log, uint32_t position, const char *directory,
            char **path)
{
  const struct trust trust = replay_options_trust (options);
  CLEANUP_FREE char *files = text_format ("%s/files", directory);
  struct log_checker checker = { .files = files };
  int origin = trust_find_checker (&trust, log, &checker.command);

  *path = text_format ("%s/log.bin", directory);
  if (origin == -1 || files == NULL || *path == NULL)
    return -1;
  if (origin == CHECKER_HERE && trust_pack_checker (&trust, log, files) == -1)
    return -1;
  return log_cut (log, position, "powercut:new", origin == CHECKER_HERE ? &checker : NULL, *path);
}

/* Make a run of STATE, the writes of which that are missing are MISSING, and pack it. */
static int
see_and_pack (const struct replay_options *options, struct session *session, const struct minimal *missing,
              const struct named_state *state)
{
  const struct session_config *config = session_results (session)->config;
  struct seen_state seen;
  int r = session_see_state (session, state->position, state->choices, state->count, &seen);

  if (r == 0 && seen.verdict.kind == VIOLATION_NONE) {
    error_message ("state %s: nothing is wrong with it, so there is nothing to pack", options->state);
    r = -1;
  }
  if (r == 0) {
    const struct bundle bundle = {
      .log = config->log, .state = missing->state, .trees = &config->trees, .seen = &seen,
      .recovered = config->recovered, .recovery_from = config->recovery_from,
      .runner = &config->runner, .release = session_results (session)->release, .missing = missing
    };

    r = bundle_write (&bundle, options->bundle);
  }
  seen_state_free (&seen);
  return r;
}

int
bundle_make (const struct replay_options *options, const struct session_config *config, const struct named_state *state)
{
  struct minimal *missing = minimal_as_is (config->log, state->position, state->choices, state->count);
  struct blame *blame = blame_new (config->log, &config->trees);
  struct session *session = NULL;
  int r = -1;

  if (missing == NULL || blame == NULL || minimal_describe (missing, config->log, blame) == -1)
    out_of_memory ();
  else if ((session = session_new (config)) != NULL)
    r = see_and_pack (options, session, missing, state);
  session_free (session);
  blame_free (blame);
  minimal_free (missing);
  return r;
}
