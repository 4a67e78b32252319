/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "guest/agent/agent.h"
#include "guest/agent/protocol.h"

#define MODULE_FOLDER "/modules"
#define PORT_FOLDER "/sys/class/virtio-ports"
#define PORT_WAIT_MS 10000
#define PORT_STEP_MS 5

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

static void
load_module (const char *name)
{
  CLEANUP_FREE char *path = NULL;
  /* Few devices and no search for partitions: both cost boot time, and the search reads the disk. */
  const char *parameters = strcmp (name, "nbd.ko") == 0 ? "nbds_max=8 max_part=0" : "";

  if (asprintf (&path, "%s/%s", MODULE_FOLDER, name) == -1) {
    path = NULL;
    return;
  }
  CLEANUP_CLOSE int fd = open (path, O_RDONLY | O_CLOEXEC);
  if (fd == -1 || (syscall (SYS_finit_module, fd, parameters, 0) == -1 && errno != EEXIST))
    error_message ("cannot load %s: %m", path);
}

/* Load the modules that the file PATH names. */
static void
load_modules (const char *path)
{
  CLEANUP_FCLOSE FILE *order = fopen (path, "re");
  CLEANUP_FREE char *line = NULL;
  size_t size = 0;
  ssize_t length;

  if (order == NULL)            /* everything is built in */
    return;
  while ((length = getline (&line, &size, order)) > 0) {
    if (line[length - 1] == '\n')
      line[length - 1] = '\0';
    if (*line)
      load_module (line);
  }
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
boot_read_environment (const char *path)
{
  CLEANUP_FCLOSE FILE *file = fopen (path, "re");
  CLEANUP_FREE char *text = NULL;
  size_t size = 0;

  while (file && getdelim (&text, &size, '\0', file) > 0) {
    char *value = strchr (text, '=');

    if (value == NULL)
      continue;
    *value++ = '\0';
    setenv (text, value, 1);
  }
}

void
boot_system (void)
{
  setenv ("HOME", "/root", 1);
  boot_read_environment (AGENT_ENVIRONMENT);
  if (access (AGENT_HOST_ROOT, F_OK) == 0) {
    load_modules (MODULE_FOLDER "/order");
    if (boot_enter_host_root () == -1)
      exit (EXIT_FAILURE);      /* the kernel panics then, and the console says why */
  }
  make_folders ();
  open_console ();
  boot_make_files ("");
  load_modules (MODULE_FOLDER "/order");
  modprobe_begin ();
  raise_loopback ();
}

void
boot_load_filesystem (struct agent *agent, const char *type)
{
  CLEANUP_FREE char *path = NULL;

  if (asprintf (&path, MODULE_FOLDER "/order.%s", type) == -1) {
    path = NULL;
    return;
  }
  if (access (path, F_OK) == -1)
    return;
  load_modules (path);
  unlink (path);
  log_begin (agent);            /* what a module says as it is loaded, and how it taints the kernel, is no finding */
  reset_begin (agent);
}

/* Is the port DEVICE (vportNpM) the host's? */
static int
is_our_port (const char *device)
{
  CLEANUP_FREE char *path = NULL;
  char name[sizeof AGENT_PORT_NAME + 1];

  if (asprintf (&path, "%s/%s/name", PORT_FOLDER, device) == -1) {
    path = NULL;
    return 0;
  }
  CLEANUP_FCLOSE FILE *file = fopen (path, "re");
  if (file == NULL || fgets (name, sizeof name, file) == NULL)
    return 0;
  name[strcspn (name, "\n")] = '\0';
  return strcmp (name, AGENT_PORT_NAME) == 0;
}

static int
try_port (void)
{
  DIR *folder = opendir (PORT_FOLDER);
  struct dirent *entry;
  int fd = -1;

  if (folder == NULL)
    return -1;
  while (fd == -1 && (entry = readdir (folder)) != NULL)
    if (entry->d_name[0] != '.' && is_our_port (entry->d_name)) {
      CLEANUP_FREE char *path = NULL;
      if (asprintf (&path, "/dev/%s", entry->d_name) == -1)
        path = NULL;
      else
        fd = open (path, O_RDWR | O_CLOEXEC);
    }
  closedir (folder);
  return fd;
}

/* Does the port know yet that the host has it open?  Until then it reads as if the host were gone. */
static int
is_connected (int fd)
{
  struct pollfd poller = { .fd = fd };

  return poll (&poller, 1, 0) >= 0 && !(poller.revents & POLLHUP);
}

int
boot_open_port (void)
{
  int fd = -1;

  for (int waited_ms = 0; waited_ms < PORT_WAIT_MS; waited_ms += PORT_STEP_MS) {
    if (fd == -1)
      fd = try_port ();
    if (fd >= 0 && is_connected (fd))
      return fd;
    usleep (PORT_STEP_MS * 1000);
  }
  error_message ("no virtio-serial port `%s' appeared: the kernel needs virtio_pci and virtio_console",
                 AGENT_PORT_NAME);
  return -1;
}
