/* SPDX-License-Identifier: BSD-3-Clause */
/* Being once more what the boot left, for another recording in the same guest. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "guest/agent/agent.h"

const char *const temporary_folders[TEMPORARY_FOLDERS] = { "/dev/shm", "/root", "/run", "/tmp", "/var/tmp" };

static void
reset_environment (const struct agent *agent)
{
  clearenv ();
  for (char **text = agent->boot_environment; text && *text; text++)
    putenv (*text);
}

/* Kill every process but this one, and wait for their ends. */
static void
end_processes (void)
{
  kill (-1, SIGKILL);
  while (waitpid (-1, NULL, 0) > 0 || errno == EINTR) {
    /* until there is none */
  }
}

static struct timespec boot_time;       /* for remove_entry, which nftw gives no argument */

/* A program of the host's may have been taken in here: what is as old as the boot stays, with the folders that it is
 * in.
 */
static int
remove_entry (const char *path, const struct stat *status, int type, struct FTW *position)
{
  const struct timespec *changed = &status->st_ctim;
  const bool is_old = changed->tv_sec < boot_time.tv_sec
    || (changed->tv_sec == boot_time.tv_sec && changed->tv_nsec <= boot_time.tv_nsec);

  (void) type;
  if (position->level == 0 || is_old || remove (path) == 0 || errno == ENOTEMPTY)
    return 0;
  error_message ("%s: %m", path);
  return -1;
}

static int
empty_folders (const struct agent *agent)
{
  boot_time = agent->boot_time;
  for (size_t i = 0; i < TEMPORARY_FOLDERS; i++)
    if (nftw (temporary_folders[i], remove_entry, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT) == -1 && errno != ENOENT)
      return -1;
  return 0;
}

/* Files that are new elsewhere, and those that have become larger, show in how full the root file system is.  One that
 * does not count, which is not what an initramfs is unpacked to in the kernels of distributions, would hide them.
 */
static int
check_root (const struct agent *agent)
{
  const struct statvfs *before = &agent->boot_root;
  struct statvfs now;

  if (statvfs ("/", &now) == -1) {
    error_message ("cannot look at the root file system: %m");
    return -1;
  }
  if (now.f_blocks == 0 || now.f_bfree != before->f_bfree || now.f_ffree != before->f_ffree) {
    error_message ("programs have left files outside of the folders for temporary ones");
    return -1;
  }
  return 0;
}

/* A mount elsewhere or a loop device that a program has left holds the device, with what it was: the next mount of it
 * would be that one again.
 */
static int
check_free (const char *device)
{
  CLEANUP_CLOSE int fd = open (device, O_RDONLY | O_EXCL | O_CLOEXEC);

  if (fd == -1)
    error_message ("%s is still in use: %m", device);
  return fd == -1 ? -1 : 0;
}

int
reset_guest (struct agent *agent, char **words, FILE *payload)
{
  program_forget_all ();
  end_processes ();
  reset_environment (agent);
  free (agent->observation);
  agent->observation = NULL;
  agent->sectors = false;
  if (mount_unmount (agent, NULL, payload) == -1 || disassemble (agent, words, payload) == -1
      || devices_each (words[0], check_free) == -1 || empty_folders (agent) == -1 || check_root (agent) == -1
      || settings_check (agent) == -1)
    return -1;
  log_report (agent, payload);
  return 0;
}
