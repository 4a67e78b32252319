/* SPDX-License-Identifier: BSD-3-Clause */
/* `powercut matrix`: what each way to update a file is worth on each file system. */
#ifndef POWERCUT_BATCH_MATRIX_MATRIX_H
#define POWERCUT_BATCH_MATRIX_MATRIX_H

/* The command; ARGV[0] is its name.  Returns the exit status. */
extern int matrix_command (int argc, char **argv);

#endif
