/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "common/process.h"
#include "guest/launch.h"
#include "guest/qemu.h"
#include "guest/snapshot.h"

struct vm *
vm_start (const struct vm_config *config)
{
  /* A kernel that runs alone boots sooner than any state would be read. */
  if (kernel_runs_alone (config->kernel))
    return boot_guest (config, NULL);
  CLEANUP_FREE char *qemu = process_find (QEMU_PROGRAM);
  struct vm *vm;

  if (qemu == NULL) {
    error_message (QEMU_PROGRAM ": not found: install qemu-system-x86");
    return NULL;
  }
  return snapshot_start (config, &vm) ? vm : boot_guest (config, NULL);
}
