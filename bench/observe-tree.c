/* SPDX-License-Identifier: BSD-3-Clause */
/* Observing: how long the agent takes for the tree on a file system, when nothing of it is in the guest's memory and
 * when all is.
 *
 *     observe-tree TYPE IMAGE ROUNDS        IMAGE is a file system of TYPE; it is changed
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
#include "common/workdir.h"
#include "guest/image.h"
#include "guest/vm.h"

#define ROUNDS_MAX 1000
#define TIMEOUT_MS 120000
#define DISK "/dev/vda"

static struct vm *vm;
static char *folder;

static void __attribute__ ((noreturn))
end (int status)
{
  vm_end (vm);
  workdir_remove (folder);
  free (folder);
  exit (status);
}

static void
boot (const char *type, const char *image)
{
  CLEANUP_FREE char *file = NULL, *console = NULL;
  const struct vm_disk disk = { .file = image };
  struct initramfs *extras;
  struct kernel kernel;

  if (guest_kernel_find (NULL, type, false, &kernel) == -1)
    end (2);
  extras = guest_extras_new (&kernel, type, 0, false);
  if (extras == NULL || asprintf (&file, "%s/extras", folder) == -1
      || asprintf (&console, "%s/console", folder) == -1
      || initramfs_write (extras, file) == -1)
    end (2);
  const struct vm_config config = {
    .kernel = &kernel, .extras = file, .disks = &disk, .disk_count = 1, .memory_mib = 256, .console = console,
    .boot_timeout_ms = TIMEOUT_MS,
  };
  vm = vm_start (&config);
  initramfs_free (extras);
  kernel_free (&kernel);
  if (vm == NULL)
    end (2);
}

/* Ask the agent.  Returns how long it took. */
static double
ask (const char *const *words)
{
  double start = clock_seconds (CLOCK_MONOTONIC);
  struct vm_answer answer = vm_call (vm, TIMEOUT_MS, words);

  if (answer.failure != VM_OK) {
    error_message ("%s: %s", words[0], answer.text);
    end (2);
  }
  free (answer.text);
  return clock_seconds (CLOCK_MONOTONIC) - start;
}

static size_t
count_objects (void)
{
  struct vm_answer answer = vm_call (vm, TIMEOUT_MS, (const char *const[]) { "tree", NULL });
  size_t count = 0;

  for (const char *at = answer.text; (at = strchr (at, '\n')) != NULL; at++)
    count++;
  free (answer.text);
  return count;
}

static void
measure (const char *type, size_t rounds)
{
  static double cold[ROUNDS_MAX], warm[ROUNDS_MAX];

  for (size_t i = 0; i < rounds; i++) {
    ask ((const char *const[]) { "mount", DISK, type, "", NULL });
    cold[i] = ask ((const char *const[]) { "observe", NULL });
    warm[i] = ask ((const char *const[]) { "observe", NULL });
    ask ((const char *const[]) { "reset", DISK, type, NULL });
  }
  ask ((const char *const[]) { "mount", DISK, type, "", NULL });
  ask ((const char *const[]) { "observe", NULL });
  printf ("%-22s %12zu %12.2f %8.2f\n", type, count_objects (), median (cold, rounds), median (warm, rounds));
}

int
main (int argc, char **argv)
{
  uint64_t rounds;

  if (argc != 4 || parse_unsigned (argv[3], ROUNDS_MAX, &rounds) == -1 || rounds == 0) {
    fprintf (stderr, "usage: observe-tree TYPE IMAGE ROUNDS\n");
    return 2;
  }
  folder = workdir_create ();
  if (folder == NULL)
    return 2;
  boot (argv[1], argv[2]);
  measure (argv[1], rounds);
  end (0);
}
