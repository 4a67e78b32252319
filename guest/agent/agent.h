/* SPDX-License-Identifier: BSD-3-Clause */
/* The parts of the guest's init among themselves; what the host sees of it is guest/agent/protocol.h.
 *
 * Unless said otherwise a function that fails has called error_message, whose text becomes the answer `error`.
 */
#ifndef POWERCUT_GUEST_AGENT_AGENT_H
#define POWERCUT_GUEST_AGENT_AGENT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/statvfs.h>
#include <sys/types.h>
#include <time.h>

#include "checker/observe/tree.h"

struct agent {
  int port;                     /* the virtio-serial port to the host */
  int kmsg;                     /* /dev/kmsg, read up to what was reported last; -1 if there is none */
  int children;                 /* signalfd, readable when a child has ended */
  uint64_t boot_taint;          /* taint bits that the boot left: modules without a signature are no finding */
  struct statvfs boot_root;     /* how full the root file system was then */
  struct timespec boot_time;    /* what is older has come with the boot */
  char **boot_environment;      /* what programs found in their environment, NULL at the end */
  char *observation;            /* text of the last observation, or NULL */
  pid_t shell;                  /* of a person; when it ends the machine goes off.  0: there is none */
  int terminal;                 /* the shell's */
  bool sectors;                 /* observations have lines about sectors */
  struct sector_request request;        /* of which files; the paths are the agent's */
};

/* boot.c */

/* Mount what programs expect of a system, load the modules, set up loopback.  What fails is reported on the console,
 * and the boot goes on: if it mattered, a later request says so in its own words.
 */
extern void boot_system (void);

/* Take over the environment that the file PATH says (AGENT_ENVIRONMENT in guest/agent/protocol.h). */
extern void boot_read_environment (const char *path);

/* root.c: have the host's root for the root.  Returns 0 or -1. */
extern int boot_enter_host_root (void);

/* etc.c: make the files in /etc below ROOT that programs look for, as far as they are not there, and give the guest a name. */
extern void boot_make_files (const char *root);

/* Load the modules for file systems of TYPE, where the initramfs has them for when they are needed.  Later calls do nothing. */
extern void boot_load_filesystem (struct agent *agent, const char *type);

/* Open the port to the host, which may take a moment to appear.  Returns a descriptor or -1. */
extern int boot_open_port (void);

/* log.c */

/* Begin to watch the kernel's messages and taint, or begin anew: what was said so far is not reported. */
extern void log_begin (struct agent *agent);

/* Write the lines `taint N` and `log TEXT` of guest/agent/protocol.h to PAYLOAD. */
extern void log_report (struct agent *agent, FILE *payload);

/* fsck.c */

/* Run what a system runs on a file system of TYPE before it mounts it (filesystem/fsck.h).  Returns 0 if it can be mounted now, 1
 * after the line `fsck` of guest/agent/protocol.h in PAYLOAD, or -1.
 */
extern int fsck_device (const char *device, const char *type, FILE *payload);

/* tools.c */

/* Write TEXT to the mark device, past the page cache: it is in the log on return.  Returns 0 or -1. */
extern int mark_write (const char *device, const char *text);

/* The mark device that the recorder named, or NULL after a message. */
extern const char *mark_device (void);

/* Thaw the file system of PATH until it is not frozen, after the mark `thaw` if it was frozen with a mark.  Returns how often it
 * was frozen, or -1.
 */
extern int thaw_all (const char *path);

/* Be the tool NAME with the arguments WORDS, NULL at the end.  Returns its exit status, or -1 if NAME is none. */
extern int tool_run (const char *name, char **words);

/* modprobe.c */

/* Have the kernel call the tool below for each module that it wants. */
extern void modprobe_begin (void);

/* Note the last of WORDS, the module that the kernel wants, if it is a cipher.  Returns the exit status. */
extern int tool_modprobe (char **words);

/* Forget what was wanted so far. */
extern void modprobe_forget (void);

/* The first cipher that was wanted since then and not there, to free, or NULL. */
extern char *modprobe_missing (void);

/* workload.c */

/* Do the update of the workload that is the last of WORDS or, if --setup is the first, its setup.  Returns an exit status. */
extern int tool_workload (char **words);

/* run.c */

/* Reap every child that has ended.  Returns 1 and the wait status in *status if AWAITED (0 for none) was among them,
 * else 0.
 */
extern int reap_children (const struct agent *agent, pid_t awaited, int *status);

/* Each of these serves the verb of its name.  WORDS are its arguments, NULL at the end.  Returns 0 after it has written
 * the payload, or -1.
 */
extern int run_program (struct agent *agent, char **words, FILE *payload);

/* Run the shell command COMMAND as the external checker and write the lines `check` and `output` of guest/agent/protocol.h to PAYLOAD.
 * Returns 0 or -1.
 */
extern int run_checker (struct agent *agent, const char *command, const char *timeout, const char *marks, FILE *payload);
/* shell.c */
extern int shell_start (struct agent *agent, char **words, FILE *payload);
/* nbd.c */
extern int nbd_attach (struct agent *agent, char **words, FILE *payload);
/* reset.c */

/* Note what a reset has to come back to. */
extern void reset_begin (struct agent *agent);
extern int reset_guest (struct agent *agent, char **words, FILE *payload);
/* copy.c */
extern int copy_tree (struct agent *agent, char **words, FILE *payload);
/* sync.c */

/* Bring the device behind FD to rest: write everything back and flush, again and again, until nothing was written meanwhile, so
 * that what is there is durable.  STAT_FILE is the device's `stat` in sysfs.  Returns 0, also if others go on writing, or -1 with
 * errno.
 */
extern int sync_until_quiet (int fd, const char *stat_file);
extern int sync_device (struct agent *agent, char **words, FILE *payload);
/* mount.c */
extern int mount_device (struct agent *agent, char **words, FILE *payload);
extern int mount_observe (struct agent *agent, char **words, FILE *payload);
extern int mount_sectors (struct agent *agent, char **words, FILE *payload);
extern int mount_unmount (struct agent *agent, char **words, FILE *payload);

/* Let the kernel know nothing of DEVICE, which had a file system of TYPE: it may hold another one from now on.  Returns 0 or -1. */
extern int mount_forget (const char *device, const char *type);
extern int mount_recover (struct agent *agent, char **words, FILE *payload);

#endif
