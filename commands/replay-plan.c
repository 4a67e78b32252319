/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "commands/replay-plan.h"
#include "common/array.h"
#include "common/cleanup.h"
#include "common/message.h"
#include "common/text.h"
#include "common/workdir.h"
#include "guest/disks.h"
#include "log/derived.h"
#include "log/info.h"
#include "replay/fault.h"
#include "replay/schedule.h"
#include "replay/trust.h"

/* Whether states of LOG can be visited.  Returns 0, or -1 after a message. */
static int
check_log (const struct write_log *log)
{
  if (log_info (log, LOG_KEY_FILESYSTEM) == NULL) {
    error_message ("%s does not name its file system: record it with info=filesystem=TYPE, or import it with --fs",
                   log->path);
    return -1;
  }
  return 0;
}

/* Can the states of the COUNT logs be visited, and do they belong together?  Returns 0, or -1 after a message. */
static int
check_logs (const struct replay_options *options, const struct write_log *const *logs, size_t count)
{
  const struct trust trust = replay_options_trust (options);

  for (size_t i = 0; i < count; i++)
    if (check_log (logs[i]) == -1 || trust_check (&trust, logs[i]) == -1)
      return -1;
  return schedules_agree (logs, count);
}

/* Find out what is right in the states of PLANNED, and what its session has to do. */
static int
prepare (const struct plan *plan, struct planned *planned)
{
  const struct replay_options *options = plan->options;
  const struct expected *first = &plan->list[0]->expected;

  if (placement_make (planned->log, planned->lost, &planned->placement) == -1)
    return -1;
  if (expected_find (&planned->expected, planned->log, options->guest.pages, options->guest.page_bytes,
                     options->growing) == -1)
    return -1;
  if (planned->expected.paged && !pages_same (&planned->expected.pages, &first->pages)) {
    error_message ("%s: its files have other pages than in %s: replay one of them alone", planned->log->path,
                   plan->logs[0]->path);
    return -1;
  }
  if (session_configure (options, planned->log, &plan->guest, &planned->placement, &planned->expected,
                         plan->directory, &planned->config) == -1)
    return -1;
  planned->config.runner.fault = planned->faulty ? planned->fault : options->fault_there;
  return 0;
}

/* Have PLANNED be of a log in which its device has done what FAULT is. */
static int
let_befall (struct plan *plan, const struct fault *fault, struct planned *planned)
{
  const struct write_log *log = planned->log;

  planned->fault = fault_text (log, fault);
  CLEANUP_FREE char *file = text_format ("%s/fault-%zu.bin", plan->directory, ++plan->fault_files);
  if (planned->fault == NULL || file == NULL || fault_write (log, fault, file) == -1
      || (planned->faulty = log_open_derived (log, file)) == NULL)
    return -1;
  planned->log = planned->faulty;
  return 0;
}

/* Enter LOG with FAULT, unless it is NULL, and without the disk of number LOST (-1: with all); its guests are there. */
static int
enter_one (struct plan *plan, const struct write_log *log, const struct fault *fault, int lost)
{
  size_t log_count = plan->count;
  const struct write_log **added_log = array_add (plan->logs, log_count);
  struct planned *planned = calloc (1, sizeof *planned), **added;

  if (added_log == NULL || planned == NULL || (added = array_add (plan->list, plan->count)) == NULL) {
    free (planned);
    return out_of_memory ();
  }
  *added_log = planned->log = planned->recording = log;
  *added = planned;
  planned->lost = lost;
  if (fault && let_befall (plan, fault, planned) == -1)
    return -1;
  plan->logs[plan->count - 1] = planned->log;
  return prepare (plan, planned);
}

/* Enter LOG with FAULT, unless it is NULL, as often as there are disks that may be gone. */
static int
enter_losses (struct plan *plan, const struct write_log *log, const struct fault *fault)
{
  const char *lose = plan->options->lose;
  struct disks disks;

  if (lose == NULL)
    return enter_one (plan, log, fault, -1);
  if (disks_of_log (log, &disks) == -1 || disks_check_lose (&disks, lose) == -1)
    return -1;
  if (strcmp (lose, "any") != 0)
    return enter_one (plan, log, fault, disks_find (&disks, lose));
  for (int lost = -1; lost < (int) disks.count; lost++)
    if ((lost == -1 || !plan->needed[lost]) && enter_one (plan, log, fault, lost) == -1)
      return -1;
  return 0;
}

/* Is there room for COUNT copies of LOG, for each set of disks that may be gone?  Returns 0, or -1 after a message. */
static int
check_room (const struct plan *plan, const struct write_log *log, size_t count)
{
  const char *lose = plan->options->lose;
  const size_t losses = lose && strcmp (lose, "any") == 0 ? log->device_count + 1 : 1;
  struct statvfs room;

  if (statvfs (plan->directory, &room) == -1) {
    error_message ("%s: %m", plan->directory);
    return -1;
  }
  const uint64_t free_bytes = (uint64_t) room.f_bavail * room.f_frsize;
  if (log->file_size <= free_bytes / (count * losses))
    return 0;
  error_message ("--fault=%s: %zu copies of %s, of %ju MiB each, have no room in %s: name a place, as in "
                 "--fault=KIND:PLACE, or a larger TMPDIR", plan->options->fault, count * losses, log->path,
                 (uintmax_t) ((log->file_size >> 20) + 1), plan->directory);
  return -1;
}

/* Enter LOG as often as there are faults of the kind that is asked for. */
static int
enter (struct plan *plan, const struct write_log *log)
{
  CLEANUP_FREE struct fault *faults = NULL;
  size_t count;
  int r = 0;

  if (plan->options->fault == NULL)
    return enter_losses (plan, log, NULL);
  if (faults_find (log, plan->options->fault, &faults, &count) == -1 || check_room (plan, log, count) == -1)
    return -1;
  for (size_t i = 0; i < count && r == 0; i++)
    r = enter_losses (plan, log, &faults[i]);
  return r;
}

/* What the guests have; of those that others have had only what told them apart is known. */
static int
find_guest (struct plan *plan, const struct write_log *log)
{
  const struct replay_options *options = plan->options;

  plan->guest = (struct replay_guest) { .kernel = &plan->kernel };
  if (options->joined == NULL)
    return guest_prepare (options, log, &plan->kernel, plan->directory, &plan->guest);
  plan->guest.identity = text_format ("%s", options->identity);
  return plan->guest.identity ? 0 : -1;
}

/* The kernel of the guests; of those that others have had only its release is known. */
static int
find_kernel (const struct replay_options *options, const struct trust *trust, const struct write_log *log,
             struct kernel *kernel)
{
  if (options->joined == NULL)
    return trust_find_kernel (trust, log, kernel);
  *kernel = (struct kernel) { .release = text_format ("%s", options->release) };
  return kernel->release ? 0 : -1;
}

int
plan_begin (struct plan *plan, const struct replay_options *options, const struct write_log *const *logs, size_t count)
{
  const struct trust trust = replay_options_trust (options);

  *plan = (struct plan) { .options = options, .given = logs };
  if (check_logs (options, logs, count) == -1 || find_kernel (options, &trust, logs[0], &plan->kernel) == -1)
    return -1;
  plan->directory = workdir_create ();
  int r = plan->directory ? find_guest (plan, logs[0]) : -1;

  for (size_t i = 0; i < count && r == 0; i++)
    r = enter (plan, logs[i]);
  if (r == 0)
    r = plan_name (plan);
  if (r == -1)
    plan_free (plan);
  return r;
}

int
plan_add (struct plan *plan, const struct write_log *log)
{
  const struct write_log *const pair[] = { plan->logs[0], log };

  return check_logs (plan->options, pair, 2) == -1 ? -1 : enter (plan, log);
}

int
plan_name (struct plan *plan)
{
  for (size_t i = 0; i < plan->count && plan->count > 1; i++) {
    struct planned *planned = plan->list[i];
    const char *lost = planned->placement.lost, *fault = planned->fault;
    CLEANUP_FREE char *schedule = schedule_name (plan->logs, plan->count, planned->log);
    const char *disks = lost ? " without " : plan->options->lose ? " with all disks" : "";
    char *name = schedule ? text_format ("%s%s%s%s%s", schedule, fault ? " with " : "", fault ? fault : "",
                                         disks, lost ? lost : "") : NULL;

    if (name == NULL)
      return -1;
    free (planned->schedule);
    planned->config.schedule = planned->schedule = name;
  }
  return 0;
}

static void
planned_free (struct planned *planned)
{
  expected_free (&planned->expected);
  placement_release (&planned->placement);
  write_log_close (planned->faulty);
  free_all (planned->schedule, planned->fault, planned);
}

int
plan_renew (struct plan *plan, const struct write_log *log)
{
  while (plan->count > 0)
    planned_free (plan->list[--plan->count]);
  return check_logs (plan->options, &log, 1) == -1 ? -1 : enter (plan, log);
}

void
plan_keep_disk (struct plan *plan, int lost, size_t first)
{
  size_t kept = first;

  plan->needed[lost] = true;
  for (size_t i = first; i < plan->count; i++)
    if (plan->list[i]->lost == lost)
      planned_free (plan->list[i]);
    else {
      plan->logs[kept] = plan->logs[i];
      plan->list[kept++] = plan->list[i];
    }
  plan->count = kept;
}

void
plan_free (struct plan *plan)
{
  for (size_t i = 0; i < plan->count; i++)
    planned_free (plan->list[i]);
  free (plan->list);
  free (plan->logs);
  guest_release (&plan->guest);
  workdir_remove (plan->directory);
  free (plan->directory);
  kernel_free (&plan->kernel);
}
