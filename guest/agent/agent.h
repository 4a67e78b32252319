/* SPDX-License-Identifier: BSD-3-Clause */
/* The parts of the guest's init among themselves; what the host sees of it is guest/agent/protocol.h.
 *
 * Files stand here from the ground up: each calls only what stands before it.  Unless said otherwise a function that
 * fails has called error_message, whose text becomes the answer `error`.
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
  char *settings;               /* what they were before the first program ran, or NULL: none has */
  char *observation;            /* text of the last observation, or NULL */
  pid_t shell;                  /* of a person; when it ends the machine goes off.  0: there is none */
  int terminal;                 /* the shell's */
  unsigned facts;               /* enum tree_fact: what is observed, too */
  bool sectors;                 /* observations have lines about sectors */
  struct sector_request request;        /* of which files; the paths are the agent's */
};

/* Functions of this form serve a verb.  WORDS are its arguments, NULL at the end.  They return 0 after they have
 * written the payload, or -1.
 */
typedef int serve_verb (struct agent *agent, char **words, FILE *payload);

/* Functions of this form are tools of which WORDS, NULL at the end, are the arguments.  They return the exit status. */
typedef int run_tool (char **words);

/* message.c: what error_message said last in this thread. */
extern const char *message_last (void);

/* Whether the kernel is a program of the host's, User Mode Linux. */
#define RUNS_ALONE() (access ("/proc/exitcode", F_OK) == 0)

/* environment.c: take over the environment that the file PATH says (AGENT_ENVIRONMENT in guest/agent/protocol.h). */
extern void environment_read (const char *path);

/* etc.c: make the files in /etc below ROOT that programs look for, as far as they are not there, and give the guest a
 * name.
 */
extern void etc_make_files (const char *root);

/* root.c: have the host's root for the root.  Returns 0 or -1. */
extern int root_enter_host (void);

/* modules.c: load the modules that the file PATH names, which may be missing; they are in AGENT_MODULES. */
#define AGENT_MODULES "/modules"
extern void modules_load (const char *path);

/* modprobe.c */

/* Have the kernel call the tool below for each module that it wants. */
extern void modprobe_begin (void);

/* Note the last of WORDS, the module that the kernel wants, if it is a cipher. */
extern run_tool tool_modprobe;

/* Forget what was wanted so far. */
extern void modprobe_forget (void);

/* The first cipher that was wanted since then and not there, to free, or NULL. */
extern char *modprobe_missing (void);

/* disks.c */

/* Let the driver of virtio disks let go of all of them.  Returns 0 or -1. */
extern int disks_release (void);

/* Let it have the FIRST of them again, and the last, in the order of boot: names stay the same.  Returns 0 or -1. */
extern int disks_take (size_t first);

/* Let it let go of the last one again.  Returns 0 or -1. */
extern int disks_release_last (void);

/* unpack.c: unpack the archive in FILE, which may be a disk, to where the paths in it are.  Returns 0 or -1. */
extern int unpack (const char *file);

/* boot.c: mount what programs expect of a system, load the modules, set up loopback.  What fails is reported on the
 * console, and the boot goes on: if it mattered, a later request says so in its own words.
 */
extern void boot_system (void);

/* port.c */

/* Open the port to the host, which may take a moment to appear.  Returns a descriptor or -1. */
extern int port_open (void);

/* Open another port, NAME.  Returns a descriptor, or -1 without a message if there is none. */
extern int port_open_named (const char *name);

/* relay.c: a socket by which PORT, opened, is spoken to.  Returns a descriptor or -1. */
extern int relay_start (int port);

/* log.c */

/* A file of the kernel's messages from now on, or -1 after a message. */
extern int log_open (void);

/* The next message of the file KMSG that is a warning or worse, to free, or NULL if there is none yet. */
extern char *log_next_fault (int kmsg);

/* Begin to watch the kernel's messages and taint, or begin anew: what was said so far is not reported. */
extern void log_begin (struct agent *agent);

/* That modules taint the kernel which were loaded since then is no finding. */
extern void log_excuse_modules (struct agent *agent);

/* Write the lines `taint N` and `log TEXT` of guest/agent/protocol.h to PAYLOAD; the second writes `unrecovered TEXT`
 * alone.
 */
extern void log_report (struct agent *agent, FILE *payload);
extern void log_report_unrecovered (struct agent *agent, FILE *payload);

/* baseline.c */

/* Note what a reset has to come back to. */
extern void baseline_note (struct agent *agent);

/* Load the modules that the initramfs has for PURPOSE: a type of file systems, or a name of guest/agent/protocol.h.
 * What they say, and what they take up, counts as of the boot.  Later calls do nothing.
 */
extern void baseline_load_modules (struct agent *agent, const char *purpose);

/* sleep.c */
extern serve_verb guest_sleep, guest_awake;

/* mark.c */

/* Write TEXT to the mark device, past the page cache: it is in the log on return.  Returns 0 or -1. */
extern int mark_write (const char *device, const char *text);

/* The mark device that the recorder named, or NULL after a message. */
extern const char *mark_device (void);

/* freeze.c */

/* Write the mark TEXT, and note whether what is recorded is frozen from now on.  Returns 0 or -1. */
extern int mark_and_note (const char *text);

/* Freeze the file system of PATH, with a mark.  Returns 0 or -1. */
extern int freeze (const char *path);

/* Freeze at the mark TEXT just written for a moment, if the recorder wants that.  Returns 0 or -1. */
extern int freeze_at (const char *text);

/* Thaw the file system of PATH, after the mark `thaw` if it was frozen with a mark.  Returns 0 or -1. */
extern int thaw (const char *path);

/* The same until it is not frozen.  Returns how often it was frozen, or -1. */
extern int thaw_all (const char *path);

/* workload.c: do the update of the workload that is the last of WORDS or, if --setup is the first, its setup. */
extern run_tool tool_workload;

/* trace-tool.c: become the program that WORDS start, followed and disturbed. */
extern run_tool tool_trace;

/* tools.c: be the tool NAME with the arguments WORDS, NULL at the end.  Returns its exit status, or -1 if NAME is none.
 */
extern int tool_run (const char *name, char **words);

/* settings.c */

/* Write a line to FILE: PATH, a blank, and what is in that file, as a word. */
extern void setting_tell (const char *path, FILE *file);

/* Write such a line for each of the kernel's settings that may have to do with what is recorded. */
extern void settings_tell (FILE *file);

/* Note them all, unless that was done before.  Returns 0 or -1. */
extern int settings_note (struct agent *agent);

/* The first line of NOW that is another one than in BEFORE, with the *length of its path; what is in one of the two
 * alone, as it comes with a module or a device, does not count.  NULL: there is none.
 */
extern const char *settings_other (const char *before, const char *now, size_t *length);

/* Whether they are as they were noted: 0, or -1. */
extern int settings_check (const struct agent *agent);

/* run.c */

/* Reap every child that has ended.  Returns 1 and the wait status in *status if AWAITED (0 for none) was among them,
 * else 0.
 */
extern int reap_children (const struct agent *agent, pid_t awaited, int *status);

/* Run the shell command COMMAND as the external checker and write the lines `check` and `output` of
 * guest/agent/protocol.h to PAYLOAD.  Returns 0 or -1.
 */
extern int run_checker (struct agent *agent, const char *command, const char *timeout, const char *marks,
                        FILE *payload);

/* Run the shell command COMMAND below ROOT, for TIMEOUT seconds at most.  Returns 0 if it exits with 0; 1 and in *why,
 * to free, how it ended and what it said last; or -1.
 */
extern int run_shell (struct agent *agent, const char *root, const char *command, const char *timeout, char **why);
extern serve_verb run_program;

/* program.c */

/* Run ARGV to its end, and keep it to be run again (guest/agent/original.h).  Returns 0 with its wait status and, in
 * *output, a descriptor of the file that has all it printed, to close in any case, and which the next run may change;
 * or -1.
 */
extern int program_run (const char *const *argv, int *output, int *status);

/* Keep none of these any more. */
extern void program_forget_all (void);

/* other-root.c */

/* Let programs find what they expect of a system in ROOT, with /dev, /proc and /sys.  Returns 0 or -1. */
extern int other_root_prepare (const char *root);

/* Show the directory PATH in ROOT, too.  Returns 0 or -1. */
extern int other_root_show (const char *root, const char *path);

/* devices.c: what a file system is on: paths with commas between them, first the one that is mounted. */

/* The first of DEVICES, to free, or NULL. */
extern char *devices_first (const char *devices);

/* Call VISIT for each of DEVICES until it returns -1.  Returns 0 or -1. */
extern int devices_each (const char *devices, int (*visit) (const char *device));

/* stack.c */

/* What is made of DEVICES, which may be themselves: of each what is on top of it, in their order, each once; to free.
 * NULL: there are several on top of one.  From now on arrays among that do not copy from disk to disk by themselves.
 */
extern char *stack_tops (const char *devices);

/* Undo all that is made of DEVICES, and whatever else there is of the device mapper.  Returns 0 or -1. */
extern int stack_take_apart (const char *devices);

/* repair.c: run what a system runs on a file system of TYPE before it mounts it (filesystem/filesystem.h).  Returns 0
 * if it can be mounted now, 1 after the line `repair` of guest/agent/protocol.h in PAYLOAD, or -1.
 */
extern int repair_device (const char *devices, const char *type, FILE *payload);

/* fsck.c: let the checker of file systems of TYPE, which has one, look at DEVICES, which are mounted with OPTIONS, and
 * are not now.  Returns 0; 1 after the line `fsck` of guest/agent/protocol.h in PAYLOAD, if it complains; or -1: it
 * cannot check.
 */
extern int fsck_devices (const char *devices, const char *type, const char *options, FILE *payload);

/* mount.c */

/* Mount what is on DEVICES on the mount point; OPTIONS, as in mount -o, is changed.  Returns 0; an errno; or -1 if it
 * is the kernel that cannot mount what is there.
 */
extern int mount_on_mount_point (const char *devices, const char *type, char *options);

/* The same with OPTIONS that stay as they are, and what is mounted does not read ahead. */
extern int mount_quietly (const char *devices, const char *type, const char *options);

/* Mount what is mounted on FOLDER in another way: OPTIONS, as in mount -o remount, are changed.  Returns 0, or -1 with
 * errno.
 */
extern int mount_change (const char *folder, char *options);

/* Unmount what is mounted on FOLDER.  Returns 0, or an errno without a message. */
extern int mount_undo (const char *folder);

/* Let the kernel know nothing of DEVICES, which had a file system of TYPE: they may hold another one from now on.
 * Returns 0 or -1.
 */
extern int mount_forget (const char *devices, const char *type);
extern serve_verb mount_device, mount_unmount;

/* assembly.c */

/* Let the shell command COMMAND make of DEVICES what is to be mounted, with TIMEOUT_S for that; an empty one makes
 * nothing.  Returns 0 and what it is in *made; 1 and why it cannot be made in *why; or -1.  Free both.
 */
extern int assembly_make (struct agent *agent, const char *devices, const char *command, const char *timeout_s,
                          char **made, char **why);

/* Undo that and let the kernel know nothing of it: MADE (or NULL) held a file system of TYPE.  Returns 0 or -1. */
extern int assembly_undo (const char *devices, const char *made, const char *type);
extern serve_verb assemble, disassemble;

/* readonly.c: mount DEVICES, which are not mounted, on ROOT, the mount point, while they refuse writes: read-only, with
 * recovery and without.  What is wrong then, and what can be seen is not, are lines `readonly` of
 * guest/agent/protocol.h in PAYLOAD.  Returns 0, the errno of an unmount that failed, or -1.
 */
extern int readonly_try (const char *devices, const char *type, const char *options, const char *root, FILE *payload);

/* usable.c: mount DEVICES, which are not mounted, on ROOT, the mount point; empty it, make a file, and look for that
 * after another mount.  What does not work is the line `usable` of guest/agent/protocol.h in PAYLOAD.  Nothing is tried
 * if the options are for reading alone.  Returns 0, the errno of an unmount that failed, or -1.
 */
extern int usable_try (const char *devices, const char *type, const char *options, const char *root, FILE *payload);

/* observe.c */

/* Observe these PATHS, NULL at the end, of what is mounted, or all of it if there is none: in agent->observation.
 * Returns 0 and its digest, or -1.
 */
extern int observe_paths (struct agent *agent, char **paths, char digest[TREE_DIGEST_LENGTH + 1]);

/* The same, where data are located (checker/observe/layout.h) as far as the file system of TYPE, mounted with OPTIONS,
 * allows that.
 */
extern int observe_located (struct agent *agent, char **paths, const char *type, const char *options,
                            char digest[TREE_DIGEST_LENGTH + 1]);
extern serve_verb observe_mounted, observe_details;

/* recover.c */
extern serve_verb recover, try_recovered;

/* reset.c */

/* Where programs are welcome to leave something. */
#define TEMPORARY_FOLDERS 5
extern const char *const temporary_folders[TEMPORARY_FOLDERS];
extern serve_verb reset_guest;

/* traces.c */
extern serve_verb traces_tell;

/* sync.c */

/* Bring the device of FD to rest: write everything back and flush, again and again, until nothing was written
 * meanwhile, so that what is there is durable.  STAT_FILE is the device's `stat` in sysfs.  Returns 0, also if others
 * go on writing, or -1 with errno.
 */
extern int sync_until_quiet (int fd, const char *stat_file);
extern serve_verb sync_devices;

/* multipath.c */

/* Let the joined paths use PATH, a block device that is one of them, again.  Returns 0 or -1. */
extern int multipath_reinstate (const char *path);
extern serve_verb multipath_join;

/* path-tool.c */
extern run_tool tool_path;

/* copy.c, nbd.c, shell.c */
extern serve_verb copy_tree, nbd_attach, shell_start;

#endif
