/* SPDX-License-Identifier: BSD-3-Clause */
/* Located trees: what a run saw that did not read the data of files, but said where they are
 * (checker/observe/layout.h), together with what it wrote there.  What the files hold in any state that the run stands
 * for is known without it.
 */
#ifndef POWERCUT_REPLAY_LOCATED_H
#define POWERCUT_REPLAY_LOCATED_H

#include <pthread.h>

#include "checker/observe/content.h"
#include "checker/observe/layout.h"
#include "log/crash-state.h"
#include "replay/search/data-groups.h"

#define LOCATED_DEVICE 0        /* has all data that are located */

struct located_file {
  char *path;                   /* as it is written */
  uint64_t size_bytes;
  struct file_layout layout;
  size_t word, word_length;     /* where its CONTENT is in the text */
};

struct located {
  char digest[TREE_DIGEST_LENGTH + 1];  /* of all that follows */
  char text_digest[TREE_DIGEST_LENGTH + 1];
  char *text;
  struct located_file *files;
  size_t file_count;
  struct written_sector {
    uint64_t sector;
    char bytes[LOG_SECTOR];
  } *written;                   /* of the files' sectors those that the run wrote, sorted */
  size_t written_count;
};

/* Parse TEXT, which an agent gave and which is taken over, also when this fails; the device has DEVICE_BYTES.  NULL
 * after a message.  Free with located_free.
 */
extern struct located *located_new (char *text, const char *text_digest, uint64_t device_bytes);
extern void located_free (struct located *located);

/* Note that the run wrote a sector of the files, with its BYTES, after all that come before it.  Returns 0, or -1 with
 * errno ENOMEM.
 */
extern int located_add_written (struct located *located, uint64_t sector, const char *bytes);

/* Whether a file has SECTOR of the device. */
extern bool located_has_sector (const struct located *located, uint64_t sector);

/* Give it its digest, when all that was written is noted. */
extern void located_seal (struct located *located);

/* What the run wrote at SECTOR, or NULL. */
extern const char *located_written (const struct located *located, uint64_t sector);

/* Read the data of FILE in the selected STATE, deciding what has to be, into BYTES, whole sectors. */
extern void located_read (const struct located *located, const struct located_file *file, struct crash_state *state,
                          char *bytes);

/* The sectors of FILE, as many as its layout has, without what they should hold; to free, NULL if out of memory. */
extern struct data_sector *located_sectors (const struct located *located, const struct located_file *file);

/* The word for what FILE with the data BYTES holds, to free; NULL with errno ENOMEM. */
extern char *located_word (const struct located_file *file, const char *bytes);

/* What a file holds, as it is told in an observation. */
struct located_words {
  char *content;
  char *sectors;                /* a line about its sectors, or NULL */
};

/* The words for what FILE with the data BYTES holds, with a line about its SECTORS or without.  Returns 0, or -1 with
 * errno ENOMEM.  Free with located_words_free in any case.
 */
extern int located_words_make (const struct located_file *file, const char *bytes, bool sectors,
                               struct located_words *words);
extern void located_words_free (struct located_words *words);

/* The text with each file's words of WORDS: in the place of its layout, and in its order after all other lines.  To
 * free; NULL with errno ENOMEM.
 */
extern char *located_text (const struct located *located, const struct located_words *words);

/* All that were seen, by their digests.  Begin with all zeros and an initialised lock. */
struct located_trees {
  pthread_mutex_t lock;
  struct located **list;
  size_t count;
};

/* The tree with this DIGEST, or NULL; it is valid until located_trees_free. */
extern const struct located *located_trees_find (struct located_trees *trees, const char *digest);

/* A copy of the text with this TEXT_DIGEST, to free, or NULL if there is none. */
extern char *located_trees_text (struct located_trees *trees, const char *text_digest);

/* Keep LOCATED, which is taken over, or free it if there is one like it.  Returns what is kept; NULL with errno ENOMEM.
 */
extern const struct located *located_trees_add (struct located_trees *trees, struct located *located);
extern void located_trees_free (struct located_trees *trees);

#endif
