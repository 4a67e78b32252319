/* SPDX-License-Identifier: BSD-3-Clause */
/* The end of what a program prints. */
#ifndef POWERCUT_COMMON_STANDARD_OUTPUT_H
#define POWERCUT_COMMON_STANDARD_OUTPUT_H

/* Write what is left for standard output.  Returns STATUS, the exit status so far, or another one if it could not all
 * be written: 2 after a message, or that of SIGPIPE, without a word, where nobody reads it any more.
 */
extern int standard_output_end (int status);

#endif
