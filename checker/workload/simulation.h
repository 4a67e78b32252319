/* SPDX-License-Identifier: BSD-3-Clause */
/* A workload done in memory: what a correct file system holds after each operation. */
#ifndef POWERCUT_CHECKER_WORKLOAD_SIMULATION_H
#define POWERCUT_CHECKER_WORKLOAD_SIMULATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "checker/workload/inodes.h"
#include "checker/workload/language.h"

#define SIM_TIMES_MAX 5         /* one file, and two names, each with its folder */

/* What the last operation changed. */
struct sim_effect {
  struct sim_entry *entries[2]; /* lead elsewhere now */
  struct sim_inode *left[2];    /* where each led before, or NULL */
  size_t entry_count;
  struct sim_inode *data;       /* its data or size; NULL: no file's */
  uint64_t data_from, data_to;  /* the range, or all from there: UINT64_MAX */
  struct sim_inode *allocated;  /* what is known of its blocks; NULL: of nobody's */
  bool all_allocated;           /* of all files */
  struct sim_inode *xattrs;     /* NULL: nobody's */
  struct sim_inode *mode;       /* NULL: nobody's */
  struct sim_inode *owner;      /* NULL: nobody's */
  struct sim_inode *facts;      /* its flags or project; NULL: nobody's */
  struct sim_inode *snapshot;   /* the top of one that was made, with all that is in it; NULL: none was */
  struct sim_inode *deleted;    /* that of a subvolume that was deleted; NULL: none was */
  struct sim_inode *times[SIM_TIMES_MAX];       /* their mtime */
  size_t time_count;
};

/* A file that is open. */
struct sim_open {
  const char *name;             /* the workload's */
  struct sim_inode *inode;
  struct sim_entry *entry;      /* by which it was opened; NULL: the root, or it is a tmpfile */
  bool tmpfile;
  bool named;                   /* a tmpfile that has had a name */
};

struct simulation {
  const struct workload *workload;
  bool quiet;                   /* say nothing of operations that would fail: to be set after simulation_begin */
  uint64_t block_bytes;         /* of which the kernel wants multiples where blocks are shared; 0: not known */
  struct sim_inode **inodes;
  size_t inode_count;
  struct sim_entry **entries;
  size_t entry_count;
  struct sim_open *opens;
  size_t open_count;
  bool read_only;               /* it is mounted so, by the workload */
  struct sim_effect effect;
};

/* The state before the first operation: an empty root.  Returns 0, or -1 after a message.  Free in any case. */
extern int simulation_begin (struct simulation *simulation, const struct workload *workload);
extern void simulation_free (struct simulation *simulation);

/* Do operation INDEX of the workload (its number is one more), the next one.  Returns 0, or -1 after a message: it
 * would fail.
 */
extern int simulation_do (struct simulation *simulation, size_t index);

/* Whether every operation of WORKLOAD can be done: 0, or -1 after a message. */
extern int simulation_check (const struct workload *workload);

/* The same without a message, on file systems with blocks of up to SIMULATION_BLOCK_MAX bytes: 1 if it can, 0 if not,
 * -1 after a message that says something else.
 */
#define SIMULATION_BLOCK_MAX 4096
extern int simulation_try (const struct workload *workload);

/* What a word of an operation names: an entry's inode, the root, an open file, or a tmpfile; NULL if there is none. */
extern struct sim_inode *simulation_find (const struct simulation *simulation, const char *path);

/* The entry of PATH, which may lead nowhere, of an open file the one by which it was opened, which may lead elsewhere;
 * NULL if there is none, also for the root and a tmpfile.
 */
extern struct sim_entry *simulation_find_entry (const struct simulation *simulation, const char *path);

#endif
