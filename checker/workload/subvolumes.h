/* SPDX-License-Identifier: BSD-3-Clause */
/* Subvolumes and snapshots of btrfs in a simulation: a subvolume is a folder that is a world of its own, and a snapshot
 * is a new one that holds what another holds at that moment.  Each function returns 0, or -1 after a message.
 */
#ifndef POWERCUT_CHECKER_WORKLOAD_SUBVOLUMES_H
#define POWERCUT_CHECKER_WORKLOAD_SUBVOLUMES_H

#include "checker/workload/simulation.h"

extern int simulate_subvolume (struct simulation *simulation, const struct workload_operation *operation);
extern int simulate_snapshot (struct simulation *simulation, const struct workload_operation *operation);
extern int simulate_delete_subvolume (struct simulation *simulation, const struct workload_operation *operation);

/* OPERATION may change what PATH names in FOLDER, or FOLDER itself; NULL: it changes nothing. */
extern int check_writable (const struct simulation *simulation, const struct workload_operation *operation,
                           const char *path, const struct sim_inode *folder);

/* OPERATION may give what is in FROM a name in TO. */
extern int check_same_subvolume (const struct simulation *simulation, const struct workload_operation *operation,
                                 const struct sim_inode *from, const struct sim_inode *to);

/* OPERATION may rename FROM to TO, which may lead nowhere; exchange ONE and OTHER. */
extern int check_rename (const struct simulation *simulation, const struct workload_operation *operation,
                         const struct sim_entry *from, const struct sim_entry *to);
extern int check_exchange (const struct simulation *simulation, const struct workload_operation *operation,
                           const struct sim_entry *one, const struct sim_entry *other);

#endif
