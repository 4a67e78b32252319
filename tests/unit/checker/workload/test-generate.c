/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "checker/workload/generate.h"
#include "checker/workload/simulation.h"
#include "common/array.h"
#include "tests/unit/unit.h"

struct texts {
  char **list;
  size_t count;
  size_t most;                  /* 0: no limit */
};

static int
keep (void *context, uint64_t number, const char *text)
{
  struct texts *texts = context;

  if (texts->most > 0 && texts->count == texts->most)
    return 1;
  ck_assert_uint_eq (number, texts->count + 1);
  *array_add (texts->list, texts->count) = strdup (text);
  return 0;
}

static struct texts
generate (size_t operations, const char *set, size_t most)
{
  const struct gen_bounds bounds = { operations, set };
  struct texts texts = { .most = most };

  ck_assert_int_eq (gen_all (&bounds, keep, &texts), 0);
  return texts;
}

static void
free_texts (struct texts *texts)
{
  for (size_t i = 0; i < texts->count; i++)
    free (texts->list[i]);
  free (texts->list);
}

static int
compare_texts (const void *left, const void *right)
{
  return strcmp (*(char *const *) left, *(char *const *) right);
}

/* TEXT from its update on, the names in the root or (and) those in the folders exchanged. */
static char *
exchanged (const char *text, bool root, bool folders)
{
  char *copy = strdup (text);

  for (char *at = copy; (at = strpbrk (at, "fb")) != NULL; at++) {
    bool name = (strncmp (at, "foo", 3) == 0 || strncmp (at, "bar", 3) == 0) && at > copy
      && (at[-1] == ' ' || at[-1] == '/');

    if (name && (at[-1] == '/' ? folders : root))
      memcpy (at, *at == 'f' ? "bar" : "foo", 3);
  }
  return copy;
}

/* No two are the same, nor the same but for the names; of these the first in strcmp order is made. */
static void
assert_all_different (const struct texts *texts)
{
  char **sorted = calloc (texts->count, sizeof *sorted);

  memcpy (sorted, texts->list, texts->count * sizeof *sorted);
  qsort (sorted, texts->count, sizeof *sorted, compare_texts);
  for (size_t i = 1; i < texts->count; i++)
    ck_assert_str_ne (sorted[i - 1], sorted[i]);
  for (size_t i = 0; i < texts->count; i++)
    for (int image = 1; image < 4 && !strstr (texts->list[i], "exchange"); image++) {    /* whose names have no order */
      char *other = exchanged (texts->list[i], image & 1, image & 2);

      /* The setup makes its files in one order. */
      char *end = strstr (other, "begin\n"), *own_end = strstr (texts->list[i], "begin\n");
      if (end == NULL && strcmp (other, texts->list[i]) != 0)
        ck_assert_msg (bsearch (&other, sorted, texts->count, sizeof *sorted, compare_texts) == NULL, "%s", other);
      else if (end && own_end)
        ck_assert_int_le (strcmp (own_end, end), 0);
      free (other);
    }
  free (sorted);
}

static void
assert_all_good (const struct texts *texts)
{
  for (size_t i = 0; i < texts->count; i++) {
    struct workload workload;

    ck_assert_msg (workload_parse (texts->list[i], "made", &workload) == 0, "%s", texts->list[i]);
    ck_assert_msg (simulation_check (&workload) == 0, "%s", texts->list[i]);
    ck_assert (workload_is_persistence (&workload.operations[workload.count - 1]));
    workload_free (&workload);
  }
}

static void
assert_has (const struct texts *texts, const char *text)
{
  for (size_t i = 0; i < texts->count; i++)
    if (strcmp (texts->list[i], text) == 0)
      return;
  ck_abort_msg ("not made: %s", text);
}

START_TEST (one_operation)
{
  struct texts texts = generate (1, "data,names,xattrs", 0);

  ck_assert_uint_eq (texts.count, 414);
  assert_all_good (&texts);
  assert_all_different (&texts);
  assert_has (&texts, "# rename A/bar A/foo; fsync A/foo\nmkdir A\nwrite A/bar 0 16K\nbegin\n"
                      "rename A/bar A/foo\nfsync A/foo\n");
  assert_has (&texts, "# creat A/bar; sync\nmkdir A\nbegin\ncreat A/bar\nsync\n");
  assert_has (&texts, "# write bar 0 8K; fdatasync bar\nwrite bar 0 8K\nfdatasync bar\n");
  free_texts (&texts);
}
END_TEST

/* Two links between four files: counted by hand. */
START_TEST (links_are_counted)
{
  struct texts texts = generate (1, "link", 0);

  /* Within the root and within A: sync, 3 fsyncs, 1 fdatasync each.  Across, either way: of two files in two folders,
   * each with its sibling and its folder, 6 fsyncs.
   */
  ck_assert_uint_eq (texts.count, 2 * (1 + 3 + 1) + 2 * (1 + 6 + 1));
  free_texts (&texts);
}
END_TEST

START_TEST (two_operations)
{
  struct texts texts = generate (2, "unlink,creat", 0);

  assert_all_good (&texts);
  assert_all_different (&texts);
  assert_has (&texts, "# creat bar; sync; unlink bar; fsync foo\nwrite foo 0 16K\nbegin\n"
                      "creat bar\nsync\nunlink bar\nfsync foo\n");
  /* None but the last may be without a persistence operation. */
  assert_has (&texts, "# unlink bar; creat bar; fsync bar\nwrite bar 0 16K\nbegin\nunlink bar\ncreat bar\nfsync bar\n");
  for (size_t i = 0; i < texts.count; i++)
    ck_assert_ptr_null (strstr (texts.list[i], "unlink bar\nunlink bar"));
  free_texts (&texts);
}
END_TEST

START_TEST (three_operations)
{
  struct texts texts = generate (3, "rename,mkdir", 300);

  ck_assert_uint_eq (texts.count, 300);
  assert_all_good (&texts);
  free_texts (&texts);
}
END_TEST

struct sought {
  const char *text;
  bool found;
};

static int
seek (void *context, uint64_t number, const char *text)
{
  struct sought *sought = context;

  (void) number;
  sought->found = strcmp (text, sought->text) == 0;
  return sought->found;
}

START_TEST (a_folder_that_is_renamed_takes_its_files_along)
{
  const struct gen_bounds bounds = { 2, "rename,creat" };
  struct sought sought = {
    "# creat A/bar; rename A B; fsync B/bar\nmkdir A\nbegin\ncreat A/bar\nrename A B\nfsync B/bar\n", false
  };

  ck_assert_int_eq (gen_all (&bounds, seek, &sought), 0);
  ck_assert (sought.found);
}
END_TEST

START_TEST (the_set_is_checked)
{
  const struct gen_bounds bounds = { 1, "link,frobnicate" };
  struct texts texts = { .count = 0 };

  ck_assert_int_eq (gen_all (&bounds, keep, &texts), -1);
  ck_assert_uint_eq (texts.count, 0);
}
END_TEST

UNIT_TEST_MAIN ("gen",
                one_operation,
                links_are_counted,
                two_operations,
                three_operations,
                a_folder_that_is_renamed_takes_its_files_along,
                the_set_is_checked)
