/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "guest/agent/protocol.h"
#include "guest/qemu.h"

/* What the kernel is told:
 *   console, loglevel           warnings and worse go to the console file; the rest would cost boot time
 *   panic, oops, reboot         a kernel that is broken ends QEMU at once (-no-reboot), by the shortest way
 *   nowatchdog, rcupdate        a slow host is no lockup of the guest; a hang is noticed by the host's time-outs
 *   tsc, no_timer_check         clocks need not be measured against one another
 *   clocksource                 an emulated TSC is that of whichever processor of the host QEMU is on; where these
 *                               differ, time in the guest would jump by minutes, and time limits pass at once
 *   cryptomgr                   nor ciphers tested at boot
 *   mitigations, random         nothing hostile runs in there, and nothing secret
 */
#define KERNEL_COMMAND_LINE \
  "console=ttyS0 loglevel=5 panic=-1 oops=panic reboot=t nowatchdog rcupdate.rcu_cpu_stall_suppress=1 " \
  "tsc=reliable no_timer_check cryptomgr.notests mitigations=off random.trust_cpu=on"

struct command {
  char **words;                 /* NULL at the end */
  size_t count;
  bool failed;
};

static void add (struct command *command, const char *format, ...) __attribute__ ((format (printf, 2, 3)));

static void
add (struct command *command, const char *format, ...)
{
  char **words = reallocarray (command->words, command->count + 2, sizeof *words), *word;
  va_list args;

  if (words == NULL) {
    command->failed = true;
    return;
  }
  va_start (args, format);
  if (vasprintf (&word, format, args) == -1) {
    command->failed = true;
    word = NULL;
  }
  va_end (args);
  words[command->count] = word;
  command->count += word != NULL;
  words[command->count] = NULL;
  command->words = words;
}

/* TEXT as a value in an option of QEMU, to free: a comma would begin the next value, two stand for one. */
static char *
quote (const char *text)
{
  struct text_stream quoted;

  if (!text_begin (&quoted))
    return NULL;
  for (; *text; text++) {
    if (*text == ',')
      putc (',', quoted.file);
    putc (*text, quoted.file);
  }
  return text_end (&quoted);
}

/* What QEMU, once it has started, may not do even if a guest takes it over: old system calls, becoming somebody else,
 * starting programs, changing priorities.  These are all the denials that there are, from QEMU 7.2 to 11.
 */
#define SANDBOX "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"

static void
add_machine (struct command *command, const struct vm_config *config, const char *image, enum accel accel)
{
  add (command, QEMU_PROGRAM);
  add (command, "-sandbox");
  add (command, SANDBOX);
  add (command, "-nodefaults");
  add (command, "-no-user-config");
  add (command, "-no-reboot");
  add (command, "-display");
  add (command, "none");
  add (command, "-machine");
  add (command, "pc,accel=%s", accel_name (accel));
  /* A fifth level of page tables costs time under emulation, and no guest of this size needs it.  A kernel that takes
   * string instructions for fast clears pages byte by byte, which the emulator does one at a time.
   */
  add (command, "-cpu");
  add (command, "max,la57=off%s", accel == ACCEL_TCG ? ",erms=off,fsrm=off" : "");
  add (command, "-smp");
  add (command, "1");
  add (command, "-m");
  add (command, "%u", config->memory_mib);
  if (config->role == ROLE_RESTORED)
    return;
  add (command, "-kernel");
  add (command, "%s", image);
  add (command, "-initrd");
  add (command, "%s", config->initramfs);
  add (command, "-append");
  add (command, KERNEL_COMMAND_LINE "%s", accel == ACCEL_TCG ? " clocksource=acpi_pm" : "");
}

/* A terminal that nobody has costs a saved machine nothing, and lets it be anybody's. */
static void
add_terminal (struct command *command, const struct vm_config *config)
{
  CLEANUP_FREE char *terminal = quote (config->terminal ? config->terminal : "");

  if (terminal == NULL)
    command->failed = true;
  else if (*terminal || config->role != ROLE_BOOTED) {
    add (command, "-chardev");
    add (command, "%s,id=terminal%s%s", *terminal ? "socket" : "null", *terminal ? ",path=" : "", terminal);
    add (command, "-device");
    add (command, "virtconsole,chardev=terminal");
  }
}

static void
add_channels (struct command *command, const struct vm_config *config, int agent_fd)
{
  CLEANUP_FREE char *console = quote (config->console);

  if (console == NULL) {
    command->failed = true;
    return;
  }
  add (command, "-chardev");
  add (command, "file,id=console,path=%s", console);
  add (command, "-serial");
  add (command, "chardev:console");
  add (command, "-chardev");
  add (command, "socket,id=agent,fd=%d", agent_fd);
  add (command, "-device");
  add (command, "virtio-serial-pci");
  add (command, "-device");
  add (command, "virtserialport,chardev=agent,name=" AGENT_PORT_NAME);
  add_terminal (command, config);
}

/* Where the blocks of the disk ID are: an export, a file, or nowhere if both are NULL. */
static void
add_blocks (struct command *command, const char *id, const char *socket_path, const char *export_name,
            const char *file)
{
  CLEANUP_FREE char *name = quote (export_name ? export_name : file ? file : "");

  if (name == NULL) {
    command->failed = true;
    return;
  }
  add (command, "-blockdev");
  if (export_name)
    add (command, "driver=nbd,node-name=%s,discard=unmap,server.type=unix,server.path=%s,export=%s", id, socket_path,
         name);
  else if (file)
    add (command, "driver=raw,node-name=%s,discard=unmap,file.driver=file,file.locking=off,file.filename=%s", id, name);
  else
    add (command, "driver=null-co,node-name=%s,size=1048576,read-zeroes=on", id);
}

/* A disk of the guest as the server sees it: flushes and trims pass, requests are not merged, and an error is the
 * guest's to handle, where QEMU's default would stop the guest when there is no space.  An emulated processor, which
 * waits for nearly every request, sends it itself, where the default wakes another thread for that.
 */
static void
add_virtio_disk (struct command *command, const char *id, enum accel accel, bool write_through, const char *serial)
{
  add (command, "-device");
  add (command,
       "virtio-blk-pci,drive=%s,write-cache=%s,discard=on,write-zeroes=on,request-merging=off,num-queues=1,"
       "rerror=report,werror=report%s%s%s", id, write_through ? "off" : "on",
       accel == ACCEL_TCG ? ",ioeventfd=off" : "", *serial ? ",serial=" : "", serial);
}

/* A saved machine has as many disks as any of those that it becomes, and one more, which brings the extras. */
static void
add_disks (struct command *command, const struct vm_config *config, const char *socket_path, enum accel accel)
{
  const size_t least = config->role == ROLE_BOOTED ? 0 : config->disks_saved;
  size_t count = 0;

  for (size_t i = 0; i < config->disk_count || count < least; i++) {
    const struct vm_disk *disk = i < config->disk_count ? &config->disks[i] : NULL;
    char id[32];

    if (disk && disk->guest_port)
      continue;
    snprintf (id, sizeof id, "disk%zu", count++);
    add_blocks (command, id, socket_path, disk ? disk->export_name : NULL, disk ? disk->file : NULL);
    add_virtio_disk (command, id, accel, disk && disk->write_through, "");
  }
  if (config->role != ROLE_BOOTED) {
    add_blocks (command, "extras", socket_path, NULL, config->extras);
    add_virtio_disk (command, "extras", accel, false, AGENT_EXTRAS_SERIAL);
  }
}

/* Add one connection to the server for each disk that the guest reaches over the network, and write to FILE where it
 * reaches them.
 */
static void
add_forwards (struct command *command, const struct vm_config *config, const char *socket_path, FILE *file)
{
  for (size_t i = 0; i < config->disk_count; i++)
    if (config->disks[i].guest_port) {
      add (command, "-chardev");
      add (command, "socket,id=nbd%zu,path=%s", i, socket_path);
      fprintf (file, ",guestfwd=tcp:" VM_NBD_ADDRESS ":%s-chardev:nbd%zu", config->disks[i].guest_port, i);
    }
}

/* A network in which there is nothing but the server.  A saved machine has none, but what one is plugged into. */
static void
add_network (struct command *command, const struct vm_config *config, const char *socket_path)
{
  struct text_stream stream;
  CLEANUP_FREE char *forwards = NULL;

  if (text_begin (&stream)) {
    add_forwards (command, config, socket_path, stream.file);
    forwards = text_end (&stream);
  }
  if (forwards == NULL) {
    command->failed = true;
    return;
  }
  if (*forwards == '\0' && config->role == ROLE_BOOTED)
    return;
  add (command, "-netdev");
  add (command, "%s%s", *forwards ? "user,id=net,restrict=on,ipv6=off" : "hubport,id=net,hubid=0", forwards);
  add (command, "-device");
  add (command, "virtio-net-pci,netdev=net,romfile=");
}

/* How a machine is saved, or what it goes on from. */
static void
add_role (struct command *command, const struct vm_config *config)
{
  if (config->role == ROLE_SAVED) {
    add (command, "-chardev");
    add (command, "socket,id=commands,fd=%d", config->state_fd);
    add (command, "-mon");
    add (command, "chardev=commands,mode=control");
  }
  if (config->role == ROLE_RESTORED) {
    add (command, "-incoming");
    add (command, "fd:%d", config->state_fd);
  }
}

/* Read-only, with the owners and modes that files have here.  Numbers of files of several file systems are made to
 * differ.
 */
static void
add_host_root (struct command *command)
{
  add (command, "-fsdev");
  add (command, "local,id=root,path=/,security_model=none,readonly=on,multidevs=remap");
  add (command, "-device");
  add (command, "virtio-9p-pci,fsdev=root,mount_tag=" AGENT_HOST_ROOT_TAG);
}

char **
qemu_command (const struct vm_config *config, const char *image, enum accel accel, int agent_fd)
{
  struct command command = { .words = NULL };
  CLEANUP_FREE char *socket_path = quote (config->nbd_socket ? config->nbd_socket : "");

  if (socket_path == NULL)
    return NULL;
  add_machine (&command, config, image, accel);
  add_channels (&command, config, agent_fd);
  add_disks (&command, config, socket_path, accel);
  add_network (&command, config, socket_path);
  if (config->host_root)
    add_host_root (&command);
  add_role (&command, config);
  if (command.failed) {
    qemu_command_free (command.words);
    return NULL;
  }
  return command.words;
}

void
qemu_command_free (char **words)
{
  if (words)
    for (char **word = words; *word; word++)
      free (*word);
  free (words);
}
