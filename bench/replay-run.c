/* SPDX-License-Identifier: BSD-3-Clause */
/* Replaying: one run by the runner (select the state, recover it in the guest, read the report) against the same
 * recovery in the same kind of guest on a plain image file of that state, which is restored before each run; and
 * against the bare loop (bench/mount-loop.c) in a guest whose disk is served as the run's is, once recovered, so that
 * there is no log to be replayed.  The guests stand side by side; each round measures one after the other, and the
 * medians of the rounds and of their ratios are printed.  A kernel that is a program has no disk that is a plain file.
 *
 *     replay-run LOG IMAGE ROUNDS MOUNT-LOOP [KERNEL]      IMAGE as `replay --export` writes it
 */
#include <config.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/median.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/message.h"
#include "common/number.h"
#include "common/text.h"
#include "common/workdir.h"
#include "guest/agent/protocol.h"
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
  const char *loop;             /* the program mount-loop */
  char *folder, *extras, *work, *console, *bare_folder, *bare_console;
  struct runner_config config;
  struct runner *runner;
  struct vm *vm;
  struct device *bare_device;
  struct vm *bare_vm;
  uint32_t position;
};

static void
end_guests (struct bench *bench)
{
  vm_end (bench->bare_vm);
  device_stop (bench->bare_device);
  vm_end (bench->vm);
  runner_stop (bench->runner);
  workdir_remove (bench->folder);
}

static void __attribute__ ((noreturn))
give_up (struct bench *bench)
{
  end_guests (bench);
  exit (2);
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

/* Have the archive of what the guests have beyond their base. */
static int
write_extras (const struct bench *bench, const struct kernel *kernel)
{
  struct initramfs *extras = guest_extras_new (kernel, log_info (bench->log, LOG_KEY_FILESYSTEM), 0, false);
  int r = extras ? initramfs_add_program (extras, bench->loop, NULL) : -1;

  if (r == 0)
    r = initramfs_write (extras, bench->extras);
  initramfs_free (extras);
  return r;
}

/* The guest whose disk is a plain file. */
static struct vm *
start_on_file (const struct bench *bench)
{
  const struct vm_disk disk = { .file = bench->work, .write_through = true };
  const struct vm_config config = {
    .kernel = bench->config.kernel, .extras = bench->extras, .disks = &disk, .disk_count = 1,
    .memory_mib = bench->config.memory_mib, .console = bench->console, .boot_timeout_ms = TIMEOUT_MS,
  };

  return restore (bench) == -1 ? NULL : vm_start (&config);
}

/* What the run on the log recovers, and the file is. */
static struct selection
select_end (const struct bench *bench)
{
  return (struct selection) { .point = bench->position, .rule = { .tear = { TEAR_NONE, LOG_SECTOR } } };
}

/* Ask VM to recover its disk. */
static void
recover (struct bench *bench, struct vm *vm)
{
  const char *const words[] = {
    "recover", bench->config.places, bench->config.filesystem, bench->config.mount_options, "yes", "no", "no", "", "60",
    "", NULL
  };
  struct vm_answer answer = vm_call (vm, TIMEOUT_MS, words);

  if (answer.failure != VM_OK || strncmp (answer.text, "mount ok", 8) != 0) {
    error_message ("a run beside the runner failed: %s", answer.text);
    give_up (bench);
  }
  free (answer.text);
}

/* The guest of the bare loop. */
static void
start_bare (struct bench *bench)
{
  const struct selection selection = select_end (bench);

  if (mkdir (bench->bare_folder, 0700) == 0)
    bench->bare_device = device_start (bench->log->path, bench->bare_folder,
                                       kernel_runs_alone (bench->config.kernel) ? 1 : 0);
  if (bench->bare_device)
    bench->bare_vm = runner_boot (&bench->config, bench->bare_device, bench->bare_console, NULL);
  if (bench->bare_vm == NULL || device_select (bench->bare_device, &selection) == -1)
    give_up (bench);
  recover (bench, bench->bare_vm);
}

static void
prepare (struct bench *bench, const struct kernel *kernel)
{
  const char *options = log_info (bench->log, LOG_KEY_MOUNT);
  uint32_t first;

  bench->config = (struct runner_config) {
    .log = bench->log->path, .kernel = kernel, .extras = bench->extras,
    .filesystem = log_info (bench->log, LOG_KEY_FILESYSTEM), .mount_options = options ? options : "",
    .places = "/dev/vda", .disk_count = 1, .memory_mib = 256, .observe = true,
    .boot_timeout_ms = TIMEOUT_MS, .run_timeout_ms = TIMEOUT_MS,
  };
  if (write_extras (bench, kernel) == -1 || model_range (bench->log, &first, &bench->position) == -1
      || (bench->runner = runner_start (&bench->config, bench->folder)) == NULL
      || (!kernel_runs_alone (kernel) && (bench->vm = start_on_file (bench)) == NULL))
    give_up (bench);
  start_bare (bench);
}

/* Milliseconds, or 0 without such a guest. */
static double
run_on_file (struct bench *bench)
{
  if (bench->vm == NULL)
    return 0;
  if (restore (bench) == -1)
    give_up (bench);
  double start = clock_seconds (CLOCK_MONOTONIC);
  recover (bench, bench->vm);
  return (clock_seconds (CLOCK_MONOTONIC) - start) * 1e3;
}

static double
run_on_log (struct bench *bench)
{
  const struct selection selection = select_end (bench);
  struct outcome outcome;
  struct device_report report;
  double start = clock_seconds (CLOCK_MONOTONIC);

  if (runner_run (bench->runner, &selection, "", &outcome, &report) == -1)
    give_up (bench);
  double ms = (clock_seconds (CLOCK_MONOTONIC) - start) * 1e3;
  if (outcome.kind != OUTCOME_TREE) {
    error_message ("the run on the log failed: %s", outcome.detail);
    give_up (bench);
  }
  outcome_free (&outcome);
  return ms;
}

/* One round of the bare loop. */
static double
run_bare (struct bench *bench)
{
  const char *const words[] = {
    "run", "60", bench->loop, "/dev/vda", bench->config.filesystem, bench->config.mount_options, AGENT_MOUNT_POINT, "1",
    NULL
  };
  struct vm_answer answer = vm_call (bench->bare_vm, TIMEOUT_MS, words);
  const char *output = answer.failure == VM_OK ? strchr (answer.text, '\n') : NULL;
  double ms = output ? strtod (output + 1, NULL) : 0;

  if (!(ms > 0)) {
    error_message ("the bare loop failed: %s", answer.text);
    give_up (bench);
  }
  free (answer.text);
  return ms;
}

static void
measure (struct bench *bench, size_t rounds)
{
  static double file_ms[ROUNDS_MAX], log_ms[ROUNDS_MAX], bare_ms[ROUNDS_MAX], of_file[ROUNDS_MAX], of_bare[ROUNDS_MAX];

  run_on_file (bench);
  run_on_log (bench);
  run_bare (bench);
  for (size_t i = 0; i < rounds; i++) {
    file_ms[i] = run_on_file (bench);
    log_ms[i] = run_on_log (bench);
    bare_ms[i] = run_bare (bench);
    of_file[i] = file_ms[i] > 0 ? log_ms[i] / file_ms[i] : 0;
    of_bare[i] = log_ms[i] / bare_ms[i];
  }
  printf ("%-22s %12.1f %12.1f %8.2f %12.1f %8.2f", bench->config.filesystem, median (file_ms, rounds),
          median (log_ms, rounds), median (of_file, rounds), median (bare_ms, rounds), median (of_bare, rounds));
  fflush (stdout);
}

/* The names of all files. */
static int
make_names (struct bench *bench)
{
  bench->extras = text_format ("%s/extras", bench->folder);
  bench->work = text_format ("%s/image", bench->folder);
  bench->console = text_format ("%s/console-of-file", bench->folder);
  bench->bare_folder = text_format ("%s/bare", bench->folder);
  bench->bare_console = text_format ("%s/bare/console", bench->folder);
  return bench->extras && bench->work && bench->console && bench->bare_folder && bench->bare_console ? 0 : -1;
}

int
main (int argc, char **argv)
{
  struct bench bench = { .image = argc >= 5 ? argv[2] : NULL, .loop = argc >= 5 ? argv[4] : NULL };
  struct kernel kernel;
  uint64_t rounds;

  if (argc < 5 || argc > 6 || parse_unsigned (argv[3], ROUNDS_MAX, &rounds) == -1 || rounds == 0) {
    fprintf (stderr, "usage: replay-run LOG IMAGE ROUNDS MOUNT-LOOP [KERNEL]\n");
    return 2;
  }
  bench.log = write_log_open (argv[1]);
  if (bench.log == NULL || kernel_find (argv[5] ? argv[5] : log_info (bench.log, LOG_KEY_KERNEL_IMAGE), &kernel) == -1
      || (bench.folder = workdir_create ()) == NULL)
    return 2;
  if (make_names (&bench) == -1)
    give_up (&bench);
  prepare (&bench, &kernel);
  measure (&bench, rounds);
  end_guests (&bench);
  free_all (bench.extras, bench.work, bench.console, bench.bare_folder, bench.bare_console, bench.folder);
  kernel_free (&kernel);
  write_log_close (bench.log);
  return 0;
}
