/* SPDX-License-Identifier: BSD-3-Clause */
/* What random workloads are made of: the forms of operations, and the words in them. */
#ifndef POWERCUT_CHECKER_WORKLOAD_RANDOM_FORMS_H
#define POWERCUT_CHECKER_WORKLOAD_RANDOM_FORMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A line, or several that are one operation here.  In place of %LETTER stands a word: one of those of struct
 * random_words, %A a flag of chattr that is set or taken away, and %1 and %2 the first and second path of the form.
 */
struct random_form {
  const char *verb;             /* the operation by which --set names it */
  const char *text;
  unsigned weight;              /* how frequent it is, beside the others */
  uint32_t needs;               /* what a file system can do that does it: enum filesystem_ability */
};

#define RANDOM_FORMS_MAX 100
extern const struct random_form random_forms[];
extern const size_t random_form_count;
extern const struct random_form random_persistence_forms[];
extern const size_t random_persistence_form_count;

/* What may stand in place of LETTER. */
#define RANDOM_WORDS_MAX 16
#define RANDOM_IN_SUBVOLUMES_MAX 3
struct random_words {
  char letter;
  const char *words[RANDOM_WORDS_MAX];
  const char *in_subvolumes[RANDOM_IN_SUBVOLUMES_MAX];  /* and these, where there are subvolumes */
};

/* The words of LETTER, which has some. */
extern const struct random_words *random_words_find (char letter);

/* Whether words of LETTER are paths, in place of which an open file may stand. */
extern bool random_letter_is_path (char letter);
extern bool random_letter_may_be_open (char letter);

/* What the setup may make, in this order. */
extern const struct random_form random_setup[];
extern const size_t random_setup_count;

#endif
