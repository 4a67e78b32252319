/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <sched.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "common/message.h"
#include "guest/jobs.h"

#define JOBS_MAX 256
#define JOBS_A_PROCESSOR 16     /* more of them do not even keep one another busy while they wait */

/* The machine's memory in bytes. */
static uint64_t
machine_memory (void)
{
  return (uint64_t) sysconf (_SC_PHYS_PAGES) * (uint64_t) sysconf (_SC_PAGE_SIZE);
}

uint64_t
jobs_default (uint64_t memory_bytes)
{
  uint64_t fitting = machine_memory () / memory_bytes, processors = (uint64_t) get_nprocs ();

  if (processors > JOBS_MAX)
    processors = JOBS_MAX;
  return fitting == 0 ? 1 : fitting < processors ? fitting : processors;
}

int
jobs_check (uint64_t jobs, uint64_t memory_bytes)
{
  const uint64_t processors = (uint64_t) get_nprocs (), most = processors * JOBS_A_PROCESSOR;

  if (jobs > JOBS_MAX || jobs > most) {
    error_message ("--jobs=%ju: too many: the most is %ju, with %ju processor%s", (uintmax_t) jobs,
                   (uintmax_t) (most < JOBS_MAX ? most : JOBS_MAX), (uintmax_t) processors, processors == 1 ? "" : "s");
    return -1;
  }
  if (memory_bytes > machine_memory () / jobs) {
    error_message ("%ju guest%s of %ju MiB %s more memory than this machine's %ju MiB: give --memory or --jobs",
                   (uintmax_t) jobs, jobs == 1 ? "" : "s", (uintmax_t) (memory_bytes >> 20), jobs == 1 ? "has" : "have",
                   (uintmax_t) (machine_memory () >> 20));
    return -1;
  }
  return 0;
}

void
jobs_settle (uint64_t number, uint64_t jobs)
{
  cpu_set_t usable, one;

  if (sched_getaffinity (0, sizeof usable, &usable) == -1)
    return;
  const uint64_t processors = (uint64_t) CPU_COUNT (&usable);
  if (processors == 0 || jobs < processors)
    return;
  uint64_t before = number % processors;
  for (int i = 0; i < CPU_SETSIZE; i++)
    if (CPU_ISSET (i, &usable) && before-- == 0) {
      CPU_ZERO (&one);
      CPU_SET (i, &one);
      sched_setaffinity (0, sizeof one, &one);
      return;
    }
}
