/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "checker/workload/forms.h"
#include "checker/workload/random-forms.h"
#include "checker/workload/random.h"
#include "checker/workload/simulation.h"
#include "common/cleanup.h"
#include "common/message.h"
#include "common/text.h"

#define TRIES_MAX 4000          /* before it is believed that nothing more can be done */
#define TRIES_EACH 32           /* of one kind, so that those that can seldom be done are not rare */
#define BLOCK_TRIES_MAX 100     /* before there is no block here */
#define BLOCK_SIDES 8           /* there is one in so many places */
#define BLOCK_WORD "blocks"     /* by which --set names them */

/* The files that may be open: what opens one calls it this, and with the `@` it is a path. */
static const struct open_name {
  char name;
  const char *path;
} open_names[] = { { 't', "@t" }, { 'd', "@d" }, { 'e', "@e" } };
#define OPEN_NAME_COUNT (sizeof open_names / sizeof open_names[0])

struct random_maker {
  uint32_t abilities;           /* of the file system: enum filesystem_ability */
  const char *flags;            /* that chattr can set there */
  uint64_t state;
  bool wanted[RANDOM_FORMS_MAX], blocks;
  char *text;                   /* the workload so far */
  bool open[OPEN_NAME_COUNT];
  const char *path;             /* that was chosen last; or NULL */
  const char *paths[2];         /* of the form that is being filled in; NULL: not yet */
  char flag[3];                 /* the word of one that was chosen last */
};

/* A number below SIDES (SplitMix64: Steele, Lea and Flood, "Fast splittable pseudorandom number generators"). */
static size_t
roll (struct random_maker *maker, size_t sides)
{
  uint64_t z = maker->state += UINT64_C (0x9e3779b97f4a7c15);

  z = (z ^ z >> 30) * UINT64_C (0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C (0x94d049bb133111eb);
  return (size_t) ((z ^ z >> 31) % sides);
}

/* How many texts LIST has up to its end or a NULL. */
static size_t
count_words (const char *const *list, size_t most)
{
  size_t count = 0;

  while (count < most && list[count])
    count++;
  return count;
}

/* How many words of CHOICE there are on the file system, and word NUMBER of them. */
static size_t
count_choices (const struct random_maker *maker, const struct random_words *choice)
{
  const size_t most = maker->abilities & FILESYSTEM_CAN_SUBVOLUMES ? RANDOM_IN_SUBVOLUMES_MAX : 0;

  return count_words (choice->words, RANDOM_WORDS_MAX) + count_words (choice->in_subvolumes, most);
}

static const char *
choice_at (const struct random_words *choice, size_t number)
{
  const size_t count = count_words (choice->words, RANDOM_WORDS_MAX);

  return number < count ? choice->words[number] : choice->in_subvolumes[number - count];
}

/* Whether WORD, which may be NULL, is one of CHOICE. */
static bool
has_word (const struct random_maker *maker, const struct random_words *choice, const char *word)
{
  for (size_t i = 0; word && i < count_choices (maker, choice); i++)
    if (strcmp (choice_at (choice, i), word) == 0)
      return true;
  return false;
}

/* A file that is open, as a path; NULL: none is. */
static const char *
choose_open (struct random_maker *maker)
{
  const char *paths[OPEN_NAME_COUNT];
  size_t count = 0;

  for (size_t i = 0; i < OPEN_NAME_COUNT; i++)
    if (maker->open[i])
      paths[count++] = open_names[i].path;
  return count > 0 ? paths[roll (maker, count)] : NULL;
}

/* A path for LETTER: often the one that was chosen last, or an open file. */
static const char *
choose_path (struct random_maker *maker, char letter)
{
  const struct random_words *choice = random_words_find (letter);

  if (has_word (maker, choice, maker->path) && roll (maker, 2) == 0)
    return maker->path;
  const char *opened = random_letter_may_be_open (letter) && roll (maker, 3) == 0 ? choose_open (maker) : NULL;
  if (opened)
    return opened;
  maker->path = choice_at (choice, roll (maker, count_choices (maker, choice)));
  return maker->path;
}

/* A flag of chattr that is set or taken away. */
static const char *
choose_flag (struct random_maker *maker)
{
  maker->flag[0] = roll (maker, 3) == 0 ? '-' : '+';
  maker->flag[1] = maker->flags[roll (maker, strlen (maker->flags))];
  return maker->flag;
}

static const char *
choose_word (struct random_maker *maker, char letter)
{
  if (letter == '1' || letter == '2')
    return maker->paths[letter - '1'];
  if (letter == 'A')
    return choose_flag (maker);
  if (!random_letter_is_path (letter)) {
    const struct random_words *choice = random_words_find (letter);

    return choice_at (choice, roll (maker, count_choices (maker, choice)));
  }
  const char *path = choose_path (maker, letter);
  maker->paths[maker->paths[0] != NULL] = path;
  return path;
}

/* TEXT with the lines of FORM after it, to free, or NULL after a message. */
static char *
with_form (struct random_maker *maker, const char *text, const struct random_form *form)
{
  struct text_stream stream;

  if (!text_begin (&stream)) {
    out_of_memory ();
    return NULL;
  }
  maker->paths[0] = maker->paths[1] = NULL;
  fputs (text, stream.file);
  for (const char *at = form->text; *at; at++)
    if (*at == '%')
      fputs (choose_word (maker, *++at), stream.file);
    else
      putc (*at, stream.file);
  putc ('\n', stream.file);
  char *made = text_end (&stream);
  if (made == NULL)
    out_of_memory ();
  return made;
}

/* Whether TEXT can be done: 1, 0, or -1 after a message. */
static int
can_be_done (const char *text)
{
  struct workload workload;
  int r = workload_parse (text, "gen", &workload);

  if (r == 0)
    r = simulation_try (&workload);
  workload_free (&workload);
  return r;
}

/* LONGER, the maker's from now on, becomes the text if it can be done.  Returns 1 if so, 0 if not, -1 after a message.
 */
static int
take (struct random_maker *maker, char *longer)
{
  int r = longer ? can_be_done (longer) : -1;

  free (r == 1 ? maker->text : longer);
  maker->text = r == 1 ? longer : maker->text;
  return r;
}

static bool
has_verb (const struct random_form *form, const char *verb)
{
  return strcmp (form->verb, verb) == 0;
}

/* The open file that FORM opens, closes or gives a name to; NULL: it does nothing of that. */
static bool *
open_of (struct random_maker *maker, const struct random_form *form)
{
  if (has_verb (form, "open") || has_verb (form, "close") || has_verb (form, "tmpfile") || has_verb (form, "linktmp"))
    for (size_t i = 0; i < OPEN_NAME_COUNT; i++)
      if (form->text[strlen (form->verb) + 1] == open_names[i].name)
        return &maker->open[i];
  return NULL;
}

/* Whether FORM may come next: the parser knows which files are open before the simulation does, and tells. */
static bool
may_come (struct random_maker *maker, const struct random_form *form)
{
  const bool opens = has_verb (form, "open") || has_verb (form, "tmpfile"), *open = open_of (maker, form);

  return open == NULL || *open != opens;
}

/* Whether FORM can stand in a block of processes. */
static bool
may_be_in_block (struct random_maker *maker, const struct random_form *form)
{
  return !has_verb (form, "remount") && (open_of (maker, form) == NULL || has_verb (form, "linktmp"));
}

/* One of the COUNT forms of LIST, those of WANTED alone if that is not NULL; each has a weight. */
static const struct random_form *
choose_form (struct random_maker *maker, const struct random_form *list, size_t count, const bool *wanted)
{
  size_t sides = 0, i = 0;

  for (size_t j = 0; j < count; j++)
    sides += wanted == NULL || wanted[j] ? list[j].weight : 0;
  for (size_t at = roll (maker, sides);; i++) {
    const size_t weight = wanted == NULL || wanted[i] ? list[i].weight : 0;

    if (at < weight)
      return &list[i];
    at -= weight;
  }
}

static const struct random_form *
choose_persistence (struct random_maker *maker)
{
  return choose_form (maker, random_persistence_forms, random_persistence_form_count, NULL);
}

/* Add FORM.  Returns as take does. */
static int
add_form (struct random_maker *maker, const struct random_form *form)
{
  const char *path = maker->path;
  const int r = take (maker, with_form (maker, maker->text, form));
  bool *open = r == 1 ? open_of (maker, form) : NULL;

  maker->path = r == 1 ? maker->path : path;
  if (open)
    *open = !has_verb (form, "close");
  return r;
}

/* Add one of COUNT forms of LIST, those of WANTED alone if that is not NULL.  Returns as take does. */
static int
add_one (struct random_maker *maker, const struct random_form *list, size_t count, const bool *wanted)
{
  const struct random_form *form = NULL;
  int r = 0;

  for (int tries = 0; tries < TRIES_MAX && r == 0; tries++) {
    form = tries % TRIES_EACH == 0 ? choose_form (maker, list, count, wanted) : form;
    r = may_come (maker, form) ? add_form (maker, form) : 0;
  }
  return r;
}

/* Let *text, which is freed, become itself with FORM, or NULL after a message. */
static void
append_form (struct random_maker *maker, char **text, const struct random_form *form)
{
  char *longer = *text ? with_form (maker, *text, form) : NULL;

  free (*text);
  *text = longer;
}

/* The text with a block of COUNT processes after it, each of which does one operation or none, and perhaps persists;
 * to free, or NULL after a message.
 */
static char *
with_block (struct random_maker *maker, size_t count)
{
  static const struct random_form begins = { "", "{", 0, 0 }, between = { "", "|", 0, 0 }, ends = { "", "}", 0, 0 };
  char *text = with_form (maker, maker->text, &begins);

  for (size_t i = 0; i < count; i++) {
    const struct random_form *form = choose_form (maker, random_forms, random_form_count, maker->wanted);
    const bool changes = (i == 0 || roll (maker, 4) > 0) && may_be_in_block (maker, form) && may_come (maker, form);

    if (i > 0)
      append_form (maker, &text, &between);
    if (changes)
      append_form (maker, &text, form);
    if (!changes || roll (maker, 2) == 0)
      append_form (maker, &text, choose_persistence (maker));
  }
  append_form (maker, &text, &ends);
  return text;
}

/* Add a block of COUNT processes.  Returns as take does. */
static int
add_block (struct random_maker *maker, size_t count)
{
  int r = 0;

  for (int tries = 0; tries < BLOCK_TRIES_MAX && r == 0; tries++)
    r = take (maker, with_block (maker, count));
  return r;
}

/* Add some of the setup.  Returns 0, or -1 after a message. */
static int
add_setup (struct random_maker *maker)
{
  bool any = false;

  for (size_t i = 0; i < random_setup_count; i++) {
    const bool can = (random_setup[i].needs & ~maker->abilities) == 0;
    const int r = can && roll (maker, 2) == 0 ? add_form (maker, &random_setup[i]) : 0;

    if (r == -1)
      return -1;
    any = any || r == 1;
  }
  char *begun = any ? text_format ("%sbegin\n", maker->text) : NULL;
  if (begun) {
    free (maker->text);
    maker->text = begun;
  }
  return any && begun == NULL ? -1 : 0;
}

/* Add one of the LEFT operations that the update may still have, or a block of some.  Returns their number, 0 if no
 * further one can be done, or -1 after a message.
 */
static int
add_some (struct random_maker *maker, size_t left)
{
  if (maker->blocks && left > 1 && roll (maker, BLOCK_SIDES) == 0) {
    const size_t count = left > 2 && roll (maker, 3) == 0 ? 3 : 2;
    const int r = add_block (maker, count);

    if (r != 0)
      return r == 1 ? (int) count : -1;
  }
  return add_one (maker, random_forms, random_form_count, maker->wanted);
}

/* Add COUNT operations, and persistence operations.  Returns 0, or -1 after a message. */
static int
add_update (struct random_maker *maker, size_t count)
{
  for (bool last = false; !last;) {
    const int added = add_some (maker, count);

    if (added == -1)
      return -1;
    count -= (size_t) added;
    last = count == 0 || added == 0;
    if ((last || roll (maker, 2) == 0)
        && add_one (maker, random_persistence_forms, random_persistence_form_count, NULL) == -1)
      return -1;
  }
  return 0;
}

/* Want what SET says of what the file system can do.  Returns as above. */
static int
want (struct random_maker *maker, const char *set)
{
  const char *verbs[RANDOM_FORMS_MAX + 1];
  bool wanted[RANDOM_FORMS_MAX + 1], any = false;

  for (size_t i = 0; i <= random_form_count; i++) {
    verbs[i] = i < random_form_count ? random_forms[i].verb : BLOCK_WORD;
    wanted[i] = set == NULL;
  }
  if (set && gen_want (set, verbs, random_form_count + 1, wanted) == -1)
    return -1;
  for (size_t i = 0; i < random_form_count; i++) {
    maker->wanted[i] = wanted[i] && (random_forms[i].needs & ~maker->abilities) == 0;
    any |= maker->wanted[i];
  }
  maker->blocks = wanted[random_form_count];
  if (!any)
    error_message ("--set=%s: the file system can do none of these", set);
  return any ? 0 : -1;
}

char *
random_workload (const struct random_bounds *bounds, uint64_t number)
{
  const struct filesystem *filesystem = bounds->filesystem;
  struct random_maker maker = {
    .state = bounds->seed, .abilities = filesystem ? filesystem->abilities : FILESYSTEM_CAN_USUALLY,
    .flags = filesystem ? filesystem->flags : FILESYSTEM_FLAGS_USUAL
  };

  maker.state = (uint64_t) roll (&maker, SIZE_MAX) + number;    /* seeds that are near have nothing in common */
  maker.text = text_format ("# random, seed %" PRIu64 ", number %" PRIu64 "\n", bounds->seed, number);
  if (maker.text == NULL)
    return NULL;
  if (want (&maker, bounds->set) == 0 && add_setup (&maker) == 0
      && add_update (&maker, bounds->least + roll (&maker, bounds->most - bounds->least + 1)) == 0)
    return maker.text;
  free (maker.text);
  return NULL;
}
