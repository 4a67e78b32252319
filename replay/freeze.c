/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "filesystem/filesystem.h"
#include "log/info.h"
#include "log/reader.h"
#include "replay/explain/reason.h"
#include "replay/freeze.h"
#include "replay/search/model.h"

struct stretch {
  uint32_t freeze;              /* position of the mark */
  uint32_t last;                /* the last position before the mark `thaw` */
};

/* Whether it is no matter at POSITION that WRITE is pending. */
static bool
is_lazy (const struct write_log *log, const struct log_write *write, uint32_t position)
{
  const char *filesystem = log_info (log, LOG_KEY_FILESYSTEM);

  if (write->completion > position)
    return false;
  if (write->kind == LOG_TRIM)  /* nobody needs the blocks, whatever is on them */
    return true;
  return filesystem && filesystem_is_lazy (filesystem_find (filesystem), write->offset_bytes);
}

/* Enter that a rule is broken at POSITION, where PENDING is pending. */
static int
add_finding (const struct write_log *log, const struct tear *tear, uint32_t position, const uint32_t *pending,
             uint32_t count, const char *detail, struct findings *findings)
{
  CLEANUP_FREE char *after = finding_after (log, position), *state = NULL, *place = NULL;
  struct finding finding = {
    .kind = VIOLATION_FREEZE, .detail = (char *) detail, .atomic = true, .durable = true,
    .confirmation = FINDING_REPEATED
  };
  int r = -1;

  if (asprintf (&state, "%u", position) == -1)
    state = NULL;
  if (asprintf (&place, "%010u", position) == -1)
    place = NULL;
  finding.after = after;
  finding.state = state;
  finding.place = place;
  mpz_init (finding.states);
  model_count_states (log, position, pending, count, tear, finding.states);
  if (after && state && place)
    r = findings_add (findings, &finding);
  mpz_clear (finding.states);
  return r;
}

/* Nothing is issued from the one mark to the other. */
static int
check_issued (const struct write_log *log, const struct tear *tear, const struct stretch *stretch,
              struct findings *findings)
{
  uint32_t first = log_writes_until (log, stretch->freeze), end = log_writes_until (log, stretch->last);
  CLEANUP_FREE uint32_t *pending = NULL;
  CLEANUP_FREE char *detail = NULL;

  if (first == end)
    return 0;
  const struct log_write *write = &log->writes[first];
  int64_t count = model_pending (log, write->issue, &pending);
  if (count == -1)
    return -1;
  if (asprintf (&detail, "issued while the file system was frozen at %u: %u, the first a %s of %u bytes at %" PRIu64
                " of disk%u, at position %u", stretch->freeze, end - first, reason_kind_name (write),
                write->length_bytes, write->offset_bytes, write->device, write->issue) == -1) {
    detail = NULL;
    return -1;
  }
  return add_finding (log, tear, write->issue, pending, (uint32_t) count, detail, findings);
}

/* Nothing is pending at the mark `freeze`.  What is pending later in the stretch was so there, or is issued in it. */
static int
check_pending (const struct write_log *log, const struct tear *tear, const struct stretch *stretch,
               struct findings *findings)
{
  CLEANUP_FREE uint32_t *pending = NULL;
  CLEANUP_FREE char *detail = NULL;
  int64_t count = model_pending (log, stretch->freeze, &pending);
  const struct log_write *first = NULL;
  uint32_t wrong = 0;

  if (count == -1)
    return -1;
  for (int64_t i = 0; i < count; i++)
    if (!is_lazy (log, &log->writes[pending[i]], stretch->freeze)) {
      if (wrong++ == 0)
        first = &log->writes[pending[i]];
    }
  if (wrong == 0)
    return 0;
  if (asprintf (&detail, "pending when the file system was frozen at %u: %u, the first a %s of %u bytes at %" PRIu64
                " of disk%u, at position %u", stretch->freeze, wrong, reason_kind_name (first), first->length_bytes,
                first->offset_bytes, first->device, first->issue) == -1) {
    detail = NULL;
    return -1;
  }
  return add_finding (log, tear, stretch->freeze, pending, (uint32_t) count, detail, findings);
}

/* The first stretch whose mark `freeze` is mark number *NEXT or a later one.  *NEXT is the number of the mark behind it
 * then.
 */
static bool
next_stretch (const struct write_log *log, uint32_t *next, struct stretch *stretch)
{
  uint32_t first, last;

  if (model_range (log, &first, &last) == -1)
    return false;
  while (*next < log->mark_count && !log_mark_is (&log->marks[*next], "freeze", NULL, NULL))
    (*next)++;
  if (*next == log->mark_count || log->marks[*next].position > last)
    return false;
  stretch->freeze = log->marks[(*next)++].position;
  while (*next < log->mark_count && !log_mark_is (&log->marks[*next], "thaw", NULL, NULL))
    (*next)++;
  stretch->last = *next < log->mark_count && log->marks[*next].position <= last ? log->marks[*next].position - 1 : last;
  return true;
}

int
freeze_check (const struct write_log *log, const struct tear *tear, struct findings *findings)
{
  struct stretch stretch;
  uint32_t next = 0;

  while (next_stretch (log, &next, &stretch))
    if (check_pending (log, tear, &stretch, findings) == -1 || check_issued (log, tear, &stretch, findings) == -1)
      return out_of_memory ();
  return 0;
}
