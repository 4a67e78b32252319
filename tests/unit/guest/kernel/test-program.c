/* SPDX-License-Identifier: BSD-3-Clause */
/* Kernels that are programs, against this same program: under the name linux it says the release $FAKE_RELEASE. */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "guest/kernel/find.h"
#include "guest/kernel/program.h"
#include "guest/kernel/release.h"
#include "tests/unit/message.h"
#include "tests/unit/put-kernel.h"
#include "tests/unit/unit.h"
#include "tests/unit/work.h"

static char self[4096];

/* Put a program that says RELEASE to PATH. */
static void
put_program (const char *path, const char *release)
{
  put_text (path, 0644, "");    /* makes its directories */
  ck_assert_int_eq (unlink (path), 0);
  ck_assert_int_eq (symlink (self, path), 0);
  setenv ("FAKE_RELEASE", release, 1);
}

/* What SPEC stands for has this RELEASE, and as its modules those in the directory MODULES, or none. */
static void
finds (const char *spec, const char *release, const char *modules)
{
  struct kernel kernel;
  struct stat found, expected;

  ck_assert_msg (kernel_find (spec, &kernel) == 0, "%s", message);
  ck_assert_str_eq (kernel.release, release);
  ck_assert_int_eq (kernel.modules != NULL, modules != NULL);
  if (modules) {
    ck_assert_int_eq (stat (kernel.modules, &found), 0);
    ck_assert_int_eq (stat (modules, &expected), 0);
    ck_assert_uint_eq (found.st_ino, expected.st_ino);
    ck_assert_str_eq (kernel_modules_release (&kernel), strrchr (modules, '/') + 1);
  }
  kernel_free (&kernel);
}

START_TEST (programs_are_told_from_images)
{
  put_image ("image", "6.1.0");
  ck_assert (kernel_is_program (self));
  ck_assert (!kernel_is_program ("image"));
  ck_assert (!kernel_is_program ("."));
  ck_assert (!kernel_is_program ("missing"));
}
END_TEST

START_TEST (a_built_tree_has_a_program_and_perhaps_modules)
{
  put_program ("tree/linux", "6.19.0-rc3+");
  finds ("tree", "6.19.0-rc3+-uml", NULL);
  finds ("tree/linux", "6.19.0-rc3+-uml", NULL);
}
END_TEST

/* A hard link: where a program is, not what leads to it, says where its modules are. */
START_TEST (debians_package_has_its_modules_elsewhere)
{
  put_file ("usr/lib/uml/modules/6.1.176/modules.dep", 0644, "", 0);
  put_program ("elsewhere", "6.1.176");
  ck_assert_int_eq (mkdir ("usr/bin", 0755), 0);
  char command[2 * sizeof self];
  snprintf (command, sizeof command, "cp '%s' usr/bin/linux.uml", self);
  ck_assert_int_eq (system (command), 0);
  finds ("usr/bin/linux.uml", "6.1.176-uml", "usr/lib/uml/modules/6.1.176");
  finds (".", "6.1.176-uml", "usr/lib/uml/modules/6.1.176");
}
END_TEST

/* They are found from where their directory is. */
START_TEST (a_program_is_asked_with_the_libraries_that_came_with_it)
{
  put_text ("new=1/" KERNEL_LIBRARIES "/marker", 0644, "");
  put_program ("new=1/bin/linux", "7.2.7");
  setenv ("FAKE_LIBRARIES", KERNEL_LIBRARIES "/marker", 1);
  finds ("new=1/bin/linux", "7.2.7-uml", NULL);
}
END_TEST

START_TEST (a_program_that_names_no_release_is_refused)
{
  struct kernel kernel;

  put_program ("linux", "$(reboot)");
  ck_assert_int_eq (kernel_find ("linux", &kernel), -1);
  ck_assert_ptr_nonnull (strstr (message, "names no release"));
}
END_TEST

/* Nothing but its name makes a fetched program run: no other version, and no log. */
START_TEST (a_fetched_program_is_taken_only_where_it_is_named)
{
  struct kernel kernel;

  put_program ("powercut/kernels/6.1.176-uml/bin/linux", "");
  put_program ("powercut/kernels/6.12.3-uml/bin/linux", "");
  put_file ("powercut/kernels/6.1.176-uml/lib/modules/6.1.176/modules.dep", 0644, "", 0);
  ck_assert_int_eq (kernel_find ("6.1", &kernel), -1);
  ck_assert_int_eq (kernel_find ("6.1.176", &kernel), -1);
  put_fetched ("6.1.0-10-cloud-amd64");
  finds ("6.1", "6.1.0-10-cloud-amd64", "powercut/kernels/6.1.0-10-cloud-amd64/lib/modules/6.1.0-10-cloud-amd64");
  finds ("uml", "6.12.3-uml", NULL);
  ck_assert_int_eq (kernel_find ("6.2-uml", &kernel), -1);
  ck_assert_int_eq (kernel_find_release ("6.1.176-uml", "log.bin", &kernel), -1);
  ck_assert_ptr_nonnull (strstr (message, "--kernel=6.1.176-uml"));
}
END_TEST

/* Say a release, if the libraries are where the loader was told to look. */
static int
be_program (int argc, char **argv)
{
  const char *libraries = getenv ("FAKE_LIBRARIES"), *path = getenv ("LD_LIBRARY_PATH");

  if (libraries && (path == NULL || strcmp (path, KERNEL_LIBRARIES) != 0 || access (libraries, R_OK) == -1))
    return EXIT_FAILURE;
  return argc == 2 && strcmp (argv[1], "--version") == 0 && puts (getenv ("FAKE_RELEASE")) >= 0 ? 0 : EXIT_FAILURE;
}

int
main (int argc, char **argv)
{
  ssize_t length = readlink ("/proc/self/exe", self, sizeof self - 1);
  const TTest *const tests[] = {
    programs_are_told_from_images, a_built_tree_has_a_program_and_perhaps_modules,
    debians_package_has_its_modules_elsewhere,
    a_program_is_asked_with_the_libraries_that_came_with_it, a_program_that_names_no_release_is_refused,
    a_fetched_program_is_taken_only_where_it_is_named
  };

  if (strncmp (program_invocation_short_name, "linux", strlen ("linux")) == 0)
    return be_program (argc, argv);
  if (length == -1)
    return EXIT_FAILURE;
  self[length] = '\0';
  return run_unit_tests ("kernel-program", use_empty_cache, leave_work, tests, sizeof tests / sizeof *tests);
}
