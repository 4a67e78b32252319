/* SPDX-License-Identifier: BSD-3-Clause */
/* What host and agent say to each other over the virtio-serial port `powercut`.
 *
 * Request: one line of words (common/escape.h), the first the verb, separated by single spaces, ended by a newline.
 * Answer, one to each request in order, and one unasked when the agent is ready (its payload is the kernel release):
 *     ok LENGTH\n      then LENGTH bytes of payload
 *     error LENGTH\n   then LENGTH bytes of message
 * At most AGENT_REQUEST_MAX bytes a request.
 *
 * Verbs:
 *   attach DEVICE ADDRESS PORT EXPORT      connect the kernel's NBD client: /dev/nbdN to that export
 *   assemble DEVICES COMMAND TIMEOUT_S     load the modules for that and run the shell command COMMAND, which makes
 *                                          others of DEVICES, paths with commas between them.  Payload: what is to be
 *                                          used in their place, likewise.  Arrays do not copy from disk to disk
 *   disassemble DEVICES TYPE               undo what is made of DEVICES, which held a file system of TYPE
 *   join PATHS                             make one device, AGENT_MULTIPATH_DEVICE, of PATHS, block devices with commas
 *                                          between them by which one disk is reached; if it is there, of PATHS anew
 *   mount DEVICES TYPE OPTIONS             mount the first of DEVICES, paths with commas between them, which hold one
 *                                          file system, on /mnt; OPTIONS as in mount -o (may be empty)
 *   copy FROM                              copy the tree FROM of the initramfs into /mnt: modes, owners, links
 *   run TIMEOUT_S PROGRAM [ARG...]         run in /mnt; on time-out its process group is killed.  Payload: `exit N`,
 *                                          `signal N` or `timeout`, a newline, then the last 64 KiB of its standard
 *                                          output and error, and, if it was still frozen on time-out, a line about that
 *   other-file                             make the file TREE_LEFT_OUT (checker/observe/tree.h) in /mnt
 *   observe [PATH...]                      payload: the digest (checker/observe/tree.h) of /mnt or of these paths in it
 *   details FACTS all|these [PATH...]      from now on, observations (checker/observe/tree.h) have FACTS, the sum of
 *                                          enum tree_fact, and lines about the sectors of all files or of these, whose
 *                                          PATHs are as in an observation and sorted
 *   traces                                 payload: lines that differ from those of another time if programs have left
 *                                          meanwhile, outside of what is mounted on /mnt, what may matter: processes,
 *                                          files, mounts, disks, swap, settings of the kernel, the default subvolume
 *   tree                                   payload: the whole text of the last observation
 *   setenv NAME VALUE                      what is run from now on has NAME in its environment
 *   mark DEVICE TEXT                       write TEXT, at most 4096 bytes, to the mark device, past the page cache
 *   sync [DEVICES]                         sync(2), then fsync(2) of DEVICES, which flushes them
 *   thaw                                   thaw /mnt until it is not frozen.  Payload: how often it was
 *   unmount                                unmount /mnt
 *   repair DEVICES TYPE                    run the fsck of a TYPE that needs it.  Payload: nothing, or the line
 *                                          `repair TEXT` as of `recover`
 *   shell MODE TERM ROWS COLUMNS           start a shell in /mnt on the terminal that the host gives (struct
 *                                          vm_config): MODE is `interactive`, or `pipe`: then nothing is echoed, and
 *                                          AGENT_SHELL_END at the beginning of a line ends the input.  The machine goes
 *                                          off when the shell ends
 *   recover DEVICES ASSEMBLE TYPE OPTIONS READONLY OBSERVE FSCK USABLE CHECK TAPED TIMEOUT_S MARKS [PATH...]
 *                                          one run: set readahead 0; `assemble` with the command ASSEMBLE if it is
 *                                          not empty; if READONLY is `yes`, let DEVICES refuse writes,
 *                                          mount them read-only, with recovery and without it, look at every object,
 *                                          unmount, and let them be written again; run the fsck of a TYPE that needs it
 *                                          (filesystem/filesystem.h), mount, observe if OBSERVE is `yes`, or, locating
 *                                          data if that can be (checker/observe/layout.h), `located`; run the shell
 *                                          command CHECK in /mnt (in AGENT_CHECKER_ROOT, if that is there) if it is not
 *                                          empty, unmount; if FSCK is `yes`, run the checker of TYPE; if USABLE is
 *                                          `yes` and that did not complain, mount again, remove everything, write a
 *                                          file, mount once more and read it; `disassemble`; drop the devices' caches
 *                                          (BLKFLSBUF; btrfs: forget them).
 *                                          TAPED says that what recovery writes is recorded, and should be the same
 *                                          each time: the clock is set back for it.
 *                                          MARKS is the text that CHECK finds in the file $POWERCUT_MARKS_FILE and, the
 *                                          last 64 KiB of it, in $POWERCUT_MARKS.
 *                                          Payload: with READONLY lines `unrecovered TEXT`, which are as those of `log`
 *                                          below, for what the kernel has said meanwhile, and `readonly TEXT` for what
 *                                          is wrong then; either the line `repair TEXT` (it could not repair the file
 *                                          system, or assemble the disks, and why) or lines `mount
 *                                          ERRNO-NAME|ok`; only after `mount ok`: `observe DIGEST` (of nothing if
 *                                          not asked for), `check exit N|signal N|timeout` and `output WORD` (the
 *                                          last 64 KiB) if there is a CHECK, `changed yes` if TAPED is `yes` and the
 *                                          tree is not as before it, `fsck TEXT` and `usable TEXT` if there is
 *                                          something wrong, and what, `unmount ERRNO-NAME|ok`; then as `log`
 *   try DEVICES ASSEMBLE TYPE OPTIONS FSCK USABLE TIMEOUT_S
 *                                          what `recover` does with FSCK and USABLE, if it did nothing of that itself.
 *                                          Payload: the lines `fsck TEXT` and `usable TEXT` as there, `unmount
 *                                          ERRNO-NAME|ok`; then as `log`
 *   log                                    payload: the line `taint N` (the bits set since the agent was ready), then
 *                                          `log TEXT` for each message of the kernel of level warning or worse, or that
 *                                          begins with WARNING: or BUG:, since the last `log` or `recover`
 *   reset DEVICES TYPE                     be as after the boot, but for the NBD devices: kill what programs left
 *                                          running, unmount /mnt, `disassemble` and forget DEVICES, which held a
 *                                          file system of TYPE, empty the folders for temporary files, undo
 *                                          `setenv`.  An error if that cannot be done, or if programs left anything
 *                                          elsewhere.  Payload: as `log`
 *   sleep [PURPOSE...]                     be ready for the machine to be saved, before anything else was asked for:
 *                                          load the modules for these types of file systems, and other PURPOSEs named
 *                                          below, let go of all disks, and let free memory be zeros
 *   awake SEED TIME DISKS                  the next request, which each guest gets that the saved machine becomes: be
 *                                          as after a boot.  Hexadecimal digits to seed random numbers with,
 *                                          nanoseconds since 1970, and how many of the disks are there.  The last disk,
 *                                          which has the serial number AGENT_EXTRAS_SERIAL, is an archive that is
 *                                          unpacked; then it is gone.  Payload: the kernel release
 *   power-off                              no answer: the machine goes off at once, nothing is synced
 */
#ifndef POWERCUT_GUEST_AGENT_PROTOCOL_H
#define POWERCUT_GUEST_AGENT_PROTOCOL_H

#define AGENT_PORT_NAME "powercut"
/* Where there is a port with this name and the PORT of `attach`, NBD is spoken over it, and not over the network. */
#define AGENT_NBD_PORT "nbd-"
#define AGENT_REQUEST_MAX (1 << 20)
#define AGENT_MOUNT_POINT "/mnt"
#define AGENT_MARK_MAX 4096
#define AGENT_ENVIRONMENT "/powercut/environment"       /* NAME=VALUE of programs' environment, NUL after each */
/* If this file is in the initramfs, the root is that which a 9p device with this tag has, or hostfs. */
#define AGENT_HOST_ROOT "/powercut/host-root"
#define AGENT_HOST_ROOT_TAG "powercut-root"

/* For what there are modules, besides the types of file systems and what the kernel calls modprobe for: to be a client
 * of NBD, to have the host's root, and to make devices of disks.
 */
#define AGENT_NBD_MODULES "nbd-client"
#define AGENT_HOST_ROOT_MODULES "host-root"
#define AGENT_ASSEMBLY_MODULES "assembly"

#define AGENT_MULTIPATH_MODULES "multipath"      /* to join the paths to a disk */

/* What several paths to a disk are joined to: the first device of the device mapper. */
#define AGENT_MULTIPATH_DEVICE "/dev/dm-0"

#define AGENT_EXTRAS_SERIAL "powercut-extras"   /* at most 20 bytes */

/* The name of the last object of an archive, which is none. */
#define AGENT_ARCHIVE_END "TRAILER!!!"

#define AGENT_SHELL_END 4       /* Ctrl-D */

/* If it is there, the root of the checker: what a log carries is not mixed with what the guest has of this machine. */
#define AGENT_CHECKER_ROOT "/checker"

/* Likewise of what makes devices of disks, unless it is the same. */
#define AGENT_ASSEMBLY_ROOT "/assembly"

/* A tool: with --setup or nothing, then the text of a workload (checker/workload/language.h), it does its setup or its
 * update.
 */
#define AGENT_WORKLOAD_TOOL "/bin/powercut-workload"

/* A tool: it becomes the program of its arguments, followed and disturbed as AGENT_BACKGROUND_VARIABLE says. */
#define AGENT_TRACE_TOOL "/bin/powercut-trace"

/* What the guest's kernel calls for a module that is not loaded. */
#define AGENT_MODPROBE_TOOL "/bin/powercut-modprobe"

/* Environment of the programs that are run while there is a recording. */
#define AGENT_MARK_DEVICE_VARIABLE "POWERCUT_MARK_DEVICE"
#define AGENT_PATHS_VARIABLE "POWERCUT_PATHS"   /* the PATHS of `join` */
#define AGENT_DISK_VARIABLE "POWERCUT_DISK_"        /* and its name: where a disk is */
#define AGENT_BACKGROUND_VARIABLE "POWERCUT_BACKGROUND" /* a name (guest/agent/background.h) */
#define AGENT_FREEZE_AT_VARIABLE "POWERCUT_FREEZE_AT"   /* at which mark powercut-mark freezes /mnt */

#endif
