/* SPDX-License-Identifier: BSD-3-Clause */
/* Starting guests, one after the other: how long it takes until the agent answers.
 *
 *     start-guest TYPE COUNT [boot [KERNEL]]    of KERNEL [the newest] with file systems of TYPE; with `boot`, none
 *                                               starts from a saved machine
 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/median.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/message.h"
#include "common/number.h"
#include "common/stop.h"
#include "common/text.h"
#include "common/workdir.h"
#include "guest/image.h"
#include "guest/vm.h"

#define COUNT_MAX 100000
#define TIMEOUT_MS 120000

/* Start a guest, ask it something, and end it.  Returns the seconds until it was ready, or -1 after a message. */
static double
start_guest (const struct vm_config *config)
{
  const double begun = clock_seconds (CLOCK_MONOTONIC);
  struct vm *vm = vm_start (config);
  const double ready = clock_seconds (CLOCK_MONOTONIC);

  if (vm == NULL)
    return -1;
  struct vm_answer answer = vm_call (vm, TIMEOUT_MS, (const char *const[]) { "log", NULL });
  const bool right = answer.failure == VM_OK && strcmp (answer.text, "taint 0\n") == 0;
  if (!right)
    error_message ("a guest is not as after a boot: %s", answer.text);
  free (answer.text);
  vm_end (vm);
  return right ? ready - begun : -1;
}

static int
start_guests (const struct vm_config *config, const char *type, size_t count)
{
  CLEANUP_FREE double *seconds = calloc (count, sizeof *seconds);

  if (seconds == NULL)
    return out_of_memory ();
  for (size_t i = 0; i < count; i++)
    if ((seconds[i] = start_guest (config)) < 0)
      return -1;
  const double middle = median (seconds, count);
  printf ("%-22s %12s %12.3f %8.3f\n", type, config->no_snapshot ? "booted" : "restored", middle, seconds[count - 1]);
  return 0;
}

int
main (int argc, char **argv)
{
  struct kernel kernel;
  struct initramfs *extras;
  uint64_t count;
  int r = -1;

  if (argc < 3 || parse_unsigned (argv[2], COUNT_MAX, &count) == -1 || count == 0) {
    error_message ("usage: start-guest TYPE COUNT [boot [KERNEL]]");
    return 2;
  }
  CLEANUP_FREE char *folder = workdir_create ();
  CLEANUP_FREE char *file = folder ? text_format ("%s/extras", folder) : NULL;
  CLEANUP_FREE char *console = folder ? text_format ("%s/console", folder) : NULL;
  if (file == NULL || console == NULL || stop_install () == -1
      || guest_kernel_find (argc > 4 ? argv[4] : NULL, argv[1], false, &kernel) == -1)
    return 2;
  extras = guest_extras_new (&kernel, argv[1], 0, false);
  const struct vm_config config = {
    .kernel = &kernel, .extras = file, .memory_mib = 256, .console = console, .boot_timeout_ms = TIMEOUT_MS,
    .no_snapshot = argc > 3
  };
  if (extras && initramfs_write (extras, file) == 0)
    r = start_guests (&config, argv[1], count);
  initramfs_free (extras);
  kernel_free (&kernel);
  workdir_remove (folder);
  return r == -1 ? 2 : 0;
}
