/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "checker/workload/forms.h"
#include "checker/workload/random.h"
#include "checker/workload/simulation.h"
#include "common/cleanup.h"
#include "common/message.h"
#include "common/text.h"

#define TRIES_MAX 4000          /* before it is believed that nothing more can be done */
#define TRIES_EACH 32           /* of one kind, so that those that can seldom be done are not rare */
#define TMPFILE "t"
#define CHOICES_MAX 16

/* An ACL for the owner, user 1000, the group, the mask and others. */
#define ACL(user, mask)                                                                                       \
  "%02%00%00%00%01%00%06%00%ff%ff%ff%ff%02%00%0" user "%00%e8%03%00%00%04%00%04%00%ff%ff%ff%ff%10%00%0" mask \
  "%00%ff%ff%ff%ff%20%00%04%00%ff%ff%ff%ff"

/* What may stand in place of a percent sign and a letter. */
static const struct random_words {
  char letter;
  const char *words[CHOICES_MAX];
} choices[] = {
  { 'f', { "foo", "bar", "A/foo", "A/bar", "B/foo", "A/C/foo" } },      /* what may be a file, or the tmpfile */
  { 'w', { "foo", "bar", "A/foo", "A/bar", "B/foo", "A/C/foo" } },      /* a path of one */
  { 'd', { "A", "B", "A/C" } },                                         /* a directory */
  { 'p', { "foo", "bar", "A/foo", "A/bar", "B/foo", "A/C/foo", "A", "B", "A/C" } },
  { 'r', { "foo", "bar", "A/foo", "A/bar", "B/foo", "A/C/foo", "A", "B", "A/C", "." } },
  { 'o', { "0", "1000", "4K", "8K", "12K", "13000", "16K", "20K" } },   /* an offset, a size */
  { 'l', { "100", "3000", "4K", "5000", "8K", "16K" } },                /* a length */
  { 'b', { "0", "4K", "8K", "12K", "16K" } },                           /* an offset in blocks */
  { 'n', { "4K", "8K" } },                                              /* a length in such blocks */
  { 'k', { "user.a", "user.b", "trusted.a", "security.a" } },
  { 'v', { "1", "2", "three", "4444444444444444444444444444444444444444444444444444444444444444" } },
  { 'm', { "600", "644", "755", "4755", "1777" } },
  { 'u', { "0", "1000", "1001" } },
  { 'a', { ACL ("6", "6"), ACL ("4", "6"), ACL ("6", "4") } },
};

static const struct random_form {
  const char *verb, *rest;
} forms[] = {
  { "creat", " %w" }, { "mkdir", " %d" }, { "mkfifo", " %w" }, { "mknod", " %w c 1 3" }, { "symlink", " %p %w" },
  { "write", " %f %o %l" }, { "write", " %f %o %l" }, { "write", " %f %o %l sync" }, { "write", " %f %o %l dsync" },
  { "dwrite", " %f %b %n" }, { "dwrite", " %f %b %n sync" }, { "dwrite", " %f %b %n dsync" },
  { "append", " %f %l" }, { "append", " %f %l sync" }, { "append", " %f %l dsync" },
  { "mmapwrite", " %f %o %l" }, { "truncate", " %f %o" }, { "truncate", " %f %o" },
  { "falloc", " %f alloc %o %l" }, { "falloc", " %f keep %o %l" }, { "falloc", " %f zero %o %l" },
  { "falloc", " %f zero+keep %o %l" }, { "falloc", " %f punch %o %l" }, { "falloc", " %f collapse %b %n" },
  { "falloc", " %f insert %b %n" }, { "sync_file_range", " %f %o %l" },
  { "link", " %w %w" }, { "link", " %w %w" }, { "unlink", " %w" }, { "unlink", " %w" }, { "rmdir", " %d" },
  { "rename", " %p %p" }, { "rename", " %p %p" }, { "rename", " %p %p noreplace" }, { "rename", " %p %p whiteout" },
  { "exchange", " %p %p" },
  { "tmpfile", " " TMPFILE }, { "linktmp", " " TMPFILE " %w" }, { "linktmp", " " TMPFILE " %w" },
  { "linktmp", " " TMPFILE " %w" }, { "linktmp", " " TMPFILE " %w" },
  { "setxattr", " %r %k %v" }, { "setxattr", " %r %k %v" }, { "removexattr", " %r %k" },
  { "setxattr", " %r system.posix_acl_access %a" }, { "setxattr", " %d system.posix_acl_default %a" },
  { "removexattr", " %r system.posix_acl_access" },
  { "chmod", " %r %m" }, { "chown", " %r %u %u" }, { "utimes", " %r 1000 2000" },
  { "reflink", " %f %w" }, { "dropcaches", "" },
};
#define FORM_COUNT (sizeof forms / sizeof forms[0])

static const struct random_form persistence_forms[] = {
  { "fsync", " %r" }, { "fsync", " %r" }, { "fsync", " %r" }, { "fdatasync", " %f" }, { "msync", " %f %b %n" },
  { "sync", "" }, { "syncfs", "" },
};
#define PERSISTENCE_FORM_COUNT (sizeof persistence_forms / sizeof persistence_forms[0])

/* What the setup may make, in this order. */
static const char *const setup_lines[] = {
  "mkdir A\n", "mkdir B\n", "mkdir A/C\n", "write foo 0 16K\n", "write bar 0 5000\n", "write A/foo 0 16K\n",
  "write B/foo 0 8K\n", "setxattr foo user.a old\n", "link foo A/bar\n", "setxattr A user.b old\n",
};
#define SETUP_LINE_COUNT (sizeof setup_lines / sizeof setup_lines[0])

struct random_maker {
  uint64_t state;
  bool wanted[FORM_COUNT];
  char *text;                   /* the workload so far */
  const char *path;             /* that was chosen last; or NULL */
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

static const struct random_words *
find_choice (char letter)
{
  const struct random_words *choice = choices;

  while (choice->letter != letter)
    choice++;
  return choice;
}

/* Whether WORD, which may be NULL, is one of CHOICE. */
static bool
has_word (const struct random_words *choice, const char *word)
{
  for (size_t i = 0; word && i < CHOICES_MAX && choice->words[i]; i++)
    if (strcmp (choice->words[i], word) == 0)
      return true;
  return false;
}

/* A word for LETTER: where it is a path, often the one that was chosen last, or the tmpfile. */
static const char *
choose_word (struct random_maker *maker, char letter)
{
  const struct random_words *choice = find_choice (letter);
  size_t count = 0;

  if (has_word (choice, maker->path) && roll (maker, 2) == 0)
    return maker->path;
  if (strchr ("fr", letter) && strstr (maker->text, "\ntmpfile ") && roll (maker, 3) == 0)
    return TMPFILE;
  while (count < CHOICES_MAX && choice->words[count])
    count++;
  const char *word = choice->words[roll (maker, count)];
  if (strchr ("fwdpr", letter))
    maker->path = word;
  return word;
}

/* The text so far with a line of FORM after it, to free, or NULL after a message. */
static char *
with_line (struct random_maker *maker, const struct random_form *form)
{
  struct text_stream text;

  if (!text_begin (&text)) {
    out_of_memory ();
    return NULL;
  }
  fprintf (text.file, "%s%s", maker->text, form->verb);
  for (const char *at = form->rest; *at; at++)
    if (*at == '%')
      fputs (choose_word (maker, *++at), text.file);
    else
      putc (*at, text.file);
  putc ('\n', text.file);
  char *made = text_end (&text);
  if (made == NULL)
    out_of_memory ();
  return made;
}

/* Whether TEXT can be done: 1, 0, or -1 after a message. */
static int
can_be_done (const char *text)
{
  struct workload workload;
  struct simulation simulation;
  int r = -1;

  if (workload_parse (text, "gen", &workload) == 0 && simulation_begin (&simulation, &workload) == 0) {
    simulation.quiet = true;
    r = 1;
    for (size_t i = 0; i < workload.count && r == 1; i++)
      r = simulation_do (&simulation, i) == 0;
    simulation_free (&simulation);
  }
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

/* Whether the tmpfile, which the parser knows before the simulation does, allows FORM. */
static bool
tmpfile_allows (const struct random_maker *maker, const struct random_form *form)
{
  bool there = strstr (maker->text, "\ntmpfile ") != NULL;

  return strcmp (form->verb, "tmpfile") == 0 ? !there : strcmp (form->verb, "linktmp") == 0 ? there : true;
}

/* Add one of COUNT of LIST, those of WANTED alone if that is not NULL.  Returns as take does. */
static int
add_one (struct random_maker *maker, const struct random_form *list, size_t count, const bool *wanted)
{
  size_t i = 0;
  int r = 0;

  for (int tries = 0; tries < TRIES_MAX && r == 0; tries++) {
    i = tries % TRIES_EACH == 0 ? roll (maker, count) : i;
    if ((wanted == NULL || wanted[i]) && tmpfile_allows (maker, &list[i])) {
      const char *path = maker->path;

      r = take (maker, with_line (maker, &list[i]));
      maker->path = r == 1 ? maker->path : path;
    }
  }
  return r;
}

/* Add some of the setup.  Returns 0, or -1 after a message. */
static int
add_setup (struct random_maker *maker)
{
  bool any = false;

  for (size_t i = 0; i < SETUP_LINE_COUNT; i++) {
    int r = roll (maker, 2) == 0 ? 0 : take (maker, text_format ("%s%s", maker->text, setup_lines[i]));

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

/* Add COUNT operations, and persistence operations.  Returns as above. */
static int
add_update (struct random_maker *maker, size_t count)
{
  for (size_t i = 1; i <= count; i++) {
    int r = add_one (maker, forms, FORM_COUNT, maker->wanted);

    if (r == -1)
      return -1;
    const bool last = i == count || r == 0;
    if ((last || roll (maker, 2) == 0) && add_one (maker, persistence_forms, PERSISTENCE_FORM_COUNT, NULL) == -1)
      return -1;
    if (last)
      break;
  }
  return 0;
}

/* Want what SET says.  Returns as above. */
static int
want (struct random_maker *maker, const char *set)
{
  const char *verbs[FORM_COUNT];

  for (size_t i = 0; i < FORM_COUNT; i++) {
    verbs[i] = forms[i].verb;
    maker->wanted[i] = set == NULL;
  }
  return set ? gen_want (set, verbs, FORM_COUNT, maker->wanted) : 0;
}

char *
random_workload (const struct random_bounds *bounds, uint64_t number)
{
  struct random_maker maker = { .state = bounds->seed };

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
