/* SPDX-License-Identifier: BSD-3-Clause */
/* Commands to a running QEMU (its monitor protocol, QMP). */
#ifndef POWERCUT_GUEST_QMP_H
#define POWERCUT_GUEST_QMP_H

/* Begin to give commands on the socket FD, on which QEMU has said nothing yet.  Waits up to TIMEOUT_MS, as does the
 * next.  Both return 0, or -1 without a message: QEMU refused, is gone, or does not answer.
 */
extern int qmp_begin (int fd, int timeout_ms);

/* Let QEMU do COMMAND, in JSON, and pass it the descriptor PASSED, unless that is -1.  If STATUS is not NULL, the
 * answer must have this `status`.
 */
extern int qmp_command (int fd, int timeout_ms, const char *command, int passed, const char *status);

#endif
