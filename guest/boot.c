/* SPDX-License-Identifier: BSD-3-Clause */
/* Booting a guest, and finding out meanwhile whether KVM works. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/append.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/message.h"
#include "common/process.h"
#include "common/stop.h"
#include "common/text.h"
#include "guest/accel.h"
#include "guest/base.h"
#include "guest/launch.h"
#include "guest/qemu.h"

#define REASON_LINES 2
#define BOOT_TRIES 3

/* Hardware that virtualizes boots a guest in a second or two. */
#define KVM_BOOT_MS 10000
#define KVM_PATIENCE_MS 30000   /* where nothing else is wanted */

/* Who finds out; others wait for that. */
static pthread_mutex_t deciding = PTHREAD_MUTEX_INITIALIZER;

/* Wait for VM, which may be NULL, to be ready.  Returns it, or NULL and why in *answer (text NULL: a message was
 * printed).
 */
static struct vm *
await (struct vm *vm, int timeout_ms, struct vm_answer *answer)
{
  *answer = (struct vm_answer) { .failure = VM_DIED };
  if (vm == NULL)
    return NULL;
  *answer = vm_await_ready (vm, timeout_ms, NULL);
  if (answer->failure == VM_OK)
    return vm;
  vm_end (vm);
  return NULL;
}

static struct vm *
boot (const struct vm_config *config, enum accel accel, int timeout_ms, struct vm_answer *answer)
{
  return await (vm_launch (config, accel), timeout_ms, answer);
}

/* Whether another try may bring what this one did not: QEMU's emulation now and then crashes a kernel as it boots. */
static bool
died_booting (const struct vm *vm, const struct vm_answer *answer)
{
  return vm == NULL && answer->text && answer->failure == VM_DIED;
}

/* Wait for VM, the first try, which may be NULL, and boot again if it dies. */
static struct vm *
await_emulated (const struct vm_config *config, struct vm *vm, struct vm_answer *answer)
{
  vm = await (vm, config->boot_timeout_ms, answer);
  for (int tries = 1; tries < BOOT_TRIES && died_booting (vm, answer); tries++) {
    free (answer->text);
    vm = boot (config, ACCEL_TCG, config->boot_timeout_ms, answer);
  }
  return vm;
}

static struct vm *
boot_emulated (const struct vm_config *config, struct vm_answer *answer)
{
  return await_emulated (config, vm_launch (config, ACCEL_TCG), answer);
}

/* Note that KVM does not work, as ANSWER shows. */
static void
give_up_kvm (const struct vm_answer *answer)
{
  CLEANUP_FREE char *why = text_format ("with /dev/kvm a guest does not come up: %s",
                                        answer->text ? answer->text : "QEMU cannot be started");

  accel_remember (ACCEL_TCG, why ? why : "");
}

/* Boot where KVM is known to work, as far as a guest of another time can tell. */
static struct vm *
boot_virtualized (const struct vm_config *config, struct vm_answer *answer)
{
  const int timeout_ms = config->boot_timeout_ms < KVM_BOOT_MS ? config->boot_timeout_ms : KVM_BOOT_MS;
  struct vm *vm = boot (config, ACCEL_KVM, timeout_ms, answer);

  if (vm || answer->text == NULL || answer->failure == VM_STOPPED)
    return vm;
  struct vm_answer virtualized = *answer;
  vm = boot_emulated (config, answer);
  if (vm)
    give_up_kvm (&virtualized);
  free (virtualized.text);
  return vm;
}

/* Wait until one of the guests is ready or has ended.  Returns the one that was first, PROBE if both were;  NULL on a
 * stop or after TIMEOUT_MS.
 */
static struct vm *
first_of (struct vm *probe, struct vm *vm, int timeout_ms)
{
  const double deadline = clock_seconds (CLOCK_MONOTONIC) + timeout_ms / 1000.0;

  for (;;) {
    struct pollfd pollers[] = {
      { .fd = vm_port (probe), .events = POLLIN }, { .fd = vm_port (vm), .events = POLLIN },
      { .fd = stop_fd (), .events = POLLIN }
    };
    const double left = deadline - clock_seconds (CLOCK_MONOTONIC);
    const int ready = poll (pollers, 3, left > 0 ? (int) (left * 1000) + 1 : 0);

    if (ready == -1 && errno == EINTR)
      continue;
    if (ready <= 0 || pollers[2].revents)
      return NULL;
    return pollers[0].revents ? probe : vm;
  }
}

/* Let a guest without disks, virtualized, run against the one that is wanted, emulated.  Where KVM works it wins by
 * far, and the other one is begun anew; where it does not, nothing is lost.  Returns as await does.
 */
static struct vm *
race (const struct vm_config *config, struct vm_answer *answer)
{
  struct vm_config probe_config = *config;
  struct vm *vm = vm_launch (config, ACCEL_TCG);

  probe_config.disk_count = 0;
  probe_config.console = "/dev/null";
  probe_config.terminal = NULL;
  probe_config.role = ROLE_BOOTED;
  struct vm *probe = vm ? vm_launch (&probe_config, ACCEL_KVM) : NULL;
  struct vm *first = probe ? first_of (probe, vm, config->boot_timeout_ms) : NULL;
  if (first && first == probe) {
    probe = await (probe, config->boot_timeout_ms, answer);
    if (probe) {
      vm_end (probe);
      vm_end (vm);
      accel_remember (ACCEL_KVM, "");
      return boot_virtualized (config, answer);
    }
    if (answer->failure != VM_STOPPED)
      give_up_kvm (answer);
    free (answer->text);
  }
  else
    vm_end (probe);
  vm = await_emulated (config, vm, answer);
  if (vm && first == vm)
    accel_remember (ACCEL_TCG, "without /dev/kvm a guest came up sooner than with it");
  return vm;
}

/* What is known to be best here, as far as that can be without a guest. */
static enum accel
find_best (const struct vm_config *config)
{
  enum accel accel = accel_known ();

  if (accel == ACCEL_AUTO && !accel_has_kvm ()) {
    const char *who = errno == EACCES ? ": whoever is in the group kvm may use it" : "";
    CLEANUP_FREE char *why = text_format ("/dev/kvm: %m%s", who);

    accel = ACCEL_TCG;
    accel_remember (accel, why ? why : "");
  }
  if (!config->quiet)
    accel_tell (NULL);
  return accel;
}

enum accel
boot_accel (const struct vm_config *config)
{
  if (config->accel != ACCEL_AUTO)
    return config->accel;
  pthread_mutex_lock (&deciding);
  const enum accel accel = find_best (config);
  pthread_mutex_unlock (&deciding);
  return accel;
}

/* Boot as is best here, which is found out if nobody has. */
static struct vm *
boot_best (const struct vm_config *config, struct vm_answer *answer)
{
  struct vm *vm = NULL;

  pthread_mutex_lock (&deciding);
  const enum accel accel = find_best (config);
  if (accel == ACCEL_AUTO) {
    vm = race (config, answer);
    if (!config->quiet)
      accel_tell (NULL);
  }
  pthread_mutex_unlock (&deciding);
  if (accel == ACCEL_AUTO)
    return vm;
  return accel == ACCEL_KVM ? boot_virtualized (config, answer) : boot_emulated (config, answer);
}

/* Boot with KVM and nothing else. */
static struct vm *
boot_with_kvm (const struct vm_config *config, struct vm_answer *answer)
{
  const int timeout_ms = config->boot_timeout_ms < KVM_PATIENCE_MS ? config->boot_timeout_ms : KVM_PATIENCE_MS;

  if (accel_has_kvm ())
    return boot (config, ACCEL_KVM, timeout_ms, answer);
  error_message ("--accel=kvm: /dev/kvm: %m: take auto or tcg");
  *answer = (struct vm_answer) { .failure = VM_DIED };
  return NULL;
}

static void
report_boot_failure (const struct vm_config *config, const struct vm_answer *answer)
{
  if (answer->text == NULL || answer->failure == VM_STOPPED)
    return;
  CLEANUP_FREE char *reason = console_reason (config->console, REASON_LINES);
  error_message ("%sthe guest did not boot %s: %s%s%s", config->accel == ACCEL_KVM ? "--accel=kvm: " : "",
                 config->kernel->image, answer->text, *reason ? "; its console says: " : "", reason);
}

/* Write base and extras, which a kernel unpacks one after the other, to FD.  Returns 0, or -1 after a message. */
static int
write_archive (const struct vm_config *config, int fd)
{
  CLEANUP_CLOSE int extras = config->extras ? open (config->extras, O_RDONLY | O_CLOEXEC) : -1;
  struct guest_base base;
  int r = guest_base_open (config->kernel, &base);

  if (r == 0 && (append_file (fd, base.fd, base.offset) == -1
                 || (config->extras && (extras == -1 || append_file (fd, extras, 0) == -1)))) {
    error_message ("cannot make what the guest is booted with: %m");
    r = -1;
  }
  guest_base_release (&base);
  return r;
}

/* Make the archive that CONFIG's guest is booted with.  Returns its path, to free, or NULL after a message. */
static char *
make_archive (const struct vm_config *config)
{
  char *path = text_format ("%s.initramfs", config->console);
  CLEANUP_CLOSE int fd = path ? open (path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600) : -1;

  if (path && fd == -1)
    error_message ("%s: %m", path);
  if (fd >= 0 && write_archive (config, fd) == 0)
    return path;
  if (fd >= 0)
    unlink (path);
  free (path);
  return NULL;
}

static struct vm *
boot_with_archive (const struct vm_config *config, bool *broken)
{
  struct vm_answer answer;
  struct vm *vm;

  /* There is nothing to accelerate. */
  if (kernel_runs_alone (config->kernel))
    vm = boot (config, config->accel, config->boot_timeout_ms, &answer);
  else if (config->accel == ACCEL_AUTO)
    vm = boot_best (config, &answer);
  else
    vm = config->accel == ACCEL_KVM ? boot_with_kvm (config, &answer) : boot_emulated (config, &answer);
  if (vm)
    return vm;
  if (broken && answer.text && answer.failure == VM_BROKEN)
    *broken = true;
  else
    report_boot_failure (config, &answer);
  free (answer.text);
  return NULL;
}

struct vm *
boot_guest (const struct vm_config *config, bool *broken)
{
  CLEANUP_FREE char *archive = make_archive (config);
  struct vm_config booted = *config;

  if (archive == NULL)
    return NULL;
  booted.initramfs = archive;
  struct vm *vm = boot_with_archive (&booted, broken);
  unlink (archive);
  return vm;
}
