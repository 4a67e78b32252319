/* SPDX-License-Identifier: BSD-3-Clause */
/* The keeper of a guest of User Mode Linux: serves its ports, and sees that nothing of it is left.
 *
 *     uml-keeper DIRECTORY MEMORY-MIB AGENT-FD PORT=SOCKET... -- PROGRAM ARGUMENT...
 *
 * Such a guest is a process for its kernel and one for each program in it, which are traced and would run on without
 * their kernel.  They are in one process group.  The keeper ends that when its first process has ended, when it is told
 * to (SIGTERM), and when the process that started it has ended, however that came; it then ends as the kernel did.  For
 * the case that it is killed itself it has a guard, a process that does nothing else.
 *
 * The program runs in DIRECTORY, where it finds the socket PORTS of a vhost-user server: the port AGENT_PORT_NAME is
 * joined to the descriptor AGENT-FD, others to the Unix sockets that they are named with, and TERMINAL is a console.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "common/number.h"
#include "common/process.h"
#include "guest/agent/protocol.h"
#include "guest/kernel/program.h"
#include "guest/machine.h"
#include "guest/uml.h"
#include "vhost/console.h"

#define USAGE "usage: uml-keeper DIRECTORY MEMORY-MIB AGENT-FD [PORT=SOCKET]... -- PROGRAM [ARGUMENT]..."
#define SHARED_MEMORY "/dev/shm"
#define LAST_WORDS_MS 2000      /* for the kernel to end once it has left its ports */

struct uml_keeper {
  uint64_t memory_mib;
  struct vhost_port ports[VHOST_PORTS_MAX];
  size_t count;
  int signals;                  /* readable when a child has ended, or we are to end */
  pid_t pid;                    /* of the guest's first process, and so of its group */
  int guard;                    /* its end tells the guard that we were killed, a byte that all is done */
};

/* A connection to the socket PATH, or -1 after a message. */
static int
connect_to (const char *path)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

  if (strlen (path) >= sizeof address.sun_path)
    errno = ENAMETOOLONG;
  else if (fd >= 0) {
    strncpy (address.sun_path, path, sizeof address.sun_path - 1);
    if (connect (fd, (const struct sockaddr *) &address, sizeof address) == 0)
      return fd;
  }
  error_message ("%s: %m", path);
  if (fd >= 0)
    close (fd);
  return -1;
}

static void
add_port (struct uml_keeper *keeper, const char *name, int fd)
{
  keeper->ports[keeper->count++] = (struct vhost_port) {
    .name = name, .fd = fd, .is_console = strcmp (name, UML_TERMINAL) == 0
  };
}

/* Connect the port that WORD, NAME=SOCKET, says.  Returns 0, or -1 after a message. */
static int
connect_port (struct uml_keeper *keeper, char *word)
{
  const char *name = strsep (&word, "=");
  int fd;

  if (word == NULL || keeper->count == VHOST_PORTS_MAX) {
    error_message ("%s: %s", name, word ? "one port too many" : "which socket?");
    return -1;
  }
  fd = connect_to (word);
  if (fd == -1)
    return -1;
  add_port (keeper, name, fd);
  return 0;
}

/* Add the ports that WORDS, up to `--`, say.  Returns the program, or NULL after a message. */
static char **
add_ports (struct uml_keeper *keeper, char **words)
{
  for (; *words && strcmp (*words, "--") != 0; words++)
    if (connect_port (keeper, *words) == -1)
      return NULL;
  if (*words && words[1])
    return words + 1;
  error_message ("no program to run");
  return NULL;
}

/* Go to where the guest runs, and take what ARGV says besides.  Returns the program, or NULL after a message. */
static char **
take_words (struct uml_keeper *keeper, int argc, char **argv)
{
  uint64_t agent;

  if (argc < 6) {
    error_message (USAGE);
    return NULL;
  }
  if (chdir (argv[1]) == -1) {
    error_message ("%s: %m", argv[1]);
    return NULL;
  }
  if (parse_unsigned (argv[2], UINT32_MAX, &keeper->memory_mib) == -1
      || parse_unsigned (argv[3], INT32_MAX, &agent) == -1) {
    error_message ("%s %s: %m", argv[2], argv[3]);
    return NULL;
  }
  add_port (keeper, AGENT_PORT_NAME, (int) agent);
  return add_ports (keeper, argv + 4);
}

/* Whether a file in DIRECTORY can be the memory of a guest: there is room for it, and it can be executed. */
static bool
suits_memory (const char *directory, uint64_t bytes)
{
  struct statvfs status;

  return access (directory, W_OK | X_OK) == 0 && statvfs (directory, &status) == 0 && !(status.f_flag & ST_NOEXEC)
         && status.f_bavail * status.f_frsize >= bytes;
}

/* What the program finds in its environment, and what it may not do: write a file larger than its memory, which is one,
 * and the console together, or leave its memory on the disk as it dies.  At addresses that are not random it needs no
 * more memory than it was given.
 */
static void
set_surroundings (const struct uml_keeper *keeper)
{
  const struct rlimit none = { 0, 0 };

  clearenv ();
  setenv ("HOME", ".", 1);
  setenv ("LD_LIBRARY_PATH", KERNEL_LIBRARIES, 1);
  setenv ("TMPDIR", suits_memory (SHARED_MEMORY, keeper->memory_mib << 20) ? SHARED_MEMORY : ".", 1);
  setrlimit (RLIMIT_CORE, &none);
  personality (ADDR_NO_RANDOMIZE);
}

/* Be the guard of the guest of KEEPER, which has the other end of FD. */
static void __attribute__ ((noreturn))
stand_guard (const struct uml_keeper *keeper, int fd)
{
  char byte;

  setpgid (0, 0);
  dup2 (fd, 0);
  close_range (1, UINT_MAX, 0);
  if (read (0, &byte, 1) == 0)
    kill (-keeper->pid, SIGKILL);
  _exit (0);
}

/* Have a guard for the guest, which is there.  Returns 0, or -1 after a message. */
static int
post_guard (struct uml_keeper *keeper)
{
  int ends[2];
  pid_t pid = -1;

  if (pipe2 (ends, O_CLOEXEC) == 0) {
    pid = fork ();
    if (pid == 0) {
      close (ends[1]);
      stand_guard (keeper, ends[0]);
    }
    close (ends[0]);
    keeper->guard = ends[1];
  }
  if (pid == -1)
    error_message ("cannot keep the guest: %m");
  return pid == -1 ? -1 : 0;
}

/* End all processes of the guest, and reap them.  Returns the wait status of its first. */
static int
end_guest (const struct uml_keeper *keeper)
{
  int status, first = 0;
  pid_t pid;

  /* Its first process is not reaped yet, so that the group is no other. */
  kill (-keeper->pid, SIGKILL);
  if (keeper->guard >= 0 && write (keeper->guard, "", 1) == -1)
    error_message ("cannot keep the guest: %m");
  while ((pid = waitpid (-1, &status, __WALL)) > 0 || (pid == -1 && errno == EINTR))
    if (pid == keeper->pid)
      first = status;
  return first;
}

/* Wait until the guest comes to its ports at LISTENER.  Returns the connection, or -1 if it ends before. */
static int
await_guest (const struct uml_keeper *keeper, int listener)
{
  struct pollfd fds[] = { { .fd = keeper->signals, .events = POLLIN }, { .fd = listener, .events = POLLIN } };

  while (poll (fds, 2, -1) == -1 && errno == EINTR)
    continue;
  return fds[0].revents ? -1 : accept4 (listener, NULL, NULL, SOCK_CLOEXEC);
}

/* Serve the ports until the guest is to end, or has ended. */
static void
serve (const struct uml_keeper *keeper, int listener)
{
  struct vhost_console *console = vhost_console_new (keeper->ports, keeper->count);
  CLEANUP_CLOSE int connection = console ? await_guest (keeper, listener) : -1;
  struct pollfd end = { .fd = keeper->signals, .events = POLLIN };

  if (connection >= 0) {
    vhost_serve (connection, vhost_console_device (console), keeper->signals);
    poll (&end, 1, LAST_WORDS_MS);
  }
  vhost_console_free (console);
}

/* Whether the guest's first process has ended by itself. */
static bool
has_ended (const struct uml_keeper *keeper)
{
  siginfo_t info = { .si_pid = 0 };

  return waitid (P_PID, (id_t) keeper->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == keeper->pid;
}

/* End as the guest did, for whoever waits for us. */
static int __attribute__ ((noreturn))
end_as (int status)
{
  sigset_t one;

  if (WIFSIGNALED (status)) {
    sigemptyset (&one);
    sigaddset (&one, WTERMSIG (status));
    signal (WTERMSIG (status), SIG_DFL);
    sigprocmask (SIG_UNBLOCK, &one, NULL);
    raise (WTERMSIG (status));
  }
  _exit (WEXITSTATUS (status));
}

/* From now on what would end us is read from a descriptor. */
static int
catch_signals (void)
{
  static const int ours[] = { SIGCHLD, SIGTERM, SIGINT, SIGHUP };
  sigset_t set;

  sigemptyset (&set);
  for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
    sigaddset (&set, ours[i]);
  sigprocmask (SIG_BLOCK, &set, NULL);
  signal (SIGPIPE, SIG_IGN);
  /* Instead of SIGKILL, as which process_start has set it. */
  prctl (PR_SET_PDEATHSIG, SIGTERM);
  prctl (PR_SET_CHILD_SUBREAPER, 1);
  return signalfd (-1, &set, SFD_CLOEXEC);
}

int
main (int argc, char **argv)
{
  struct uml_keeper keeper = { .signals = catch_signals (), .guard = -1 };

  if (keeper.signals == -1) {
    error_message ("cannot keep the guest: %m");
    return EXIT_FAILURE;
  }
  char **program = take_words (&keeper, argc, argv);
  if (program == NULL)
    return EXIT_FAILURE;
  unlink (UML_PORTS);
  CLEANUP_CLOSE int listener = vhost_listen (UML_PORTS);
  if (listener == -1)
    return EXIT_FAILURE;
  set_surroundings (&keeper);
  const struct process_io io = {
    .stdout_fd = -1, .stderr_fd = -1,
    .file_bytes_max = (keeper.memory_mib << 20) + MACHINE_CONSOLE_MAX
  };
  keeper.pid = process_start ((const char *const *) program, &io);
  if (keeper.pid == -1)
    return EXIT_FAILURE;
  if (post_guard (&keeper) == 0)
    serve (&keeper, listener);
  const bool ended = has_ended (&keeper);
  const int status = end_guest (&keeper);
  end_as (ended ? status : 0);
}
