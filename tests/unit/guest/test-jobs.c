/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <sched.h>

#include "guest/jobs.h"
#include "tests/unit/unit.h"

#define OFTEN 3                 /* times round the processors */

static cpu_set_t usable;

static void
note_usable (void)
{
  ck_assert_int_eq (sched_getaffinity (0, sizeof usable, &usable), 0);
}

static void
restore (void)
{
  ck_assert_int_eq (sched_setaffinity (0, sizeof usable, &usable), 0);
}

/* The processors that job NUMBER of JOBS keeps to. */
static cpu_set_t
settle (unsigned number, unsigned jobs)
{
  cpu_set_t kept;

  restore ();
  jobs_settle (number, jobs);
  ck_assert_int_eq (sched_getaffinity (0, sizeof kept, &kept), 0);
  return kept;
}

START_TEST (each_job_keeps_to_one_processor_and_each_processor_has_as_many)
{
  const unsigned processors = (unsigned) CPU_COUNT (&usable);
  unsigned jobs[CPU_SETSIZE] = { 0 };

  for (unsigned i = 0; i < OFTEN * processors; i++) {
    cpu_set_t kept = settle (i, OFTEN * processors);

    ck_assert_int_eq (CPU_COUNT (&kept), 1);
    for (unsigned cpu = 0; cpu < CPU_SETSIZE; cpu++)
      jobs[cpu] += CPU_ISSET (cpu, &kept) != 0;
  }
  for (unsigned cpu = 0; cpu < CPU_SETSIZE; cpu++)
    ck_assert_uint_eq (jobs[cpu], CPU_ISSET (cpu, &usable) ? OFTEN : 0);
}
END_TEST

START_TEST (fewer_jobs_than_processors_go_where_they_like)
{
  cpu_set_t kept = settle (0, (unsigned) CPU_COUNT (&usable) - 1);

  ck_assert (CPU_EQUAL (&kept, &usable));
}
END_TEST

UNIT_TEST_MAIN_WITH ("jobs", note_usable, restore, each_job_keeps_to_one_processor_and_each_processor_has_as_many,
                     fewer_jobs_than_processors_go_where_they_like)
