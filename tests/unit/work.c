/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/unit.h"
#include "tests/unit/work.h"

char *work;

void
enter_work (void)
{
  work = new_path ();
  ck_assert_int_eq (mkdir (work, 0700), 0);
  ck_assert_int_eq (chdir (work), 0);
}

void
leave_work (void)
{
  free (work);
}

void
put_file (const char *path, mode_t mode, const void *data, size_t size)
{
  char *copy = strdup (path);

  for (char *slash = strchr (copy + 1, '/'); slash; slash = strchr (slash + 1, '/')) {
    *slash = '\0';
    ck_assert (mkdir (copy, 0755) == 0 || errno == EEXIST);
    *slash = '/';
  }
  free (copy);
  FILE *file = fopen (path, "w");
  ck_assert_ptr_nonnull (file);
  ck_assert_uint_eq (fwrite (data, 1, size, file), size);
  ck_assert_int_eq (fclose (file), 0);
  ck_assert_int_eq (chmod (path, mode), 0);
}

void
put_text (const char *path, mode_t mode, const char *text)
{
  put_file (path, mode, text, strlen (text));
}
