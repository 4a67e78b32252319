/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "commands/replay-again.h"
#include "commands/replay-plan.h"
#include "commands/replay-state.h"
#include "common/cleanup.h"
#include "common/message.h"
#include "common/text.h"
#include "common/workdir.h"
#include "log/aftermath.h"
#include "log/derived.h"
#include "log/guard.h"
#include "log/state-id.h"
#include "replay/level.h"
#include "replay/search/model.h"
#include "replay/session.h"

bool
state_is_again (const struct replay_options *options)
{
  return options->state && strstr (options->state, STATE_ID_AGAIN);
}

/* Recover from the state that OPTIONS name in LOG: *tape has what that did.  Returns 0, or -1 after a message. */
static int
tape_recovery (const struct replay_options *options, const struct write_log *log, const struct named_state *state,
               struct log_tape *tape)
{
  struct plan plan;

  if (plan_begin (&plan, options, &log, 1) == -1)
    return -1;
  struct session *session = session_new (&plan.list[0]->config);
  int r = session ? session_tape_state (session, state->position, state->choices, state->count, tape) : -1;
  session_free (session);
  plan_free (&plan);
  return r;
}

/* Make the log after the crash that left STATE of LOG, of which TAPE is the recovery, and open it. */
static int
make_log (const struct write_log *log, const struct named_state *state, const struct log_tape *tape,
          struct again *again)
{
  CLEANUP_FREE uint32_t *pending = NULL;
  const int64_t count = model_pending (log, state->position, &pending);
  const struct log_crash crash = {
    .log = log, .position = state->position, .pending = pending, .pending_count = (uint32_t) count
  };

  again->directory = workdir_create ();
  again->path = again->directory ? text_format ("%s/log.bin", again->directory) : NULL;
  if (count == -1)
    return out_of_memory ();
  if (again->path == NULL || log_continue (&crash, tape, "powercut:new", again->path, &again->first) == -1
      || log_guard_add (again->path) == -1 || (again->log = log_open_derived (log, again->path)) == NULL)
    return -1;
  return 0;
}

/* What comes after the point of the id TEXT, without a colon. */
static const char *
choices_of (const char *text)
{
  const char *colon = strchr (text, ':');

  return colon ? colon + 1 : "";
}

/* Name the state REST, `POINT[:CHOICES][;ID]`, of the log that goes on after the state FIRST: with its choices, too. */
static char *
name_state (const char *first, const char *rest)
{
  const int point = (int) strcspn (rest, ":" STATE_ID_AGAIN), end = (int) strcspn (rest, STATE_ID_AGAIN);
  const char *earlier = choices_of (first);
  const int own = end > point ? end - point - 1 : 0;

  return text_format ("%.*s%s%s%s%.*s%s", point, rest, *earlier || own > 0 ? ":" : "", earlier,
                      *earlier && own > 0 ? "," : "", own, rest + end - own, rest + end);
}

/* The id of STATE of LOG, which may be what an interrupted recovery left itself. */
static char *
name_recovered (const struct replay_options *options, const struct write_log *log, const struct named_state *state)
{
  const struct session_config config = {
    .log = log, .recovered = options->recovered, .recovery_from = options->recovery_from
  };

  return recovered_state_id (&config, state->position, state->choices, state->count);
}

/* Is REST, an id and maybe more, about what the recovery that AGAIN has did?  Returns 0, or -1 after a message. */
static int
check_rest (const struct replay_options *options, const struct again *again, const char *rest)
{
  CLEANUP_FREE char *next = strndup (rest, strcspn (rest, STATE_ID_AGAIN));
  CLEANUP_FREE struct choice *choices = NULL;
  uint32_t position;
  size_t count;

  if (next == NULL)
    return out_of_memory ();
  if (state_id_parse (next, again->log, &position, &choices, &count) == -1)
    return -1;
  for (size_t i = 0; i < count; i++)
    if (again->log->writes[choices[i].write].issue < position)
      position = again->log->writes[choices[i].write].issue;
  if (position >= again->first)
    return 0;
  error_message ("state %s: recovery from %s begins at position %u, not at %u or before", options->state,
                 again->recovered, again->first, position);
  return -1;
}

int
again_begin (const struct replay_options *options, const struct write_log *log, struct again *again)
{
  const char *rest = options->state + strcspn (options->state, STATE_ID_AGAIN);
  CLEANUP_FREE char *named = strndup (options->state, (size_t) (rest - options->state));
  struct replay_options of_first = *options;
  CLEANUP_NAMED_STATE struct named_state state = { .choices = NULL };
  struct log_tape tape = { .bytes = NULL };

  *again = (struct again) { .log = NULL };
  of_first.state = named;
  of_first.nested = 1;
  of_first.shell = false;
  if (named == NULL)
    return out_of_memory ();
  if (named_state_find (&of_first, log, &state) == -1 || tape_recovery (&of_first, log, &state, &tape) == -1)
    return -1;
  int r = make_log (log, &state, &tape, again);
  free (tape.bytes);
  if (r == -1)
    return -1;
  CLEANUP_FREE char *id = state_id_format (log, state.position, state.choices, state.count);
  again->state = id ? name_state (id, rest + 1) : NULL;
  again->recovered = name_recovered (options, log, &state);
  if (again->state == NULL || again->recovered == NULL)
    return out_of_memory ();
  return check_rest (options, again, rest + 1);
}

void
again_end (struct again *again)
{
  write_log_close (again->log);
  workdir_remove (again->directory);
  free_all (again->state, again->recovered, again->path, again->directory);
}
