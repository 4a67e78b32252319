/* SPDX-License-Identifier: BSD-3-Clause */
/* The commands of `powercut`, a file each.  A command gets the command line from its own name on, which is ARGV[0], and
 * returns the exit status (common/exit-status.h).
 */
#ifndef POWERCUT_COMMANDS_COMMANDS_H
#define POWERCUT_COMMANDS_COMMANDS_H

extern int bundle_command (int argc, char **argv);
extern int cache_command (int argc, char **argv);
extern int corpus_command (int argc, char **argv);
extern int export_command (int argc, char **argv);
extern int gen_command (int argc, char **argv);
extern int import_command (int argc, char **argv);
extern int kernel_command (int argc, char **argv);
extern int matrix_command (int argc, char **argv);
extern int merge_command (int argc, char **argv);
extern int record_command (int argc, char **argv);
extern int show_command (int argc, char **argv);
extern int workload_command (int argc, char **argv);

#endif
