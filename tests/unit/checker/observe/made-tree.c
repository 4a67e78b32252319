/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "checker/observe/tree.h"
#include "common/cleanup.h"
#include "tests/unit/checker/observe/made-tree.h"
#include "tests/unit/unit.h"

int top = -1;

int
make_top (void)
{
  CLEANUP_FREE char *path = new_path ();

  ck_assert_int_eq (mkdir (path, 0755), 0);
  int fd = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  ck_assert_int_ge (fd, 0);
  return fd;
}

void
tree_setup (void)
{
  umask (022);
  top = make_top ();
}

void
tree_teardown (void)
{
  close (top);
}

void
make_file (int directory, const char *name, const void *data, size_t length)
{
  CLEANUP_CLOSE int fd = openat (directory, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

  ck_assert_int_ge (fd, 0);
  ck_assert_int_eq (write (fd, data, length), length);
}

void
make_folder (int directory, const char *name)
{
  ck_assert_int_eq (mkdirat (directory, name, 0755), 0);
}

int
make_hole (const char *name, off_t size)
{
  make_file (top, name, "", 0);
  int fd = openat (top, name, O_WRONLY | O_CLOEXEC);
  ck_assert_int_ge (fd, 0);
  ck_assert_int_eq (ftruncate (fd, size), 0);
  return fd;
}

char *
observe (void)
{
  char *text = tree_observe (top, NULL, 0);

  ck_assert_ptr_nonnull (text);
  return text;
}

char *
observe_sectors (const char *const *paths, size_t count)
{
  const struct sector_request request = { paths, count };

  return tree_observe_sectors (top, NULL, 0, &request, 0);
}

char *
get_field (const char *text, const char *path, int field)
{
  for (const char *line = text, *end; *line; line = end + 1) {
    CLEANUP_FREE char *copy = NULL;
    char *fields[8], *rest;

    end = strchr (line, '\n');
    ck_assert_ptr_nonnull (end);
    rest = copy = strndup (line, (size_t) (end - line));
    for (int i = 0; i < 8; i++)
      ck_assert_ptr_nonnull (fields[i] = strsep (&rest, " "));
    ck_assert_ptr_null (rest);
    if (strcmp (fields[PATH], path) == 0)
      return strdup (fields[field]);
  }
  return NULL;
}

void
assert_field (const char *text, const char *path, int field, const char *expected)
{
  CLEANUP_FREE char *value = get_field (text, path, field);

  ck_assert_msg (value && strcmp (value, expected) == 0, "%s has %s, not %s, in:\n%s", path, value ? value : "no line",
                 expected, text);
}

void
assert_fields (const char *text, const struct expected_field *fields, size_t count)
{
  for (size_t i = 0; i < count; i++)
    assert_field (text, fields[i].path, fields[i].field, fields[i].expected);
}

void
assert_paths (const char *text, const char *expected)
{
  CLEANUP_FREE char *paths = calloc (strlen (text) + 1, 1);
  CLEANUP_FREE char *copy = strdup (text);
  char *rest = copy, *line, *end = paths;

  while ((line = strsep (&rest, "\n")) != NULL && *line)
    end = stpcpy (stpcpy (end, strrchr (line, ' ') + 1), " ");
  ck_assert_str_eq (paths, expected);
}
