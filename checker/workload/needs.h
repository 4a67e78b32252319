/* SPDX-License-Identifier: BSD-3-Clause */
/* What must be there for an operation of a simulation to be done, and what is said if it is not. */
#ifndef POWERCUT_CHECKER_WORKLOAD_NEEDS_H
#define POWERCUT_CHECKER_WORKLOAD_NEEDS_H

#include "checker/workload/simulation.h"

/* Say why OPERATION cannot be done.  Returns -1. */
extern int cannot (const struct simulation *simulation, const struct workload_operation *operation, const char *format,
                   ...) __attribute__ ((format (printf, 3, 4)));

/* Each of these is NULL after a message. */

/* The file that the path of OPERATION names, or PATH. */
extern struct sim_inode *need_file (const struct simulation *simulation, const struct workload_operation *operation);
extern struct sim_inode *need_file_at (const struct simulation *simulation, const struct workload_operation *operation,
                                       const char *path);

/* What the path of OPERATION names, or PATH, if it can be opened. */
extern struct sim_inode *need_object (const struct simulation *simulation, const struct workload_operation *operation);
extern struct sim_inode *need_object_at (const struct simulation *simulation,
                                         const struct workload_operation *operation, const char *path);

/* The entry of PATH, which must lead somewhere. */
extern struct sim_entry *need_entry (const struct simulation *simulation, const struct workload_operation *operation,
                                     const char *path);

/* The entry of PATH, which may lead nowhere yet, but whose folder must be there. */
extern struct sim_entry *need_place (struct simulation *simulation, const struct workload_operation *operation,
                                     const char *path);

/* The same; it must lead nowhere. */
extern struct sim_entry *need_free_place (struct simulation *simulation, const struct workload_operation *operation,
                                          const char *path);

/* A new object of TYPE at PATH, where nothing is yet. */
extern struct sim_inode *make_object (struct simulation *simulation, const struct workload_operation *operation,
                                      const char *path, char type);

/* The file at PATH, made if there is none. */
extern struct sim_inode *need_or_make_file (struct simulation *simulation, const struct workload_operation *operation,
                                            const char *path);

#endif
