/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checker/workload/generate.h"
#include "checker/workload/simulation.h"
#include "common/cleanup.h"
#include "common/message.h"

/* Paths, by which everything here is named. */
enum path { FOO, BAR, A_FOO, A_BAR, FOLDER_A, FOLDER_B, ROOT, B_FOO, B_BAR, PATH_COUNT, NO_PATH = PATH_COUNT };
#define FILE_COUNT 4            /* the first of them are files that an operation may be about */

static const char *const path_names[] = { "foo", "bar", "A/foo", "A/bar", "A", "B", ".", "B/foo", "B/bar" };
static const enum path folders[] = { ROOT, ROOT, FOLDER_A, FOLDER_A, ROOT, ROOT, ROOT, FOLDER_B, FOLDER_B };
static const enum path siblings[] = { BAR, FOO, A_BAR, A_FOO, FOLDER_B, FOLDER_A, ROOT, B_BAR, B_FOO };

/* What the two names in the root, and those in a folder, become when they are exchanged: each or both. */
static const enum path images[][PATH_COUNT] = {
  { BAR, FOO, A_FOO, A_BAR, FOLDER_A, FOLDER_B, ROOT, B_FOO, B_BAR },
  { FOO, BAR, A_BAR, A_FOO, FOLDER_A, FOLDER_B, ROOT, B_BAR, B_FOO },
  { BAR, FOO, A_BAR, A_FOO, FOLDER_A, FOLDER_B, ROOT, B_BAR, B_FOO },
};
#define IMAGE_COUNT (sizeof images / sizeof images[0])

#define FILE_SIZE "16K"         /* what the setup gives a file */

/* What an operation is about. */
enum about { ONE_FILE, TWO_FILES, FOLDER, TWO_FOLDERS, EITHER };

/* What there must be before. */
enum need {
  NEED_FIRST = 1, NEED_SECOND = 2,
  NO_FIRST = 4, NO_SECOND = 8,
  NEED_XATTR = 16,
  UNORDERED = 32,               /* the two may be exchanged, and it is the same */
};

static const struct form {
  const char *verb, *tail;
  enum about about;
  unsigned needs;
} forms[] = {
  { "creat", "", ONE_FILE, NO_FIRST },
  { "mkdir", "", FOLDER, NO_FIRST },
  { "write", " 0 8K", ONE_FILE, NO_FIRST },
  { "write", " 16K 4K", ONE_FILE, NEED_FIRST },
  { "write", " 1000 5000", ONE_FILE, NEED_FIRST },
  { "write", " 13000 8K", ONE_FILE, NEED_FIRST },
  { "dwrite", " 16K 4K", ONE_FILE, NEED_FIRST },
  { "dwrite", " 8K 4K", ONE_FILE, NEED_FIRST },
  { "mmapwrite", " 12K 4K", ONE_FILE, NEED_FIRST },
  { "mmapwrite", " 1000 5000", ONE_FILE, NEED_FIRST },
  { "falloc", " alloc 16K 4K", ONE_FILE, NEED_FIRST },
  { "falloc", " alloc 13000 8K", ONE_FILE, NEED_FIRST },
  { "falloc", " keep 16K 4K", ONE_FILE, NEED_FIRST },
  { "falloc", " keep 13000 8K", ONE_FILE, NEED_FIRST },
  { "falloc", " zero 16K 4K", ONE_FILE, NEED_FIRST },
  { "falloc", " zero 1000 5000", ONE_FILE, NEED_FIRST },
  { "falloc", " zero 13000 8K", ONE_FILE, NEED_FIRST },
  { "falloc", " zero+keep 16K 4K", ONE_FILE, NEED_FIRST },
  { "falloc", " zero+keep 1000 5000", ONE_FILE, NEED_FIRST },
  { "falloc", " zero+keep 13000 8K", ONE_FILE, NEED_FIRST },
  { "falloc", " punch 0 4K", ONE_FILE, NEED_FIRST },
  { "falloc", " punch 1000 5000", ONE_FILE, NEED_FIRST },
  { "falloc", " punch 13000 8K", ONE_FILE, NEED_FIRST },
  { "truncate", " 8K", ONE_FILE, NEED_FIRST },
  { "truncate", " 5000", ONE_FILE, NEED_FIRST },
  { "truncate", " 20000", ONE_FILE, NEED_FIRST },
  { "link", "", TWO_FILES, NEED_FIRST | NO_SECOND },
  { "symlink", "", TWO_FILES, NO_SECOND },
  { "rename", "", TWO_FILES, NEED_FIRST | NO_SECOND },
  { "rename", "", TWO_FILES, NEED_FIRST | NEED_SECOND },
  { "rename", "", TWO_FOLDERS, NEED_FIRST | NO_SECOND },
  { "rename", "", TWO_FOLDERS, NEED_FIRST | NEED_SECOND },
  { "exchange", "", TWO_FILES, NEED_FIRST | NEED_SECOND | UNORDERED },
  { "unlink", "", ONE_FILE, NEED_FIRST },
  { "rmdir", "", FOLDER, NEED_FIRST },
  { "setxattr", " user.a new", EITHER, NEED_FIRST },
  { "removexattr", " user.a", EITHER, NEED_FIRST | NEED_XATTR },
};
#define FORM_COUNT (sizeof forms / sizeof forms[0])

static const struct {
  const char *name, *verbs[8];
} groups[] = {
  { "data", { "write", "dwrite", "mmapwrite", "falloc", "truncate" } },
  { "names", { "creat", "mkdir", "link", "symlink", "rename", "exchange", "unlink", "rmdir" } },
  { "xattrs", { "setxattr", "removexattr" } },
};

/* A line of the update.  Of a persistence operation VERB is what it is called, and of sync FIRST is NO_PATH. */
struct step {
  const struct form *form;      /* NULL: a persistence operation */
  const char *verb;
  enum path first, second;      /* NO_PATH: there is none */
};

/* What the setup has made. */
struct setup {
  bool made[PATH_COUNT], xattr[PATH_COUNT];
};

struct generator {
  const struct gen_bounds *bounds;
  bool wanted[FORM_COUNT];
  gen_visit *visit;
  void *context;
  uint64_t number;
  struct step steps[2 * GEN_OPERATIONS_MAX];
  size_t step_count;
};

/* Want the operations that NAME, a word of LENGTH bytes, stands for; false if there are none. */
static bool
want (struct generator *generator, const char *name, size_t length)
{
  bool found = false;

  for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++)
    for (size_t j = 0; strlen (groups[i].name) == length && memcmp (groups[i].name, name, length) == 0
         && j < 8 && groups[i].verbs[j]; j++)
      found |= want (generator, groups[i].verbs[j], strlen (groups[i].verbs[j]));
  for (size_t i = 0; i < FORM_COUNT; i++)
    if (strlen (forms[i].verb) == length && memcmp (forms[i].verb, name, length) == 0)
      found = generator->wanted[i] = true;
  return found;
}

static int
read_set (struct generator *generator)
{
  const char *at = generator->bounds->set;

  for (;; at++) {
    size_t length = strcspn (at, ",");

    if (!want (generator, at, length)) {
      error_message ("--set=%s: %.*s is none of data, names, xattrs or one of the operations in them: see powercut gen --help",
                     generator->bounds->set, (int) length, at);
      return -1;
    }
    at += length;
    if (*at == '\0')
      return 0;
  }
}

/* Print a step; IMAGE says what its paths become, NULL: they stay. */
static void
print_step (FILE *file, const struct step *step, const enum path *image)
{
  enum path first = step->first, second = step->second;

  if (image) {
    first = first == NO_PATH ? first : image[first];
    second = second == NO_PATH ? second : image[second];
  }
  if (step->form && step->form->needs & UNORDERED && second < first) {
    enum path other = first;

    first = second;
    second = other;
  }
  fputs (step->form ? step->form->verb : step->verb, file);
  if (first != NO_PATH)
    fprintf (file, " %s", path_names[first]);
  if (second != NO_PATH)
    fprintf (file, " %s", path_names[second]);
  fprintf (file, "%s\n", step->form ? step->form->tail : "");
}

/* The first COUNT steps as text, to free; NULL if out of memory. */
static char *
steps_text (const struct generator *generator, size_t count, const enum path *image)
{
  char *text = NULL;
  size_t length;
  FILE *file = open_memstream (&text, &length);

  if (file == NULL)
    return NULL;
  for (size_t i = 0; i < count; i++)
    print_step (file, &generator->steps[i], image);
  if (fclose (file) == 0)
    return text;
  free (text);
  return NULL;
}

static void
print_setup (FILE *file, const struct setup *setup)
{
  static const enum path order[] = { FOLDER_A, FOLDER_B, FOO, BAR, A_FOO, A_BAR, B_FOO, B_BAR };
  bool any = false;

  for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
    const char *name = path_names[order[i]];

    if (!setup->made[order[i]])
      continue;
    any = true;
    if (order[i] == FOLDER_A || order[i] == FOLDER_B)
      fprintf (file, "mkdir %s\n", name);
    else
      fprintf (file, "write %s 0 " FILE_SIZE "\n", name);
    if (setup->xattr[order[i]])
      fprintf (file, "setxattr %s user.a old\n", name);
  }
  if (any)
    fputs ("begin\n", file);
}

/* The whole workload of the first COUNT steps, to free; NULL if out of memory. */
static char *
workload_text (const struct generator *generator, size_t count, const struct setup *setup)
{
  CLEANUP_FREE char *steps = steps_text (generator, count, NULL);
  char *text = NULL;
  size_t length;
  FILE *file = steps ? open_memstream (&text, &length) : NULL;

  if (file == NULL)
    return NULL;
  putc ('#', file);
  for (const char *at = steps; *at; at += strcspn (at, "\n") + 1)
    fprintf (file, "%s %.*s", at == steps ? "" : ";", (int) strcspn (at, "\n"), at);
  putc ('\n', file);
  print_setup (file, setup);
  fputs (steps, file);
  if (fclose (file) == 0)
    return text;
  free (text);
  return NULL;
}

/* How a try went. */
enum outcome { GOOD, MORE_SETUP, IMPOSSIBLE, FAILED };

/* Have the setup make PATH and the folder that it is in. */
static enum outcome
make (struct setup *setup, enum path path)
{
  if (path == ROOT || setup->made[path])
    return IMPOSSIBLE;          /* it was there and is not any more */
  setup->made[path] = true;
  if (folders[path] != ROOT)
    setup->made[folders[path]] = true;
  return MORE_SETUP;
}

/* Whether there is what STEP needs, and nothing that it must not find; if something is missing, it goes into SETUP. */
static enum outcome
check_needs (const struct simulation *simulation, const struct step *step, struct setup *setup)
{
  unsigned needs = step->form ? step->form->needs : step->first != NO_PATH ? NEED_FIRST : 0;
  const struct {
    unsigned must, must_not;
    enum path path;
  } both[] = { { NEED_FIRST, NO_FIRST, step->first }, { NEED_SECOND, NO_SECOND, step->second } };

  for (size_t i = 0; i < 2; i++) {
    if (both[i].path == NO_PATH)
      continue;
    const struct sim_inode *inode = simulation_find (simulation, path_names[both[i].path]);

    if (needs & both[i].must && inode == NULL)
      return make (setup, both[i].path);
    if (needs & both[i].must_not && inode)
      return IMPOSSIBLE;
    if (inode == NULL && folders[both[i].path] != ROOT
        && simulation_find (simulation, path_names[folders[both[i].path]]) == NULL)
      return make (setup, folders[both[i].path]);
    if (inode && needs & NEED_XATTR && inode->xattr_count == 0) {
      if (!setup->made[both[i].path] || setup->xattr[both[i].path])
        return IMPOSSIBLE;
      setup->xattr[both[i].path] = true;
      return MORE_SETUP;
    }
  }
  return GOOD;
}

/* Try the first COUNT steps after SETUP, to which what is missing is added. */
static enum outcome
try_steps (const struct generator *generator, size_t count, struct setup *setup)
{
  CLEANUP_FREE char *text = workload_text (generator, count, setup);
  struct workload workload;
  struct simulation simulation = { .inode_count = 0 };
  enum outcome outcome = FAILED;

  if (text && workload_parse (text, "gen", &workload) == 0) {
    outcome = simulation_begin (&simulation, &workload) == 0 ? GOOD : FAILED;
    simulation.quiet = true;
    for (size_t i = 0; i < workload.count && outcome == GOOD; i++) {
      if (i >= workload.setup_count)
        outcome = check_needs (&simulation, &generator->steps[i - workload.setup_count], setup);
      if (outcome == GOOD && simulation_do (&simulation, i) == -1)
        outcome = IMPOSSIBLE;
    }
    simulation_free (&simulation);
    workload_free (&workload);
  }
  else if (text == NULL)
    out_of_memory ();
  return outcome;
}

/* What the setup must make for the first COUNT steps. */
static enum outcome
find_setup (const struct generator *generator, size_t count, struct setup *setup)
{
  enum outcome outcome;

  *setup = (struct setup) { .made = { false } };
  do
    outcome = try_steps (generator, count, setup);
  while (outcome == MORE_SETUP);
  return outcome;
}

/* Whether no image of the steps comes before them. */
static enum outcome
is_first_of_images (const struct generator *generator)
{
  CLEANUP_FREE char *text = steps_text (generator, generator->step_count, NULL);
  enum outcome outcome = text ? GOOD : FAILED;

  for (size_t i = 0; i < IMAGE_COUNT && outcome == GOOD; i++) {
    CLEANUP_FREE char *image = steps_text (generator, generator->step_count, images[i]);

    outcome = image == NULL ? FAILED : strcmp (image, text) < 0 ? IMPOSSIBLE : GOOD;
  }
  return outcome;
}

/* The steps are complete. */
static int
visit_workload (struct generator *generator)
{
  struct setup setup;
  enum outcome outcome = is_first_of_images (generator);

  if (outcome == GOOD)
    outcome = find_setup (generator, generator->step_count, &setup);
  if (outcome == IMPOSSIBLE)
    return 0;
  CLEANUP_FREE char *text = outcome == GOOD ? workload_text (generator, generator->step_count, &setup) : NULL;
  return text ? generator->visit (generator->context, ++generator->number, text) : out_of_memory ();
}

static int add_operations (struct generator *generator);

static int
add_step (struct generator *generator, struct step step)
{
  struct setup setup;

  generator->steps[generator->step_count++] = step;
  switch (find_setup (generator, generator->step_count, &setup)) {
  case GOOD: return 1;
  case FAILED: return -1;
  default:
    generator->step_count--;
    return 0;
  }
}

static size_t
count_operations (const struct generator *generator)
{
  size_t count = 0;

  for (size_t i = 0; i < generator->step_count; i++)
    count += generator->steps[i].form != NULL;
  return count;
}

/* Go on behind an operation and its persistence operation. */
static int
go_on (struct generator *generator)
{
  return count_operations (generator) == generator->bounds->operations ? visit_workload (generator) : add_operations (generator);
}

/* With one persistence operation more, if it can be done. */
static int
with_persistence (struct generator *generator, const char *verb, enum path path)
{
  int r = add_step (generator, (struct step) { NULL, verb, path, NO_PATH });

  if (r == 1) {
    r = go_on (generator);
    generator->step_count--;
  }
  return r;
}

/* Which paths have to do with what was done so far. */
static void
find_related (const struct generator *generator, bool related[PATH_COUNT])
{
  for (size_t i = 0; i < generator->step_count; i++) {
    const enum path paths[] = { generator->steps[i].first, generator->steps[i].second };

    for (size_t j = 0; generator->steps[i].form && j < 2; j++)
      if (paths[j] != NO_PATH)
        related[paths[j]] = related[siblings[paths[j]]] = related[folders[paths[j]]] = true;
    if (generator->steps[i].form && generator->steps[i].form->about == TWO_FOLDERS)
      for (enum path path = 0; path < PATH_COUNT; path++)
        related[path] |= folders[path] == generator->steps[i].second;
  }
}

static int
add_persistence (struct generator *generator)
{
  const struct step *last = &generator->steps[generator->step_count - 1];
  const enum path file = last->second == NO_PATH ? last->first : last->second;
  bool related[PATH_COUNT] = { false };
  int r = with_persistence (generator, "sync", NO_PATH);

  find_related (generator, related);
  for (enum path path = 0; path < PATH_COUNT && r == 0; path++)
    if (related[path])
      r = with_persistence (generator, "fsync", path);
  if (r == 0 && file < FILE_COUNT)
    r = with_persistence (generator, "fdatasync", file);
  if (r == 0 && count_operations (generator) < generator->bounds->operations)
    r = go_on (generator);
  return r;
}

static int
add_operation (struct generator *generator, const struct form *form, enum path first, enum path second)
{
  int r = add_step (generator, (struct step) { form, NULL, first, second });

  if (r == 1) {
    r = add_persistence (generator);
    generator->step_count--;
  }
  return r;
}

/* FORM with all paths that it may be about. */
static int
add_form (struct generator *generator, const struct form *form)
{
  const bool folder = form->about == FOLDER || form->about == TWO_FOLDERS;
  const bool two = form->about == TWO_FILES || form->about == TWO_FOLDERS;
  const enum path from = folder ? FOLDER_A : FOO, to = folder ? FOLDER_B : form->about == EITHER ? FOLDER_A : FILE_COUNT - 1;
  int r = 0;

  for (enum path first = from; first <= to && r == 0; first++) {
    if (!two)
      r = add_operation (generator, form, first, NO_PATH);
    for (enum path second = form->needs & UNORDERED ? first : from; two && second <= to && r == 0; second++)
      if (second != first)
        r = add_operation (generator, form, first, second);
  }
  return r;
}

static int
add_operations (struct generator *generator)
{
  int r = 0;

  for (size_t i = 0; i < FORM_COUNT && r == 0; i++)
    if (generator->wanted[i])
      r = add_form (generator, &forms[i]);
  return r;
}

int
gen_all (const struct gen_bounds *bounds, gen_visit *visit, void *context)
{
  struct generator generator = { .bounds = bounds, .visit = visit, .context = context };

  if (read_set (&generator) == -1)
    return -1;
  return add_operations (&generator) == -1 ? -1 : 0;
}
