/* SPDX-License-Identifier: BSD-3-Clause */
/* ACLs and modes in a simulation: what the kernel makes of them. */
#include <config.h>

#include <string.h>

#include "checker/workload/simulation.h"
#include "common/cleanup.h"
#include "common/escape.h"
#include "tests/unit/checker/workload/acls.h"
#include "tests/unit/checker/workload/parsed.h"
#include "tests/unit/message.h"
#include "tests/unit/unit.h"

#define SET_DEFAULT(path, acl) "setxattr " path " system.posix_acl_default " acl "\n"
#define SET_ACCESS(path, acl) "setxattr " path " system.posix_acl_access " acl "\n"

/* EXPECTED is the ACL NAME of INODE as a workload writes it, NULL for none. */
static void
assert_acl (const char *text, const struct sim_inode *inode, const char *name, const char *expected)
{
  const struct sim_xattr *xattr = sim_xattr_find (inode, name);
  CLEANUP_FREE char *value = strdup (expected ? expected : "");

  ck_assert_msg ((xattr != NULL) == (expected != NULL), "%s: %s is %sthere", text, name, xattr ? "" : "not ");
  ck_assert (unescape_word (value) >= 0);
  ck_assert_msg (xattr == NULL || memcmp (xattr->value, value, xattr->length) == 0, "%s: %s is another", text, name);
}

static const struct {
  const char *text, *path;
  int mode;
  const char *access, *preset;
} cases[] = {
  /* The middle of the mode is the mask, and a chmod changes the mask alone. */
  { "creat a\n" SET_ACCESS ("a", ACL ("7", "4", "5", "1")), "a", 0751, ACL ("7", "4", "5", "1"), NULL },
  { "creat a\nchmod a 4640\n" SET_ACCESS ("a", ACL ("7", "4", "5", "1")), "a", 04751, ACL ("7", "4", "5", "1"), NULL },
  { "creat a\n" SET_ACCESS ("a", ACL ("7", "4", "5", "1")) "chmod a 1624\n", "a", 01624, ACL ("6", "4", "2", "4"),
    NULL },
  { "creat a\n" SET_ACCESS ("a", ACL ("7", "4", "5", "1")) "removexattr a system.posix_acl_access\n", "a", 0751, NULL,
    NULL },
  { "creat a\n" SET_ACCESS ("a", ACL ("7", "4", "5", "1")) SET_ACCESS ("a", ACL_VERSION), "a", 0751, NULL, NULL },
  { "creat a\nremovexattr a system.posix_acl_access\n", "a", -1, NULL, NULL },
  /* What says no more than a mode is one. */
  { "creat a\n" SET_ACCESS ("a", ACL_MODE ("7", "2", "0")), "a", 0720, NULL, NULL },
  { "creat a\n" SET_ACCESS ("a", ACL ("7", "4", "5", "1")) SET_ACCESS ("a", ACL_MODE ("7", "2", "0")), "a", 0720, NULL,
    NULL },
  { "mkdir d\n" SET_DEFAULT ("d", ACL_MODE ("7", "2", "0")), "d", -1, NULL, ACL_MODE ("7", "2", "0") },
  { "creat a\n" SET_ACCESS ("a", ACL_VERSION ACL_OWNER ("6") ACL_OWNERS ("4") ACL_MASKED ("6") ACL_OTHERS ("0")), "a",
    0660, ACL_VERSION ACL_OWNER ("6") ACL_OWNERS ("4") ACL_MASKED ("6") ACL_OTHERS ("0"), NULL },
  /* Nobody is named where nobody can be. */
  { "creat a\n" SET_ACCESS ("a", ACL_VERSION "%01%00%06%00%07%00%00%00" ACL_USERS ("4") ACL_OWNERS ("4")
                            ACL_MASKED ("4") ACL_OTHERS ("0")), "a", 0640, ACL ("6", "4", "4", "0"), NULL },
  /* A default ACL is inherited, less what the mode does not have; a folder has it whole besides. */
  { "mkdir d\n" SET_DEFAULT ("d", ACL ("7", "7", "7", "5")) "creat d/a\n", "d/a", 0644, ACL ("6", "7", "4", "4"),
    NULL },
  { "mkdir d\n" SET_DEFAULT ("d", ACL ("7", "7", "7", "7")) "mkdir d/a\n", "d/a", 0755, ACL ("7", "7", "5", "5"),
    ACL ("7", "7", "7", "7") },
  { "mkdir d\nchmod d 2700\n" SET_DEFAULT ("d", ACL_MODE ("5", "3", "0")) "mkdir d/a\n", "d/a", 02510, NULL,
    ACL_MODE ("5", "3", "0") },
  { "mkdir d\n" SET_DEFAULT ("d", ACL_MODE ("4", "3", "0")) "write d/a 0 1\n", "d/a", 0400, NULL, NULL },
  { "mkdir d\n" SET_DEFAULT ("d", ACL ("7", "7", "2", "0")) "mkfifo d/a\n", "d/a", 0600, ACL ("6", "7", "0", "0"),
    NULL },
  { "mkdir d\n" SET_DEFAULT ("d", ACL ("7", "7", "2", "0")) "symlink x d/a\n", "d/a", -1, NULL, NULL },
  { SET_DEFAULT (".", ACL ("7", "7", "2", "0")) "tmpfile t\n", "t", 0600, ACL ("6", "7", "0", "0"), NULL },
  { "creat b\nmkdir d\n" SET_DEFAULT ("d", ACL ("7", "7", "2", "0")) "reflink b d/a\n", "d/a", 0600,
    ACL ("6", "7", "0", "0"), NULL },
  { "mkdir d\n" SET_DEFAULT ("d", ACL ("7", "7", "2", "0")) "creat a\nrename a d/a\n", "d/a", -1, NULL, NULL },
};

START_TEST (acls_and_modes_follow_one_another)
{
  const char *text = cases[_i].text;
  struct workload workload = parse_well (text);
  struct simulation simulation;

  ck_assert_int_eq (simulation_begin (&simulation, &workload), 0);
  for (size_t i = 0; i < workload.count; i++)
    ck_assert_msg (simulation_do (&simulation, i) == 0, "%s: %s", text, message);
  const struct sim_inode *inode = simulation_find (&simulation, cases[_i].path);
  ck_assert_msg (inode->mode == cases[_i].mode, "%s: mode %o", text, (unsigned) inode->mode);
  assert_acl (text, inode, "system.posix_acl_access", cases[_i].access);
  assert_acl (text, inode, "system.posix_acl_default", cases[_i].preset);
  simulation_free (&simulation);
  workload_free (&workload);
}
END_TEST

START_TEST (an_operation_tells_what_it_changed)
{
  struct workload workload = parse_well ("creat a\n" SET_ACCESS ("a", ACL ("6", "4", "4", "4")) "chmod a 600\n"
                                         SET_ACCESS ("a", ACL ("6", "4", "0", "0")) "creat b\nchmod b 600\n");
  static const struct {
    bool xattrs, mode;
  } expected[] = { { false, false }, { true, true }, { true, true }, { true, false }, { false, false },
                   { false, true } };
  struct simulation simulation;

  ck_assert_int_eq (simulation_begin (&simulation, &workload), 0);
  for (size_t i = 0; i < workload.count; i++) {
    ck_assert_int_eq (simulation_do (&simulation, i), 0);
    ck_assert_msg ((simulation.effect.xattrs != NULL) == expected[i].xattrs, "operation %zu", i);
    ck_assert_msg ((simulation.effect.mode != NULL) == expected[i].mode, "operation %zu", i);
  }
  simulation_free (&simulation);
  workload_free (&workload);
}
END_TEST

START_TEST (what_the_kernel_does_not_take_is_refused)
{
  static const struct {
    const char *text, *expected;
  } bad[] = {
    { SET_ACCESS (".", "%02%00"), "is no ACL: it is too short" },
    { SET_ACCESS (".", "%01%00%00%00"), "is no ACL: it does not begin with version 2" },
    { SET_ACCESS (".", ACL_VERSION "%01%00"), "is no ACL: its last entry is not whole" },
    { SET_ACCESS (".", ACL_VERSION ACL_OWNER ("8") ACL_OWNERS ("4") ACL_OTHERS ("0")),
      "is no ACL: an entry has other permissions" },
    { SET_ACCESS (".", ACL_VERSION ACL_OWNER ("6") "%02%00%06%00%ff%ff%ff%ff" ACL_OWNERS ("4") ACL_MASKED ("6")
                  ACL_OTHERS ("0")), "is no ACL: an entry has other permissions" },
    { SET_ACCESS (".", ACL_VERSION ACL_OWNER ("6") ACL_USERS ("4") ACL_OWNERS ("4") ACL_OTHERS ("0")),
      "is no ACL: give owner" },
    { SET_ACCESS (".", ACL_VERSION ACL_OWNERS ("6") ACL_OWNER ("4") ACL_OTHERS ("0")), "is no ACL: give owner" },
    { SET_ACCESS (".", ACL_VERSION ACL_OWNER ("6") ACL_OWNERS ("4")), "is no ACL: give owner" },
    { SET_ACCESS (".", ACL_VERSION ACL_OWNER ("6") ACL_OWNERS ("4") ACL_OTHERS ("0") ACL_OTHERS ("0")),
      "is no ACL: give owner" },
    { "creat a\n" SET_DEFAULT ("a", ACL ("6", "4", "4", "0")), "only a folder has a default ACL" },
  };

  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    struct workload workload = parse_well (bad[i].text);

    forget_messages ();
    ck_assert_msg (simulation_check (&workload) == -1, "accepted: %s", bad[i].text);
    ck_assert_msg (strstr (message, bad[i].expected), "%s: %s", bad[i].text, message);
    workload_free (&workload);
  }
}
END_TEST

UNIT_TEST_MAIN ("acl",
                LOOP_OVER (acls_and_modes_follow_one_another, cases),
                an_operation_tells_what_it_changed,
                what_the_kernel_does_not_take_is_refused)
