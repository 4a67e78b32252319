/* SPDX-License-Identifier: BSD-3-Clause */
/* User Mode Linux as a machine.
 *
 * It runs in a directory of its own beside its console, where what it needs has short names: on the kernel's command
 * line there are no quotes, and the path of a socket has at most 107 bytes.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "common/number.h"
#include "common/parts.h"
#include "common/process.h"
#include "common/text.h"
#include "common/text-list.h"
#include "guest/agent/protocol.h"
#include "guest/kernel/program.h"
#include "guest/machine.h"
#include "guest/uml.h"

#define NAME "User Mode Linux"
#define END_GRACE_MS 5000

/* What the kernel is told, as guest/qemu.c says.  Where it panics, it ends by itself.
 *
 * What makes its boot long is left out: choosing the fastest code for RAID 6 keeps the processor busy for a second
 * (raid6_select_algo, since 7 raid6_init; btrfs uses that code for its profile raid6 alone, which no file system on one
 * disk has), and for each of several hundred terminals that nobody uses a program is started (CONFIG_UEVENT_HELPER;
 * ssl_init).  The loop that busy waits are made of needs no calibration: whatever it takes, they are long enough.  With
 * no root named, which else has a default here, the root is a tmpfs, and counts what is in it (guest/agent/reset.c).
 */
#define KERNEL_COMMAND_LINE \
  "con=null con0=null,fd:1 console=tty0 loglevel=5 panic=-1 oops=panic nowatchdog " \
  "rcupdate.rcu_cpu_stall_suppress=1 cryptomgr.notests random.trust_cpu=on root= pty.legacy_count=0 lpj=100000000 " \
  "initcall_blacklist=raid6_select_algo,raid6_init,init_zswap,ssl_init"

/* From this version on, programs in the guest can be kept by seccomp, which is faster than tracing them. */
#define SECCOMP_MAJOR 6
#define SECCOMP_MINOR 16

/* Let NAME in DIRECTORY be a link to TARGET; NULL: let it not be there.  Returns 0, or -1 after a message. */
static int
put_link (const char *directory, const char *name, const char *target)
{
  CLEANUP_FREE char *path = text_format ("%s/%s", directory, name);
  CLEANUP_FREE char *whole = path && target ? realpath (target, NULL) : NULL;

  if (path == NULL)
    return -1;
  if ((whole || target == NULL) && (unlink (path) == 0 || errno == ENOENT)
      && (target == NULL || symlink (whole, path) == 0))
    return 0;
  error_message ("%s: %m", target == NULL || whole ? path : target);
  return -1;
}

/* Put what the guest needs into DIRECTORY, which is made if it is missing. */
static int
furnish (const struct vm_config *config, const char *directory)
{
  CLEANUP_FREE char *libraries = kernel_program_libraries (config->kernel->image);

  if (mkdir (directory, 0700) == -1 && errno != EEXIST) {
    error_message ("%s: %m", directory);
    return -1;
  }
  if (put_link (directory, UML_ARCHIVE, config->initramfs) == -1
      || put_link (directory, KERNEL_LIBRARIES, libraries) == -1)
    return -1;
  for (size_t i = 0; i < config->disk_count; i++) {
    const char *socket = config->disks[i].vhost_socket;
    CLEANUP_FREE char *name = text_format (UML_DISK "%zu", i);

    if (name == NULL || (socket && put_link (directory, name, socket) == -1))
      return -1;
  }
  return 0;
}

/* Whether the kernel of RELEASE knows seccomp= of User Mode Linux. */
static bool
knows_seccomp (const char *release)
{
  char *end;
  const unsigned long major = strtoul (release, &end, 10), minor = *end == '.' ? strtoul (end + 1, NULL, 10) : 0;

  return major > SECCOMP_MAJOR || (major == SECCOMP_MAJOR && minor >= SECCOMP_MINOR);
}

static void __attribute__ ((format (printf, 3, 4)))
add (struct text_list *words, int *failed, const char *format, ...)
{
  va_list args;
  char *word;

  va_start (args, format);
  int length = vasprintf (&word, format, args);
  va_end (args);
  if (length == -1) {
    *failed = -1;
    return;
  }
  *failed |= text_list_add (words, word, (size_t) length);
  free (word);
}

/* What the keeper is told of ports. */
static void
add_ports (const struct vm_config *config, struct text_list *words, int *failed)
{
  if (config->terminal)
    add (words, failed, UML_TERMINAL "=%s", config->terminal);
  for (size_t i = 0; i < config->disk_count; i++)
    if (config->disks[i].guest_port)
      add (words, failed, AGENT_NBD_PORT "%s=%s", config->disks[i].guest_port, config->nbd_socket);
}

/* The command line of the guest's program. */
static void
add_program (const struct vm_config *config, const char *program, struct text_list *words, int *failed)
{
  CLEANUP_FREE char *options = text_format (KERNEL_COMMAND_LINE);
  char *rest = options, *option;

  add (words, failed, "%s", program);
  add (words, failed, "mem=%uM", config->memory_mib);
  add (words, failed, "initrd=" UML_ARCHIVE);
  while ((option = strsep (&rest, " ")) != NULL)
    add (words, failed, "%s", option);
  if (knows_seccomp (config->kernel->release))
    add (words, failed, "seccomp=auto");
  add (words, failed, "virtio_uml.device=" UML_PORTS ":3");
  for (size_t i = 0; i < config->disk_count; i++)
    if (config->disks[i].vhost_socket)
      add (words, failed, "virtio_uml.device=" UML_DISK "%zu:2", i);
  if (options == NULL)
    *failed = -1;
}

/* The command line of the keeper of a guest in DIRECTORY, in *words, to be freed with text_list_free in any case.
 * Returns 0, or -1 after a message.
 */
static int
make_command (const struct vm_config *config, const char *directory, int port, struct text_list *words)
{
  CLEANUP_FREE char *keeper = part_path (PART_UML_KEEPER);
  CLEANUP_FREE char *program = realpath (config->kernel->image, NULL);
  int failed = 0;

  *words = (struct text_list) { NULL, 0 };
  if (keeper == NULL)
    return -1;
  if (program == NULL) {
    error_message ("%s: %m", config->kernel->image);
    return -1;
  }
  add (words, &failed, "%s", keeper);
  add (words, &failed, "%s", directory);
  add (words, &failed, "%u", config->memory_mib);
  add (words, &failed, "%d", port);
  add_ports (config, words, &failed);
  add (words, &failed, "--");
  add_program (config, program, words, &failed);
  return failed ? out_of_memory () : 0;
}

static pid_t
start (const struct vm_config *config, enum accel accel, int port, int errors)
{
  (void) accel;
  CLEANUP_FREE char *directory = text_format ("%s-uml", config->console);
  CLEANUP_CLOSE int console = open (config->console, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
  const struct process_io io = { .stdout_fd = console, .stderr_fd = errors, .inherit_fds = { port } };
  struct text_list words;
  pid_t pid = -1;

  if (console == -1) {
    error_message ("%s: %m", config->console);
    return -1;
  }
  if (directory == NULL || furnish (config, directory) == -1)
    return -1;
  if (make_command (config, directory, port, &words) == 0)
    pid = process_start ((const char *const *) words.texts, &io);
  text_list_free (&words);
  return pid;
}

/* The keeper must not be killed: it ends the others. */
static void
end (pid_t pid)
{
  process_end (pid, END_GRACE_MS);
}

/* One that is shut down exits with 0; one that panics aborts itself.  What was all right is no reason. */
static struct vm_answer
explain_end (int status, const char *line)
{
  if (status == 0 || (WIFSIGNALED (status) && WTERMSIG (status) == SIGABRT))
    return vm_answer_make (VM_DIED, "the guest went down");
  return machine_broken (NAME, status, text_ends_with (line, "OK") ? "" : line);
}

const struct machine uml_machine = { .name = NAME, .start = start, .end = end, .explain_end = explain_end };
