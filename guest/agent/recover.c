/* SPDX-License-Identifier: BSD-3-Clause */
/* One whole run of a recovery. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

/* After linux/fs.h, whose MS_ macros it declares as an enum. */
#include <sys/mount.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "common/text.h"
#include "filesystem/filesystem.h"
#include "guest/agent/agent.h"
#include "guest/agent/answer.h"
#include "guest/agent/protocol.h"

/* The words of `recover`, which guest/agent/protocol.h explains. */
enum {
  RECOVER_DEVICES, RECOVER_ASSEMBLE, RECOVER_TYPE, RECOVER_OPTIONS, RECOVER_READONLY, RECOVER_OBSERVE, RECOVER_FSCK,
  RECOVER_USABLE, RECOVER_CHECK, RECOVER_TAPED, RECOVER_TIMEOUT, RECOVER_MARKS, RECOVER_PATHS
};

/* A device that gives its true contents, and only the blocks that are asked for. */
static int
prepare_device (const char *device)
{
  CLEANUP_CLOSE int fd = open (device, O_RDONLY | O_CLOEXEC);

  if (fd == -1 || ioctl (fd, BLKRASET, 0UL) == -1 || ioctl (fd, BLKFLSBUF, 0) == -1) {
    error_message ("%s: %m", device);
    return -1;
  }
  return 0;
}

/* Show the mounted file system in the checker's root, if it has one, with the directories that programs expect of a
 * system.
 */
static int
enter_checker_root (void)
{
  if (access (AGENT_CHECKER_ROOT, F_OK) == -1)
    return 0;
  return other_root_prepare (AGENT_CHECKER_ROOT) == -1 ? -1 : other_root_show (AGENT_CHECKER_ROOT, AGENT_MOUNT_POINT);
}

/* Unmount what a run has mounted: with CHECKED, first what the checker's root shows of it.  Returns 0 or an errno. */
static int
unmount_all (bool checked)
{
  int error = 0;

  if (checked && access (AGENT_CHECKER_ROOT, F_OK) == 0)
    error = mount_undo (AGENT_CHECKER_ROOT AGENT_MOUNT_POINT);
  return error ? error : mount_undo (AGENT_MOUNT_POINT);
}

/* Write LINE, of a mount or unmount that ended with the errno ERROR, 0 for success. */
static void
write_errno (enum answer_line line, int error, FILE *payload)
{
  const char *name = error == 0 ? ANSWER_DONE : strerrorname_np (error);

  answer_begin_line (line, payload);
  fprintf (payload, "%s\n", name ? name : "EUNKNOWN");
}

static bool
kernel_is_at_least (unsigned long major, unsigned long minor)
{
  struct utsname name;
  char *end;

  if (uname (&name) == -1)
    return false;
  unsigned long found_major = strtoul (name.release, &end, 10);
  unsigned long found_minor = *end == '.' ? strtoul (end + 1, NULL, 10) : 0;
  return found_major > major || (found_major == major && found_minor >= minor);
}

/* OPTIONS and those that make a file system of TYPE quiet (filesystem/filesystem.h).  To free; NULL after a message. */
static char *
recovery_options (const char *type, const char *options)
{
  const struct filesystem_quiet *quiet = filesystem_find (type)->quiet;
  char *text = text_format ("%s", options);

  for (size_t i = 0; text && i < FILESYSTEM_QUIET_MAX && quiet[i].option; i++)
    if (kernel_is_at_least (quiet[i].major, quiet[i].minor)) {
      CLEANUP_FREE char *shorter = text;
      text = text_format ("%s,%s", shorter, quiet[i].option);
    }
  return text;
}

/* The digest of the whole tree, which is not kept as what was observed. */
static int
digest_all (struct agent *agent, char digest[TREE_DIGEST_LENGTH + 1])
{
  char *kept = agent->observation, *nothing = NULL;

  agent->observation = NULL;
  int r = observe_paths (agent, &nothing, digest);
  free (agent->observation);
  agent->observation = kept;
  return r;
}

/* Run the checker, in a tree that has to stay as it is if that is asked for. */
static int
check (struct agent *agent, char **words, FILE *payload)
{
  const bool taped = strcmp (words[RECOVER_TAPED], "yes") == 0;
  char before[TREE_DIGEST_LENGTH + 1], after[TREE_DIGEST_LENGTH + 1];

  if (taped && digest_all (agent, before) == -1)
    return -1;
  if (enter_checker_root () == -1
      || run_checker (agent, words[RECOVER_CHECK], words[RECOVER_TIMEOUT], words[RECOVER_MARKS], payload) == -1)
    return -1;
  if (taped && digest_all (agent, after) == -1)
    return -1;
  if (taped && strcmp (before, after) != 0) {
    answer_begin_line (ANSWER_CHANGED, payload);
    fputs ("yes\n", payload);
  }
  return 0;
}

/* What a run sees of the mounted file system. */
static int
look (struct agent *agent, char **words, FILE *payload)
{
  const char *observe = words[RECOVER_OBSERVE];
  char digest[TREE_DIGEST_LENGTH + 1];

  if (strcmp (observe, "yes") == 0) {
    if (observe_paths (agent, words + RECOVER_PATHS, digest) == -1)
      return -1;
  }
  else if (strcmp (observe, "located") == 0) {
    if (observe_located (agent, words + RECOVER_PATHS, words[RECOVER_TYPE], words[RECOVER_OPTIONS], digest) == -1)
      return -1;
  }
  else {
    free (agent->observation);
    agent->observation = strdup ("");
    tree_digest ("", digest);
  }
  answer_begin_line (ANSWER_OBSERVE, payload);
  fprintf (payload, "%s\n", digest);
  return *words[RECOVER_CHECK] == '\0' ? 0 : check (agent, words, payload);
}

/* What was recovered, and unmounted, and what is tried with it. */
struct recovered {
  const char *devices, *type, *options;
  bool fsck, usable;
};

/* Try it: what its checker says and, if that is nothing, whether it can be used.  Returns 0, the errno of an unmount
 * that failed, or -1.
 */
static int
try (const struct recovered *recovered, FILE *payload)
{
  const char *devices = recovered->devices, *type = recovered->type;
  int wrong = 0;

  if (recovered->fsck)
    wrong = mount_forget (devices, type) == -1 ? -1 : fsck_devices (devices, type, recovered->options, payload);
  if (wrong != 0 || !recovered->usable)
    return wrong == -1 ? -1 : 0;
  return usable_try (devices, type, recovered->options, AGENT_MOUNT_POINT, payload);
}

/* All that is done with a device that can be mounted.  Returns 0, the errno with which it is not to be had, or -1. */
static int
recover_mounted (struct agent *agent, char **words, const char *options, FILE *payload)
{
  const struct recovered recovered = {
    words[RECOVER_DEVICES], words[RECOVER_TYPE], options, strcmp (words[RECOVER_FSCK], "yes") == 0,
    strcmp (words[RECOVER_USABLE], "yes") == 0
  };
  int error = mount_quietly (recovered.devices, recovered.type, options);

  if (error == -1)
    return -1;
  write_errno (ANSWER_MOUNT, error, payload);
  if (error != 0)
    return error;
  if (look (agent, words, payload) == -1)
    return -1;
  error = unmount_all (*words[RECOVER_CHECK] != '\0');
  if (error == 0)
    error = try (&recovered, payload);
  if (error != -1)
    write_errno (ANSWER_UNMOUNT, error, payload);
  return error;
}

/* What is done before recovery: the devices refuse writes.  Returns as recover_mounted does. */
static int
try_readonly (struct agent *agent, char **words, const char *options, FILE *payload)
{
  if (strcmp (words[RECOVER_READONLY], "yes") != 0)
    return 0;
  const int error = readonly_try (words[RECOVER_DEVICES], words[RECOVER_TYPE], options, AGENT_MOUNT_POINT, payload);
  log_report_unrecovered (agent, payload);
  if (error > 0)                /* what is still mounted cannot be recovered */
    write_errno (ANSWER_MOUNT, error, payload);
  return error;
}

/* What a run does with what was made of the disks, the words' devices.  As recover_mounted. */
static int
recover_made (struct agent *agent, char **words, const char *options, FILE *payload)
{
  const char *made = words[RECOVER_DEVICES];
  int error = devices_each (made, prepare_device) == -1 ? -1 : try_readonly (agent, words, options, payload);

  if (error == 0)
    error = repair_device (made, words[RECOVER_TYPE], payload);
  return error == 0 ? recover_mounted (agent, words, options, payload) : error;
}

/* Make of DEVICES what is to be mounted, and try that.  As recover_mounted. */
static int
recover_assembled (struct agent *agent, const char *devices, char **words, const char *options, FILE *payload)
{
  CLEANUP_FREE char *made = NULL, *why = NULL;
  int error = assembly_make (agent, devices, words[RECOVER_ASSEMBLE], words[RECOVER_TIMEOUT], &made, &why);

  if (error == 1) {
    answer_begin_line (ANSWER_REPAIR, payload);
    fprintf (payload, "assembling the disks: %s\n", why);
  }
  words[RECOVER_DEVICES] = made;
  if (error == 0)
    error = recover_made (agent, words, options, payload);
  /* What is still mounted cannot be forgotten; the answer says so already. */
  return error == -1 || error == EBUSY || assembly_undo (devices, made, words[RECOVER_TYPE]) == 0 ? error : -1;
}

/* Let the clock show what it did at the first recovery: time stamps are all that would make two recoveries of one state
 * write different bytes, of which each has to be recovered from again.
 */
static void
set_clock_back (void)
{
  static struct timespec first;

  if (first.tv_sec == 0)
    clock_gettime (CLOCK_REALTIME, &first);
  clock_settime (CLOCK_REALTIME, &first);
}

int
recover (struct agent *agent, char **words, FILE *payload)
{
  const char *devices = words[RECOVER_DEVICES], *type = words[RECOVER_TYPE];
  CLEANUP_FREE char *options = recovery_options (type, words[RECOVER_OPTIONS]);

  if (options == NULL)
    return -1;
  baseline_load_modules (agent, type);
  if (devices_each (devices, prepare_device) == -1)
    return -1;
  if (strcmp (words[RECOVER_TAPED], "yes") == 0)
    set_clock_back ();
  if (recover_assembled (agent, devices, words, options, payload) == -1)
    return -1;
  log_report (agent, payload);
  return 0;
}

int
try_recovered (struct agent *agent, char **words, FILE *payload)
{
  const char *devices = words[0], *type = words[2];
  CLEANUP_FREE char *options = recovery_options (type, words[3]), *made = NULL, *why = NULL;
  int error = options ? assembly_make (agent, devices, words[1], words[6], &made, &why) : -1;

  if (error == 1) {
    answer_begin_line (ANSWER_USABLE, payload);
    fprintf (payload, "assembling the disks: %s\n", why);
  }
  if (error == 0)
    error = try (&(struct recovered) {
      made, type, options, strcmp (words[4], "yes") == 0, strcmp (words[5], "yes") == 0
    }, payload);
  if (error == -1)
    return -1;
  write_errno (ANSWER_UNMOUNT, error == 1 ? 0 : error, payload);
  if (error != EBUSY && assembly_undo (devices, made, type) == -1)
    return -1;
  log_report (agent, payload);
  return 0;
}
