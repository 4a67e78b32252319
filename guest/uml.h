/* SPDX-License-Identifier: BSD-3-Clause */
/* How a guest of User Mode Linux is started: names that the machine (guest/uml-machine.c) and the keeper of its
 * processes (guest/uml-keeper.c) have in common.
 */
#ifndef POWERCUT_GUEST_UML_H
#define POWERCUT_GUEST_UML_H

/* In the directory where it runs. */
#define UML_PORTS "ports"       /* socket: the keeper serves its ports */
#define UML_DISK "disk"         /* and the start of the names of those of its disks */
#define UML_ARCHIVE "initrd"

/* The port that is a console. */
#define UML_TERMINAL "terminal"

#endif
