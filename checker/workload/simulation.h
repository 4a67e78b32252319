/* SPDX-License-Identifier: BSD-3-Clause */
/* A workload done in memory: what a correct file system holds after each operation. */
#ifndef POWERCUT_CHECKER_WORKLOAD_SIMULATION_H
#define POWERCUT_CHECKER_WORKLOAD_SIMULATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xxhash.h>

#include "checker/observe/content.h"
#include "checker/workload/language.h"

/* LENGTH bytes from START are those that operation OPERATION writes at SOURCE.  What is in no extent is zero. */
struct sim_extent {
  uint64_t start, length, source;
  uint32_t operation;
};

struct sim_data {
  uint64_t size;
  struct sim_extent *extents;   /* by start; they do not overlap */
  size_t count;
};

struct sim_xattr {
  char *name, *value;
  size_t length;
};

struct sim_inode {
  uint32_t number;              /* from 0, the root */
  char type;                    /* f d l p, as in checker/observe/tree.h */
  int mode;                     /* what the last chmod has set, or -1: there was none */
  uint32_t name_count;          /* entries that lead here; 0: it is gone, or has no name yet */
  struct sim_data data;
  struct sim_xattr *xattrs;     /* by name */
  size_t xattr_count;
  char *target;                 /* of a link */
  struct sim_entry **entries;   /* of a folder, by name: those that ever were there */
  size_t entry_count;
  struct sim_entry *above;      /* the entry of a folder that leads to it; NULL for the root, and when it is gone */
};

/* A name in a folder.  It stays when the name is removed, and leads nowhere then. */
struct sim_entry {
  uint32_t number;              /* from 0 */
  char *name;
  struct sim_inode *folder, *inode;
};

/* What the last operation changed. */
struct sim_effect {
  struct sim_entry *entries[2]; /* lead elsewhere now */
  struct sim_inode *left[2];    /* where each led before, or NULL */
  size_t entry_count;
  struct sim_inode *data;       /* its data or size; NULL: no file's */
  uint64_t data_from, data_to;  /* the range, or what lies behind: UINT64_MAX */
  struct sim_inode *xattrs;     /* NULL: nobody's */
  struct sim_inode *mode;       /* NULL: nobody's */
};

struct sim_tmpfile {
  const char *name;             /* the workload's */
  struct sim_inode *inode;
  bool named;                   /* it has had a name */
};

struct simulation {
  const struct workload *workload;
  bool quiet;                   /* say nothing of operations that would fail: to be set after simulation_begin */
  struct sim_inode **inodes;
  size_t inode_count;
  struct sim_entry **entries;
  size_t entry_count;
  struct sim_tmpfile *tmpfiles;
  size_t tmpfile_count;
  struct sim_effect effect;
};

/* The state before the first operation: an empty root.  Returns 0, or -1 after a message.  Free in any case. */
extern int simulation_begin (struct simulation *simulation, const struct workload *workload);
extern void simulation_free (struct simulation *simulation);

/* Do operation INDEX of the workload (its number is one more), the next one.  Returns 0, or -1 after a message: it would fail. */
extern int simulation_do (struct simulation *simulation, size_t index);

/* Whether every operation of WORKLOAD can be done: 0, or -1 after a message. */
extern int simulation_check (const struct workload *workload);

/* What the first word of an operation names: an entry's inode, the root, or a tmpfile; NULL if there is none. */
extern struct sim_inode *simulation_find (const struct simulation *simulation, const char *path);

/* The entry of PATH, which may lead nowhere; NULL if there is none, also for the root and a tmpfile. */
extern struct sim_entry *simulation_find_entry (const struct simulation *simulation, const char *path);

/* The path of ENTRY, as long as the folders above it have names, to free; NULL if out of memory. */
extern char *sim_entry_path (const struct sim_entry *entry);

/* A copy of FROM into *to, whose extents are to free.  Returns 0, or -1 with errno ENOMEM. */
extern int sim_data_copy (const struct sim_data *from, struct sim_data *to);

/* The LENGTH bytes of DATA from OFFSET; what is behind its end is zero. */
extern void sim_data_read (const struct sim_data *data, uint64_t offset, uint8_t *bytes, size_t length);

/* The words that an observation has for data and attributes.  HASH is the caller's. */
extern void sim_data_word (const struct sim_data *data, XXH3_state_t *hash, char word[CONTENT_WORD_SIZE]);
extern void sim_xattrs_word (const struct sim_inode *inode, XXH3_state_t *hash, char word[CONTENT_WORD_SIZE]);

#endif
