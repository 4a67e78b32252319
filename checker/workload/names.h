/* SPDX-License-Identifier: BSD-3-Clause */
/* What leads where in a simulation: how its operations find and change it. */
#ifndef POWERCUT_CHECKER_WORKLOAD_NAMES_H
#define POWERCUT_CHECKER_WORKLOAD_NAMES_H

#include "checker/workload/simulation.h"

/* A new inode of TYPE, which has no name yet; NULL after a message. */
extern struct sim_inode *sim_make_inode (struct simulation *simulation, char type);

/* The entry NAME of FOLDER, made if there is none; NULL after a message. */
extern struct sim_entry *sim_make_entry (struct simulation *simulation, struct sim_inode *folder, const char *name);

/* Let ENTRY lead to INODE, which may be NULL; that goes into the effect. */
extern void sim_lead (struct simulation *simulation, struct sim_entry *entry, struct sim_inode *inode);

/* The data of INODE have changed from FROM up to TO; that goes into the effect. */
extern void sim_touch_data (struct simulation *simulation, struct sim_inode *inode, uint64_t from, uint64_t to);

/* The same of what is about to be written from OFFSET up to END, for which INODE becomes large enough. */
extern void sim_touch_range (struct simulation *simulation, struct sim_inode *inode, uint64_t offset, uint64_t end);

/* The folder of PATH, *name being its last component; NULL if there is none. */
extern struct sim_inode *sim_find_folder (const struct simulation *simulation, const char *path, const char **name);

/* The open file that PATH means, `@NAME` or a tmpfile's name; NULL: it means none. */
extern const struct sim_open *sim_find_open (const struct simulation *simulation, const char *path);

#endif
