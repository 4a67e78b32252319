/* SPDX-License-Identifier: BSD-3-Clause */
/* `powercut kernel`: which kernels there are to boot, and getting one. */
#ifndef POWERCUT_COMMANDS_KERNEL_H
#define POWERCUT_COMMANDS_KERNEL_H

/* Run the command line ARGV, whose ARGV[0] is `kernel`.  Returns the exit status: 0, or 2 after a message. */
extern int kernel_command (int argc, char **argv);

#endif
