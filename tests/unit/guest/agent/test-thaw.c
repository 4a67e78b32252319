/* SPDX-License-Identifier: BSD-3-Clause */
/* Freezing and thawing, with the kernel played by the test: a file system that is frozen several times over cannot be
 * had at will.
 */
#include <config.h>

#include <errno.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "guest/agent/agent.h"
#include "guest/agent/protocol.h"
#include "tests/unit/message.h"
#include "tests/unit/unit.h"

static int frozen;              /* how many times */
static int thaw_error, freeze_error;    /* errno of a call that would do something; 0: it does it */
static int thaws;               /* calls */

static int
answer (int error)
{
  errno = error;
  return error ? -1 : 0;
}

int
ioctl (int fd, unsigned long request, ...)
{
  (void) fd;
  if (request == FIFREEZE)
    return answer (freeze_error);
  ck_assert (request == FITHAW);
  thaws++;
  if (frozen > 0 && thaw_error == 0)
    frozen--;
  else
    return answer (frozen > 0 ? thaw_error : EINVAL);
  return 0;
}

/* These are of tools that are not run here. */
int
tool_path (char **words)
{
  (void) words;
  return -1;
}

int
mount_change (const char *folder, char *options)
{
  (void) folder, (void) options;
  return -1;
}

static int
run (const char *name, const char *word)
{
  char *words[] = { (char *) word, (char *) ".", NULL };

  return tool_run (name, word ? words : words + 1);
}

START_TEST (nested_freezes_are_all_undone)
{
  frozen = 3;
  ck_assert_int_eq (thaw_all ("."), 3);
  ck_assert_int_eq (frozen, 0);
  ck_assert_int_eq (thaws, 4);
  frozen = 2;
  ck_assert_int_eq (run ("powercut-thaw", "--all"), 0);
  ck_assert_int_eq (frozen, 0);
}
END_TEST

START_TEST (what_is_not_frozen_is_thawed_already)
{
  ck_assert_int_eq (thaw_all ("."), 0);
  ck_assert_int_eq (thaws, 1);
}
END_TEST

START_TEST (one_thaw_undoes_one_freeze)
{
  frozen = 2;
  ck_assert_int_eq (run ("powercut-thaw", NULL), 0);
  ck_assert_int_eq (frozen, 1);
  ck_assert_int_eq (run ("powercut-thaw", NULL), 0);
  ck_assert_int_eq (run ("powercut-thaw", NULL), 1);
  ck_assert_str_eq (message, ".: the file system is not frozen");
}
END_TEST

START_TEST (a_thaw_that_fails_ends_and_is_told)
{
  frozen = 1;
  thaw_error = EIO;
  ck_assert_int_eq (thaw_all ("."), -1);
  ck_assert_int_eq (thaws, 1);
  ck_assert_str_eq (message, "cannot thaw .: Input/output error");
  ck_assert_int_eq (run ("powercut-thaw", NULL), 1);
  ck_assert_int_eq (thaw_all ("/nonexistent"), -1);
}
END_TEST

START_TEST (what_cannot_be_frozen_is_told)
{
  static const struct {
    int error;
    const char *message;
  } cases[] = {
    { EOPNOTSUPP, ".: a file system of this type cannot be frozen" },
    { EBUSY, ".: the file system is frozen already: powercut-thaw thaws it" },
    { EPERM, "cannot freeze .: Operation not permitted" },
  };

  setenv (AGENT_MARK_DEVICE_VARIABLE, "/nonexistent", 1);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    freeze_error = cases[i].error;
    ck_assert_int_eq (run ("powercut-freeze", NULL), 1);
    ck_assert_str_eq (message, cases[i].message);
  }
  ck_assert_int_eq (thaws, 0);
}
END_TEST

START_TEST (what_is_frozen_without_a_mark_is_thawed_at_once)
{
  setenv (AGENT_MARK_DEVICE_VARIABLE, "/nonexistent", 1);
  ck_assert_int_eq (run ("powercut-freeze", NULL), 1);
  ck_assert_int_eq (thaws, 1);
  unsetenv (AGENT_MARK_DEVICE_VARIABLE);
  ck_assert_int_eq (run ("powercut-freeze", NULL), 1);
  ck_assert_int_eq (thaws, 1);
}
END_TEST

static void
setup (void)
{
  frozen = thaws = thaw_error = freeze_error = 0;
  message[0] = '\0';
}

UNIT_TEST_MAIN_WITH ("thaw", setup, NULL,
  nested_freezes_are_all_undone,
  what_is_not_frozen_is_thawed_already,
  one_thaw_undoes_one_freeze,
  a_thaw_that_fails_ends_and_is_told,
  what_cannot_be_frozen_is_told,
  what_is_frozen_without_a_mark_is_thawed_at_once)
