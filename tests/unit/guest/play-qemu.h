/* SPDX-License-Identifier: BSD-3-Clause */
/* A program that plays QEMU. */
#ifndef POWERCUT_TESTS_UNIT_GUEST_PLAY_QEMU_H
#define POWERCUT_TESTS_UNIT_GUEST_PLAY_QEMU_H

/* Play the part that the environment variable FAKE_QEMU names, and with KVM the one that FAKE_KVM names, with the
 * arguments ARGV of QEMU; the file `starts` in the current directory gets a letter for each, `k` with KVM and `t`
 * without.  Returns the exit status.
 */
extern int play_qemu (char **argv);

#endif
