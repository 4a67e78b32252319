/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "guest/agent/agent.h"
#include "guest/agent/protocol.h"

static void
mount_on (const char *type, const char *folder, const char *options)
{
  mkdir (folder, 0755);
  /* EBUSY: the kernel has mounted devtmpfs already. */
  if (mount (type, folder, type, MS_NOSUID, options) == -1 && errno != EBUSY)
    error_message ("cannot mount %s on %s: %m", type, folder);
}

static void
make_folders (void)
{
  static const char *const links[][2] = {
    { "/proc/self/fd", "/dev/fd" }, { "fd/0", "/dev/stdin" }, { "fd/1", "/dev/stdout" }, { "fd/2", "/dev/stderr" }
  };

  mount_on ("devtmpfs", "/dev", NULL);
  mount_on ("proc", "/proc", NULL);
  mount_on ("sysfs", "/sys", NULL);
  mount_on ("tmpfs", "/dev/shm", "mode=1777");
  mount_on ("devpts", "/dev/pts", "gid=5,mode=620,ptmxmode=666");
  mkdir (AGENT_MOUNT_POINT, 0755);
  mkdir ("/root", 0700);
  mkdir ("/run", 0755);
  mkdir ("/var", 0755);
  mkdir ("/var/tmp", 0777);
  chmod ("/var/tmp", 01777);
  for (size_t i = 0; i < sizeof links / sizeof links[0]; i++)
    if (symlink (links[i][0], links[i][1]) == -1 && errno != EEXIST)
      error_message ("%s: %m", links[i][1]);
}

static void
open_console (void)
{
  int console = open ("/dev/console", O_RDWR | O_NOCTTY);

  for (int fd = 0; fd <= 2; fd++)
    dup2 (console, fd);
  if (console > 2)
    close (console);
}

/* The kernel starts no program for each device that comes or goes, as each mount makes some do
 * (CONFIG_UEVENT_HELPER, in lib/kobject_uevent.c).
 */
static void
stop_device_helper (void)
{
  CLEANUP_CLOSE int fd = open ("/sys/kernel/uevent_helper", O_WRONLY | O_CLOEXEC);

  if (fd >= 0 && write (fd, "\n", 1) != 1)
    error_message ("/sys/kernel/uevent_helper: %m");
}

static void
raise_loopback (void)
{
  struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP };
  CLEANUP_CLOSE int fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

  if (fd == -1 || ioctl (fd, SIOCSIFFLAGS, &request) == -1)
    error_message ("cannot set up the loopback interface: %m");
}

void
boot_system (void)
{
  /* What was on the kernel's command line and it did not know is in the environment. */
  clearenv ();
  setenv ("TERM", "linux", 1);
  setenv ("HOME", "/root", 1);
  environment_read (AGENT_ENVIRONMENT);
  if (access (AGENT_HOST_ROOT, F_OK) == 0) {
    modules_load (AGENT_MODULES "/order");
    modules_load (AGENT_MODULES "/order." AGENT_HOST_ROOT_MODULES);
    if (root_enter_host () == -1)
      exit (EXIT_FAILURE);      /* the kernel panics then, and the console says why */
  }
  make_folders ();
  open_console ();
  stop_device_helper ();
  etc_make_files ("");
  modules_load (AGENT_MODULES "/order");
  modprobe_begin ();
  raise_loopback ();
}
