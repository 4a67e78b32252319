/* SPDX-License-Identifier: BSD-3-Clause */
/* What came of a job is found again for the same one, and for no other. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "batch/resume.h"
#include "common/cleanup.h"
#include "common/text.h"
#include "tests/unit/message.h"
#include "tests/unit/unit.h"
#include "tests/unit/work.h"

#define RESULTS "results"
#define CASE "case"
#define WORKLOAD CASE "/workload"
#define SECONDS 2.5

static const char *words[] = { "--minimize", "--workload", WORKLOAD };
static struct batch_resume *resume;

static void
open_again (void)
{
  static const char *path[] = { RESULTS };
  const struct option_texts paths = { .texts = path, .count = 1 };

  ck_assert_int_eq (batch_resume_close (resume), 0);
  resume = batch_resume_open (&paths);
  ck_assert_ptr_nonnull (resume);
}

static void
begin (void)
{
  enter_work ();
  forget_messages ();
  put_text (WORKLOAD, 0644, "creat a\n");
  open_again ();
}

static void
end (void)
{
  ck_assert_int_eq (batch_resume_close (resume), 0);
  resume = NULL;
  leave_work ();
}

static struct pool_job
new_job (void)
{
  return (struct pool_job) {
    .words = words, .word_count = sizeof words / sizeof words[0], .folder = CASE, .guest = "guest"
  };
}

/* Whether JOB, which is new, is known. */
static int
is_known (struct pool_job job)
{
  const int known = batch_resume_find (resume, &job);

  if (known == 1)
    ck_assert (job.ended && job.status == 256 && job.seconds == SECONDS && cJSON_GetObjectItem (job.result, "runs"));
  free (job.text);
  cJSON_Delete (job.result);
  return known;
}

/* JOB, which is not known, is done; meanwhile its workload comes to be TEXT. */
static void
do_job (struct pool_job job, const char *text)
{
  ck_assert_int_eq (batch_resume_find (resume, &job), 0);
  put_text (WORKLOAD, 0644, text);
  job.status = 256;
  job.seconds = SECONDS;
  job.result = cJSON_Parse ("{\"runs\": 1}");
  ck_assert_int_eq (batch_resume_add (resume, &job), 0);
  cJSON_Delete (job.result);
  open_again ();
}

START_TEST (a_job_is_known_by_all_that_is_asked_of_it)
{
  struct pool_job fewer = new_job (), elsewhere = new_job ();

  do_job (new_job (), "creat a\n");
  ck_assert_int_eq (is_known (new_job ()), 1);
  fewer.words++;
  fewer.word_count--;
  ck_assert_int_eq (is_known (fewer), 0);
  elsewhere.guest = "other guest";
  ck_assert_int_eq (is_known (elsewhere), 0);
  put_text (CASE "/more", 0644, "");
  ck_assert_int_eq (is_known (new_job ()), 0);
  ck_assert_int_eq (unlink (CASE "/more"), 0);
  put_text (WORKLOAD, 0644, "creat b\n");
  ck_assert_int_eq (is_known (new_job ()), 0);
  put_text (WORKLOAD, 0644, "creat a\n");
  ck_assert_int_eq (is_known (new_job ()), 1);
}
END_TEST

/* As on another machine. */
START_TEST (its_directory_may_be_elsewhere)
{
  CLEANUP_FREE char *here = realpath (CASE, NULL), *setup = text_format ("cp %s/f %s/g h", here, here);
  CLEANUP_FREE char *moved = text_format ("cp %s.moved/f %s.moved/g h", here, here);
  const char *asked[] = { "--setup", setup }, *asked_there[] = { "--setup", moved };
  struct pool_job job = { .words = asked, .word_count = 2, .folder = CASE };

  do_job (job, "creat a\n");
  ck_assert_int_eq (rename (CASE, CASE ".moved"), 0);
  job.folder = CASE ".moved";
  job.words = asked_there;
  ck_assert_int_eq (is_known (job), 1);
  asked_there[1] = "cp f g h";
  ck_assert_int_eq (is_known (job), 0);
}
END_TEST

START_TEST (what_was_changed_meanwhile_is_done_again)
{
  do_job (new_job (), "creat b\n");
  ck_assert_int_eq (is_known (new_job ()), 0);
  put_text (WORKLOAD, 0644, "creat a\n");
  ck_assert_int_eq (is_known (new_job ()), 0);
}
END_TEST

/* What came of it the last time counts. */
START_TEST (what_is_forgotten_is_done_again)
{
  struct pool_job job = new_job ();

  ck_assert_int_eq (batch_resume_find (resume, &job), 0);
  for (int status = 1; status < 50; status++) {
    job.status = status;
    job.result = cJSON_Parse ("{\"runs\": 1}");
    job.text = strdup ("said");
    ck_assert_int_eq (batch_resume_add (resume, &job), 0);
    batch_resume_forget (&job);
    ck_assert (!job.ended && job.result == NULL && job.text == NULL);
    open_again ();
    ck_assert_int_eq (batch_resume_find (resume, &job), 1);
    ck_assert_int_eq (job.status, status);
    batch_resume_forget (&job);
  }
}
END_TEST

UNIT_TEST_MAIN_WITH ("resume", begin, end, a_job_is_known_by_all_that_is_asked_of_it, its_directory_may_be_elsewhere,
                     what_was_changed_meanwhile_is_done_again, what_is_forgotten_is_done_again)
