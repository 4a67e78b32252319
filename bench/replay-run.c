/* SPDX-License-Identifier: BSD-3-Clause */
/* Replaying: one run by the runner (select the state, recover it in the guest, read the report) against the same
 * recovery in the same kind of guest on a plain image file of that state, which is restored before each run.  Both
 * guests stand side by side; each round measures one after the other, and the median of the rounds' ratios is printed.
 *
 *     replay-run LOG IMAGE ROUNDS        IMAGE as `replay --export` writes it
 */
#include <config.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "bench/median.h"
#include "common/cleanup.h"
#include "common/message.h"
#include "common/number.h"
#include "common/workdir.h"
#include "guest/image.h"
#include "guest/kernel/find.h"
#include "guest/vm.h"
#include "log/info.h"
#include "replay/runner.h"
#include "replay/search/model.h"

#define ROUNDS_MAX 1000
#define TIMEOUT_MS 60000

struct bench {
  struct write_log *log;
  const char *image;            /* the state, never changed */
  char *folder, *extras, *work, *console;
  struct runner_config config;
  struct runner *runner;
  struct vm *vm;
  uint32_t position;
};

static void __attribute__ ((noreturn))
give_up (struct bench *bench)
{
  vm_end (bench->vm);
  runner_stop (bench->runner);
  workdir_remove (bench->folder);
  exit (2);
}

static double
now_ms (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return (double) now.tv_sec * 1e3 + (double) now.tv_nsec / 1e6;
}

/* Make the work image what IMAGE is, holes and all. */
static int
restore (const struct bench *bench)
{
  CLEANUP_CLOSE int from = open (bench->image, O_RDONLY | O_CLOEXEC);
  CLEANUP_CLOSE int to = open (bench->work, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  struct stat status;
  off_t data = 0;

  if (from == -1 || to == -1 || fstat (from, &status) == -1 || ftruncate (to, status.st_size) == -1)
    return -1;
  while ((data = lseek (from, data, SEEK_DATA)) >= 0) {
    off_t end = lseek (from, data, SEEK_HOLE), out = data;

    while (data < end) {
      ssize_t count = copy_file_range (from, &data, to, &out, (size_t) (end - data), 0);

      if (count <= 0)
        return -1;
    }
  }
  return 0;
}

static void
prepare (struct bench *bench, const struct kernel *kernel)
{
  const char *options = log_info (bench->log, LOG_KEY_MOUNT);
  struct initramfs *extras = guest_extras_new (kernel, log_info (bench->log, LOG_KEY_FILESYSTEM), false);
  const struct vm_disk disk = { .file = bench->work, .write_through = true };
  uint32_t first;

  if (extras == NULL || initramfs_write (extras, bench->extras) == -1
      || model_range (bench->log, &first, &bench->position) == -1 || restore (bench) == -1)
    give_up (bench);
  initramfs_free (extras);
  bench->config = (struct runner_config) {
    .log = bench->log->path, .kernel = kernel, .extras = bench->extras,
    .filesystem = log_info (bench->log, LOG_KEY_FILESYSTEM), .mount_options = options ? options : "", .memory_mib = 256,
    .observe = true, .boot_timeout_ms = TIMEOUT_MS, .run_timeout_ms = TIMEOUT_MS,
  };
  const struct vm_config vm_config = {
    .kernel = kernel, .extras = bench->extras, .disks = &disk, .disk_count = 1, .memory_mib = 256,
    .console = bench->console, .boot_timeout_ms = TIMEOUT_MS,
  };
  bench->runner = runner_start (&bench->config, bench->folder);
  bench->vm = bench->runner ? vm_start (&vm_config) : NULL;
  if (bench->vm == NULL)
    give_up (bench);
}

static double
run_on_file (struct bench *bench)
{
  const char *const words[] = {
    "recover", "/dev/vda", bench->config.filesystem, bench->config.mount_options, "yes", "", "60", "", NULL
  };
  double start;

  if (restore (bench) == -1)
    give_up (bench);
  start = now_ms ();
  struct vm_answer answer = vm_call (bench->vm, TIMEOUT_MS, words);
  double ms = now_ms () - start;
  if (answer.failure != VM_OK || strncmp (answer.text, "mount ok", 8) != 0) {
    error_message ("the run on the plain image failed: %s", answer.text);
    give_up (bench);
  }
  free (answer.text);
  return ms;
}

static double
run_on_log (struct bench *bench)
{
  const struct selection selection = { .point = bench->position, .rule = { .tear = { TEAR_NONE, LOG_SECTOR } } };
  struct outcome outcome;
  struct device_report report;
  double start = now_ms ();

  if (runner_run (bench->runner, &selection, "", &outcome, &report) == -1)
    give_up (bench);
  double ms = now_ms () - start;
  if (outcome.kind != OUTCOME_TREE) {
    error_message ("the run on the log failed: %s", outcome.detail);
    give_up (bench);
  }
  outcome_free (&outcome);
  return ms;
}

static void
measure (struct bench *bench, size_t rounds)
{
  static double file_ms[ROUNDS_MAX], log_ms[ROUNDS_MAX], ratios[ROUNDS_MAX];

  run_on_file (bench);
  run_on_log (bench);
  for (size_t i = 0; i < rounds; i++) {
    file_ms[i] = run_on_file (bench);
    log_ms[i] = run_on_log (bench);
    ratios[i] = log_ms[i] / file_ms[i];
  }
  printf ("%-22s %12.1f %12.1f %8.2f\n", bench->config.filesystem, median (file_ms, rounds), median (log_ms, rounds),
          median (ratios, rounds));
}

int
main (int argc, char **argv)
{
  struct bench bench = { .image = argc == 4 ? argv[2] : NULL };
  struct kernel kernel;
  uint64_t rounds;

  if (argc != 4 || parse_unsigned (argv[3], ROUNDS_MAX, &rounds) == -1 || rounds == 0) {
    fprintf (stderr, "usage: replay-run LOG IMAGE ROUNDS\n");
    return 2;
  }
  bench.log = write_log_open (argv[1]);
  if (bench.log == NULL || kernel_find (log_info (bench.log, LOG_KEY_KERNEL_IMAGE), &kernel) == -1
      || (bench.folder = workdir_create ()) == NULL)
    return 2;
  if (asprintf (&bench.extras, "%s/extras", bench.folder) == -1
      || asprintf (&bench.work, "%s/image", bench.folder) == -1
      || asprintf (&bench.console, "%s/console-of-file", bench.folder) == -1)
    give_up (&bench);
  prepare (&bench, &kernel);
  measure (&bench, rounds);
  vm_end (bench.vm);
  runner_stop (bench.runner);
  workdir_remove (bench.folder);
  free (bench.extras);
  free (bench.work);
  free (bench.console);
  free (bench.folder);
  kernel_free (&kernel);
  write_log_close (bench.log);
  return 0;
}
