/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commands/live-follow.h"
#include "commands/replay-plan.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/message.h"
#include "common/stop.h"
#include "common/text.h"
#include "guest/jobs.h"
#include "log/trims.h"
#include "record/log-part.h"
#include "replay/crew.h"
#include "replay/ledger.h"
#include "replay/session.h"

#define LOOK_MS 100             /* how often it looks whether the log has grown */
#define PAUSE_SHARE 4           /* what the beginning of a round takes, times this, is the least from one to the next */

struct log_follower {
  struct replay_options options;        /* of this process: for a log that grows */
  bool quiet;
  int begun, told;              /* pipes from the recorder's process and to it */
  struct plan plan;
  bool planned;
  struct crew *crew;            /* as the plan, from the first round on */
  struct ledger *ledger;
  atomic_bool violated;
  struct findings findings;     /* that were told */

  struct live_begun next;       /* the recording that has begun last */
  bool any;                     /* one has */

  /* The recording that is followed. */
  uint64_t number;
  int fd;                       /* of its log, or -1 */
  const char *name;             /* that the log will have */
  uint64_t bytes;               /* of it that were there when it was looked at last */
  struct write_log *log;        /* as it was then, or NULL: the plan is of it */
  uint32_t visit_from;          /* all states of crash points before this were visited */
  uint32_t judge_from;          /* ... and here they were judged */
  size_t trees;                 /* that were known then */
  int64_t begun_ms;             /* when it was looked at last */
  int64_t next_ms;              /* when it may be looked at again */
};

/* What a round is to do: visit the crash points from FROM to TO. */
struct live_round {
  uint32_t from, to;
};

/* Wait until the time UNTIL_MS, and hear meanwhile which recording begins.  False once there will be none, or a stop
 * was asked for.
 */
static bool
wait_and_hear (struct log_follower *follower, int64_t until_ms)
{
  struct live_begun begun;

  while (stop_wait (follower->begun, POLLIN, until_ms)) {
    if (read (follower->begun, &begun, sizeof begun) != sizeof begun)
      return false;
    follower->next = begun;
    follower->any = true;
  }
  return stop_requested () == 0;
}

/* Leave the recording that was followed. */
static void
leave_recording (struct log_follower *follower)
{
  if (follower->fd != -1)
    close (follower->fd);
  follower->fd = -1;
  follower->bytes = 0;
  follower->visit_from = follower->judge_from = 0;
  follower->trees = 0;
}

/* The descriptor of the log PATH if it is there, and is of the recording that has begun last; or -1. */
static int
open_log (const struct log_follower *follower, const char *path)
{
  const int fd = open (path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  struct log_header header;

  if (fd == -1)
    return -1;
  if (pread (fd, &header, sizeof header, 0) == sizeof header
      && memcmp (header.magic, LOG_MAGIC, sizeof header.magic) == 0
      && le64toh (header.created) >= follower->next.since_ns)
    return fd;
  close (fd);
  return -1;
}

/* Follow the recording that has begun last, once its log is there: until it is complete, under another name. */
static int
find_recording (struct log_follower *follower)
{
  if (!follower->any || (follower->fd != -1 && follower->number == follower->next.number))
    return 0;
  const char *name = follower->options.logs[follower->next.number];
  CLEANUP_FREE char *part = log_part_name (name);
  if (part == NULL)
    return -1;
  int fd = open_log (follower, part);
  if (fd == -1)
    fd = open_log (follower, name);
  if (fd == -1)
    return 0;
  leave_recording (follower);
  follower->number = follower->next.number;
  follower->name = name;
  follower->fd = fd;
  return 0;
}

/* Whether there is more of the log. */
static bool
has_grown (const struct log_follower *follower)
{
  struct stat status;

  return follower->fd != -1 && fstat (follower->fd, &status) == 0 && (uint64_t) status.st_size > follower->bytes;
}

/* The log as far as it is there; by its own name, whichever it has at the moment.  NULL without a message if it is
 * gone, as when its recording has failed, or after one.
 */
static struct write_log *
open_so_far (const struct log_follower *follower)
{
  char path[sizeof "/proc/self/fd/" + 12];

  snprintf (path, sizeof path, "/proc/self/fd/%d", follower->fd);
  CLEANUP_FREE char *file = realpath (path, NULL), *name = text_format ("%s", follower->name);
  struct write_log *log = file && name ? write_log_open (path) : NULL;
  if (log == NULL)
    return NULL;
  free (log->path);
  free (log->file);
  log->path = name;
  log->file = file;
  name = file = NULL;
  if (strcmp (follower->options.trim, "zero") == 0)
    log_trust_trims (log);
  return log;
}

/* How many trees there are in LOG that say what is right. */
static size_t
count_trees (const struct write_log *log)
{
  size_t count = 0;

  for (uint32_t i = 0; i < log->mark_count; i++)
    count += log_mark_is (&log->marks[i], count == 0 ? "powercut:old" : "powercut:new", NULL, NULL);
  return count;
}

/* The position of the last crash point of LOG that is one whatever comes later; 0 if there is none. */
static uint32_t
last_certain (const struct log_follower *follower, const struct write_log *log)
{
  const bool told = log_info (log, LOG_KEY_CHECK) || follower->options.guest.check;
  struct crash_points points;
  uint32_t last = 0;

  if (model_crash_points (log, (follower->options.prefixes_only ? POINTS_PREFIXES : 0) | (told ? POINTS_TOLD : 0),
                          &points) == -1)
    return 0;
  for (size_t i = points.count; i-- > 0 && last == 0;)
    if (points.points[i].position + 1 < log->event_count)
      last = points.points[i].position;
  crash_points_free (&points);
  return last;
}

/* Whether there is something to do with LOG, and what. */
static bool
plan_round (const struct log_follower *follower, const struct write_log *log, struct live_round *round)
{
  const size_t trees = count_trees (log);

  if (log_find_mark (log, "begin", NULL, NULL) == NULL)
    return false;
  /* What could not be judged before can be, perhaps: it is asked of memory. */
  round->from = trees > follower->trees ? follower->judge_from : follower->visit_from;
  round->to = last_certain (follower, log);
  return round->to > 0 && round->to >= round->from;
}

/* Have the plan, with guests and a crew for it, be of LOG. */
static int
renew_plan (struct log_follower *follower, struct write_log *log)
{
  int r = 0;

  if (!follower->planned) {
    r = replay_options_complete (&follower->options, log);
    follower->planned = r == 0 && plan_begin (&follower->plan, &follower->options,
                                              (const struct write_log *const *) &log, 1) == 0;
    r = follower->planned ? 0 : -1;
  }
  else
    r = plan_renew (&follower->plan, log);
  if (r == 0 && follower->crew == NULL)
    follower->crew = crew_new (&follower->plan.list[0]->config);
  return r == 0 && follower->crew ? 0 : -1;
}

/* When after the beginning of LOG the power could be cut at POSITION, in seconds. */
static double
seconds_at (const struct write_log *log, uint32_t position)
{
  struct log_cursor cursor;
  struct log_event event = { .position = 0 };

  log_cursor_begin (&cursor, log);
  while (log_cursor_next (&cursor, &event) && event.position < position) {
    /* Only the events themselves have it. */
  }
  return (double) event.record.time / 1e9;
}

/* Tell FINDING. */
static int
tell (struct log_follower *follower, const struct write_log *log, const struct finding *finding)
{
  const struct live_told told = {
    .number = follower->number,
    .seconds = clock_seconds (CLOCK_REALTIME) - (double) log->created / 1e9,
    .since_seconds = seconds_at (log, (uint32_t) strtoul (finding->place, NULL, 10))
  };

  if (!follower->quiet)
    error_message ("live: %.1f s after the beginning of %s: %s: %s (state %s, after %s; possible from %.1f s on)",
                   told.seconds, log->path, violation_name (finding->kind), finding->detail, finding->state,
                   finding->after, told.since_seconds);
  if (follower->findings.count == 0 && write (follower->told, &told, sizeof told) == -1) {
    /* Who would read it is gone. */
  }
  return findings_add (&follower->findings, finding) == -1 ? out_of_memory () : 0;
}

/* Tell what RESULTS have found that was not told before, and a fresh guest has seen again. */
static int
tell_news (struct log_follower *follower, const struct results *results)
{
  for (size_t i = 0; i < results->findings.count; i++) {
    const struct finding *finding = &results->findings.list[i];

    if (finding->confirmation == FINDING_REPEATED && !findings_have (&follower->findings, finding)
        && tell (follower, results->config->log, finding) == -1)
      return -1;
  }
  return 0;
}

/* All states of ROUND were visited.  Those are judged whose trees were known. */
static void
note_visited (struct log_follower *follower, const struct results *results, const struct live_round *round)
{
  const struct session_config *config = results->config;
  const struct crash_points *points = &results->points;
  size_t next = crash_points_from (points, follower->judge_from);

  follower->trees = config->trees.count;
  follower->visit_from = round->to + 1;
  while (next < points->count && points->points[next].position <= round->to
         && (config->persistence || points->points[next].moment.step < config->trees.count))
    next++;
  follower->judge_from = next < points->count && points->points[next].position <= round->to
    ? points->points[next].position : follower->visit_from;
}

/* Search what SESSION is to, and tell what it found.  Returns 0; 1 if the first violation has ended it, and the rest is
 * still to be done; or -1 after a message or a stop.
 */
static int
search (struct log_follower *follower, struct session *session, const struct live_round *round)
{
  const struct results *results = session_results (session);

  if (session_begin (session, follower->crew) == -1)
    return -1;
  const int r = session_end (session);
  /* A stop leaves findings unconfirmed, and these are not told. */
  if (tell_news (follower, results) == -1 || r == -1 || results->mismatches > 0)
    return -1;
  if (follower->violated) {
    follower->violated = false;
    return 1;
  }
  note_visited (follower, results, round);
  return 0;
}

/* The more there is to be read before a round begins, the longer is the pause before the next. */
static void
note_pause (struct log_follower *follower)
{
  follower->next_ms = follower->begun_ms + PAUSE_SHARE * (clock_ms () - follower->begun_ms);
}

/* Do ROUND with the log of the plan. */
static int
do_round (struct log_follower *follower, const struct live_round *round)
{
  struct session_config *config = &follower->plan.list[0]->config;
  int r = 1;

  config->ledger = follower->ledger;
  config->progress = false;
  config->visit_from = round->from;
  while (r == 1) {
    /* The first is told before others are looked for. */
    config->violated = follower->findings.count == 0 ? &follower->violated : NULL;
    struct session *session = session_new (config);
    note_pause (follower);
    r = session ? search (follower, session, round) : -1;
    session_free (session);
    if (r == 1 && follower->options.stop_at_first)
      r = 0;
  }
  return r;
}

/* Look at the log, and do what there is to do.  Returns 0, or -1 after a message or a stop. */
static int
look (struct log_follower *follower)
{
  struct write_log *before = follower->log, *log;
  struct live_round round;

  follower->begun_ms = clock_ms ();
  log = open_so_far (follower);
  if (log == NULL)
    return 0;
  follower->bytes = log->file_size;
  const bool due = plan_round (follower, log, &round);
  note_pause (follower);
  if (!due) {
    write_log_close (log);
    return 0;
  }
  follower->log = log;
  const int r = renew_plan (follower, log);
  write_log_close (before);
  return r == 0 ? do_round (follower, &round) : -1;
}

/* Whether the first violation, which was told, is the end. */
static bool
has_enough (const struct log_follower *follower)
{
  return follower->options.stop_at_first && follower->findings.count > 0;
}

static int
follow (struct log_follower *follower)
{
  int r = 0;

  while (r == 0 && !has_enough (follower)) {
    const int64_t now_ms = clock_ms (), look_ms = now_ms + LOOK_MS;

    if (!wait_and_hear (follower, look_ms < follower->next_ms ? follower->next_ms : look_ms))
      return 0;
    r = find_recording (follower);
    if (r == 0 && has_grown (follower))
      r = look (follower);
  }
  return stop_requested () ? 0 : r;
}

/* What a process that has one processor fewer for its guests does with a log of which it knows the beginning. */
static struct replay_options
options_for (const struct replay_options *options)
{
  struct replay_options growing = *options;

  growing.growing = true;
  growing.minimize = false;
  growing.guest.quiet = true;   /* what goes on is said by the recorder's process */
  growing.guest.verbose = false;
  growing.more = NULL;
  growing.log_count = 1;        /* at a time */
  growing.jobs = options->jobs > 0 ? options->jobs : jobs_default (options->guest.memory_bytes);
  growing.jobs -= growing.jobs > 1;
  return growing;
}

int
live_follow (const struct replay_options *options, const char *learnt, int begun, int told)
{
  struct log_follower follower = {
    .options = options_for (options), .quiet = options->guest.quiet, .begun = begun, .told = told, .fd = -1,
    .ledger = ledger_open (learnt)
  };
  int r = follower.ledger ? follow (&follower) : -1;

  if (r == 0)
    r = has_enough (&follower);

  crew_free (follower.crew);
  if (follower.planned)
    plan_free (&follower.plan);
  write_log_close (follower.log);
  leave_recording (&follower);
  findings_free (&follower.findings);
  return ledger_close (follower.ledger) == -1 ? -1 : r;
}
