/* SPDX-License-Identifier: BSD-3-Clause */
/* A case of the corpus: what to record or replay, where, and what is expected.  It is a folder with `case.ini` and with
 *   workload     operations to record (powercut run --workload), or
 *   log.zst      a recorded log to replay, compressed or not, or
 *   neither      and the key `command` in case.ini;
 * or a file NAME.workload alone, which is expected to pass everywhere.
 */
#ifndef POWERCUT_BATCH_CORPUS_CASE_H
#define POWERCUT_BATCH_CORPUS_CASE_H

#include <stdbool.h>
#include <stddef.h>

#define CASE_FILE "case.ini"
#define CASE_WORKLOAD "workload"
#define CASE_LOG "log.zst"
#define CASE_SUFFIX ".workload" /* of a case that is one file */

/* Texts, to free as is the list. */
struct case_texts {
  char **list;
  size_t count;
};

/* How it is done on one file system: section [FILESYSTEM]. */
struct case_settings {
  char *filesystem;
  char *size, *mkfs, *mount;    /* NULL: not given */
  struct case_texts disks;      /* NAME:SIZE, instead of a size; none: one */
  char *log_device;             /* the NAME of that with the journal, or NULL */
  char *create, *assemble;      /* shell commands that make of the disks what is mounted, as for --create; or NULL */
  char *lose;                   /* the NAME of a disk, or `any`, as for --lose; or NULL */
};

/* Where it is expected to fail: section [fails FILESYSTEM KERNEL...]; or where it may, by luck: [may-fail FILESYSTEM
 * KERNEL...].
 */
struct case_failure {
  bool by_luck;                 /* that it does not fail is right, too */
  char *filesystem;
  struct case_texts kernels;         /* beginnings of releases, as for kernel_release_matches; none: all kernels */
  struct case_texts findings;        /* KIND or KIND: TEXT; every violation has to be one of them */
  struct case_texts nested_findings;    /* or of these, if it was seen after a recovery that was interrupted */
  char *why;
};

struct corpus_case {
  char *name;                   /* for reports: its path without that of the folder where it was sought */
  char *path;                   /* the folder or, if it is one file, the file */
  char *title, *origin, *reference;
  char *workload, *log;         /* files, or NULL */
  char *command;                /* shell command, or NULL */
  char *check;                  /* shell command that says what is right, or NULL */
  char *initial;                /* folder, or NULL */
  char *settle;                 /* as for --settle, or NULL */
  bool readonly_device;         /* as --readonly-device */
  char *nested;                 /* as for --nested, or NULL */
  struct case_texts setup;           /* shell commands */
  struct case_texts filesystems;     /* none: all */
  struct case_texts needs;           /* programs in PATH, and paths of files, that this host has to have */
  struct case_settings *settings;
  size_t setting_count;
  struct case_failure *failures;
  size_t failure_count;
};

/* Read the case at PATH, a folder with case.ini or a workload file, which reports call NAME.  Returns 0, or -1 after a
 * message; to be freed with case_free in any case.
 */
extern int case_read (struct corpus_case *corpus_case, const char *path, const char *name);
extern void case_free (struct corpus_case *corpus_case);

/* Is it about FILESYSTEM? */
extern bool case_applies (const struct corpus_case *corpus_case, const char *filesystem);

/* The first program or file that it needs and that this host does not have, or NULL. */
extern const char *case_find_missing (const struct corpus_case *corpus_case);

/* What is said of FILESYSTEM, or NULL. */
extern const struct case_settings *case_find_settings (const struct corpus_case *corpus_case, const char *filesystem);

/* The failure that is expected on FILESYSTEM and the kernel RELEASE, or NULL: it is expected to pass. */
extern const struct case_failure *case_find_failure (const struct corpus_case *corpus_case, const char *filesystem,
                                                     const char *release);

#endif
