/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checker/workload/forms.h"
#include "checker/workload/generate.h"
#include "checker/workload/simulation.h"
#include "common/cleanup.h"
#include "common/message.h"
#include "common/text.h"

#define FILE_SIZE "16K"         /* what the setup gives a file */

/* A line of the update.  Of a persistence operation VERB is what it is called, and of sync FIRST is GEN_NO_PATH. */
struct step {
  const struct gen_form *form;  /* NULL: a persistence operation */
  const char *verb;
  enum gen_path first, second;  /* GEN_NO_PATH: there is none */
};

/* What the setup has made. */
struct setup {
  bool made[GEN_PATH_COUNT], xattr[GEN_PATH_COUNT];
};

struct generator {
  const struct gen_bounds *bounds;
  bool wanted[GEN_FORM_COUNT];
  gen_visit *visit;
  void *context;
  uint64_t number;
  struct step steps[2 * GEN_OPERATIONS_MAX];
  size_t step_count;
};

/* Print a step; IMAGE says what its paths become, NULL: they stay. */
static void
print_step (FILE *file, const struct step *step, const enum gen_path *image)
{
  enum gen_path first = step->first, second = step->second;

  if (image) {
    first = first == GEN_NO_PATH ? first : image[first];
    second = second == GEN_NO_PATH ? second : image[second];
  }
  if (step->form && step->form->needs & NEED_NO_ORDER && second < first) {
    enum gen_path other = first;

    first = second;
    second = other;
  }
  fputs (step->form ? step->form->verb : step->verb, file);
  if (first != GEN_NO_PATH)
    fprintf (file, " %s", gen_paths[first].name);
  if (second != GEN_NO_PATH)
    fprintf (file, " %s", gen_paths[second].name);
  fprintf (file, "%s\n", step->form ? step->form->tail : "");
}

/* The first COUNT steps as text, to free; NULL if out of memory. */
static char *
steps_text (const struct generator *generator, size_t count, const enum gen_path *image)
{
  struct text_stream text;

  if (!text_begin (&text))
    return NULL;
  for (size_t i = 0; i < count; i++)
    print_step (text.file, &generator->steps[i], image);
  return text_end (&text);
}

static void
print_setup (FILE *file, const struct setup *setup)
{
  static const enum gen_path order[] = {
    GEN_FOLDER_A, GEN_FOLDER_B, GEN_FOO, GEN_BAR, GEN_A_FOO, GEN_A_BAR, GEN_B_FOO, GEN_B_BAR
  };
  bool any = false;

  for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
    const char *name = gen_paths[order[i]].name;

    if (!setup->made[order[i]])
      continue;
    any = true;
    if (order[i] == GEN_FOLDER_A || order[i] == GEN_FOLDER_B)
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
  struct text_stream text;

  if (steps == NULL || !text_begin (&text))
    return NULL;
  putc ('#', text.file);
  for (const char *at = steps; *at; at += strcspn (at, "\n") + 1)
    fprintf (text.file, "%s %.*s", at == steps ? "" : ";", (int) strcspn (at, "\n"), at);
  putc ('\n', text.file);
  print_setup (text.file, setup);
  fputs (steps, text.file);
  return text_end (&text);
}

/* How a try went. */
enum trial { TRIAL_GOOD, TRIAL_MORE_SETUP, TRIAL_IMPOSSIBLE, TRIAL_FAILED };

/* Have the setup make PATH and the folder that it is in. */
static enum trial
make (struct setup *setup, enum gen_path path)
{
  if (path == GEN_ROOT || setup->made[path])
    return TRIAL_IMPOSSIBLE;          /* it was there and is not any more */
  setup->made[path] = true;
  if (gen_paths[path].folder != GEN_ROOT)
    setup->made[gen_paths[path].folder] = true;
  return TRIAL_MORE_SETUP;
}

/* Whether there is what STEP needs, and nothing that it must not find; if something is missing, it goes into SETUP. */
static enum trial
check_needs (const struct simulation *simulation, const struct step *step, struct setup *setup)
{
  unsigned needs = step->form ? step->form->needs : step->first != GEN_NO_PATH ? NEED_FIRST : 0;
  const struct {
    unsigned must, must_not;
    enum gen_path path;
  } both[] = { { NEED_FIRST, NEED_NO_FIRST, step->first }, { NEED_SECOND, NEED_NO_SECOND, step->second } };

  for (size_t i = 0; i < 2; i++) {
    if (both[i].path == GEN_NO_PATH)
      continue;
    const struct sim_inode *inode = simulation_find (simulation, gen_paths[both[i].path].name);

    if (needs & both[i].must && inode == NULL)
      return make (setup, both[i].path);
    if (needs & both[i].must_not && inode)
      return TRIAL_IMPOSSIBLE;
    if (inode == NULL && gen_paths[both[i].path].folder != GEN_ROOT
        && simulation_find (simulation, gen_paths[gen_paths[both[i].path].folder].name) == NULL)
      return make (setup, gen_paths[both[i].path].folder);
    if (inode && needs & NEED_XATTR && inode->xattr_count == 0) {
      if (!setup->made[both[i].path] || setup->xattr[both[i].path])
        return TRIAL_IMPOSSIBLE;
      setup->xattr[both[i].path] = true;
      return TRIAL_MORE_SETUP;
    }
  }
  return TRIAL_GOOD;
}

/* Try the first COUNT steps after SETUP, to which what is missing is added. */
static enum trial
try_steps (const struct generator *generator, size_t count, struct setup *setup)
{
  CLEANUP_FREE char *text = workload_text (generator, count, setup);
  struct workload workload;
  struct simulation simulation = { .inode_count = 0 };
  enum trial trial = TRIAL_FAILED;

  if (text && workload_parse (text, "gen", &workload) == 0) {
    trial = simulation_begin (&simulation, &workload) == 0 ? TRIAL_GOOD : TRIAL_FAILED;
    simulation.quiet = true;
    for (size_t i = 0; i < workload.count && trial == TRIAL_GOOD; i++) {
      if (i >= workload.setup_count)
        trial = check_needs (&simulation, &generator->steps[i - workload.setup_count], setup);
      if (trial == TRIAL_GOOD && simulation_do (&simulation, i) == -1)
        trial = TRIAL_IMPOSSIBLE;
    }
    simulation_free (&simulation);
    workload_free (&workload);
  }
  else if (text == NULL)
    out_of_memory ();
  return trial;
}

/* What the setup must make for the first COUNT steps. */
static enum trial
find_setup (const struct generator *generator, size_t count, struct setup *setup)
{
  enum trial trial;

  *setup = (struct setup) { .made = { false } };
  do
    trial = try_steps (generator, count, setup);
  while (trial == TRIAL_MORE_SETUP);
  return trial;
}

/* Whether no image of the steps comes before them. */
static enum trial
is_first_of_images (const struct generator *generator)
{
  CLEANUP_FREE char *text = steps_text (generator, generator->step_count, NULL);
  enum trial trial = text ? TRIAL_GOOD : TRIAL_FAILED;

  for (size_t i = 0; i < GEN_IMAGE_COUNT && trial == TRIAL_GOOD; i++) {
    CLEANUP_FREE char *image = steps_text (generator, generator->step_count, gen_images[i]);

    trial = image == NULL ? TRIAL_FAILED : strcmp (image, text) < 0 ? TRIAL_IMPOSSIBLE : TRIAL_GOOD;
  }
  return trial;
}

/* The steps are complete. */
static int
visit_workload (struct generator *generator)
{
  struct setup setup;
  enum trial trial = is_first_of_images (generator);

  if (trial == TRIAL_GOOD)
    trial = find_setup (generator, generator->step_count, &setup);
  if (trial == TRIAL_IMPOSSIBLE)
    return 0;
  CLEANUP_FREE char *text = trial == TRIAL_GOOD ? workload_text (generator, generator->step_count, &setup) : NULL;
  return text ? generator->visit (generator->context, ++generator->number, text) : out_of_memory ();
}

static int add_operations (struct generator *generator);

/* Add STEP if that can be done, let GO_ON do the rest, and take it away again. */
static int
with_step (struct generator *generator, struct step step, int (*go_on) (struct generator *generator))
{
  struct setup setup;
  int r = 0;

  generator->steps[generator->step_count++] = step;
  switch (find_setup (generator, generator->step_count, &setup)) {
  case TRIAL_GOOD: r = go_on (generator); break;
  case TRIAL_FAILED: r = -1; break;
  default: break;
  }
  generator->step_count--;
  return r;
}

static size_t
count_operations (const struct generator *generator)
{
  size_t count = 0;

  for (size_t i = 0; i < generator->step_count; i++)
    count += generator->steps[i].form != NULL;
  return count;
}

/* Go on after an operation and its persistence operation. */
static int
go_on (struct generator *generator)
{
  return count_operations (generator) == generator->bounds->operations ? visit_workload (generator)
    : add_operations (generator);
}

/* With one persistence operation more. */
static int
with_persistence (struct generator *generator, const char *verb, enum gen_path path)
{
  return with_step (generator, (struct step) { NULL, verb, path, GEN_NO_PATH }, go_on);
}

/* Which paths have to do with what was done so far. */
static void
find_related (const struct generator *generator, bool related[GEN_PATH_COUNT])
{
  for (size_t i = 0; i < generator->step_count; i++) {
    const enum gen_path paths[] = { generator->steps[i].first, generator->steps[i].second };

    for (size_t j = 0; generator->steps[i].form && j < 2; j++)
      if (paths[j] != GEN_NO_PATH)
        related[paths[j]] = related[gen_paths[paths[j]].sibling] = related[gen_paths[paths[j]].folder] = true;
    if (generator->steps[i].form && generator->steps[i].form->about == ABOUT_TWO_FOLDERS)
      for (enum gen_path path = 0; path < GEN_PATH_COUNT; path++)
        related[path] |= gen_paths[path].folder == generator->steps[i].second;
  }
}

static int
add_persistence (struct generator *generator)
{
  const struct step *last = &generator->steps[generator->step_count - 1];
  const enum gen_path file = last->second == GEN_NO_PATH ? last->first : last->second;
  bool related[GEN_PATH_COUNT] = { false };
  int r = with_persistence (generator, "sync", GEN_NO_PATH);

  find_related (generator, related);
  for (enum gen_path path = 0; path < GEN_PATH_COUNT && r == 0; path++)
    if (related[path])
      r = with_persistence (generator, "fsync", path);
  if (r == 0 && file < GEN_FILE_COUNT)
    r = with_persistence (generator, "fdatasync", file);
  if (r == 0 && count_operations (generator) < generator->bounds->operations)
    r = go_on (generator);
  return r;
}

static int
add_operation (struct generator *generator, const struct gen_form *form, enum gen_path first, enum gen_path second)
{
  return with_step (generator, (struct step) { form, NULL, first, second }, add_persistence);
}

/* FORM with all paths that it may be about. */
static int
add_form (struct generator *generator, const struct gen_form *form)
{
  const bool folder = form->about == ABOUT_FOLDER || form->about == ABOUT_TWO_FOLDERS;
  const bool two = form->about == ABOUT_TWO_FILES || form->about == ABOUT_TWO_FOLDERS;
  const enum gen_path from = folder ? GEN_FOLDER_A : GEN_FOO;
  const enum gen_path to = folder ? GEN_FOLDER_B : form->about == ABOUT_EITHER ? GEN_FOLDER_A : GEN_FILE_COUNT - 1;
  int r = 0;

  for (enum gen_path first = from; first <= to && r == 0; first++) {
    if (!two)
      r = add_operation (generator, form, first, GEN_NO_PATH);
    for (enum gen_path second = form->needs & NEED_NO_ORDER ? first : from; two && second <= to && r == 0; second++)
      if (second != first)
        r = add_operation (generator, form, first, second);
  }
  return r;
}

static int
add_operations (struct generator *generator)
{
  int r = 0;

  for (size_t i = 0; i < GEN_FORM_COUNT && r == 0; i++)
    if (generator->wanted[i])
      r = add_form (generator, &gen_forms[i]);
  return r;
}

int
gen_all (const struct gen_bounds *bounds, gen_visit *visit, void *context)
{
  struct generator generator = { .bounds = bounds, .visit = visit, .context = context };
  const char *verbs[GEN_FORM_COUNT];

  for (size_t i = 0; i < GEN_FORM_COUNT; i++)
    verbs[i] = gen_forms[i].verb;
  if (gen_want (bounds->set, verbs, GEN_FORM_COUNT, generator.wanted) == -1)
    return -1;
  return add_operations (&generator) == -1 ? -1 : 0;
}
