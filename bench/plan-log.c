/* SPDX-License-Identifier: BSD-3-Clause */
/* Planning: time and memory for opening a log, listing it, showing a window of it and exporting a state, for logs of
 * more and more writes, and for such as are hard to plan.  Linear means that the time for a write stays the same: it is
 * printed with its ratio to that of the first, smallest log.  Memory is what is held beside the mapped file, at its
 * peak; the aim is 64 bytes a write.
 *
 * With arguments KIND COUNT that log alone.  Logs lie in TMPDIR, one at a time; a log that would take more than a third
 * of the room there is left out.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/number.h"
#include "log/image.h"
#include "log/writer.h"
#include "replay/report/dump.h"
#include "replay/report/list.h"

#define GIB (UINT64_C (1) << 30)
#define WINDOW 1000             /* events that are shown */

/* A kind of log: what one of its units is. */
struct kind {
  const char *name;
  uint64_t device_bytes;
  uint32_t bytes;               /* of a write or zero */
  enum log_kind operation;
  uint8_t flags;
  uint32_t flush_each;          /* writes; 0: none */
  bool steps;                   /* marks `begin` and `commit` around each unit */
  enum tear_mode mode;
};

static const struct kind kinds[] = {
  { "small", GIB, 512, LOG_WRITE, 0, 100, false, TEAR_PREFIX },
  { "fua", GIB, 4096, LOG_ZERO, LOG_FLAG_FUA, 0, false, TEAR_PREFIX },
  { "unflushed", GIB, 512, LOG_WRITE, 0, 0, false, TEAR_PREFIX },
  { "steps", GIB, 4096, LOG_WRITE, 0, 1, true, TEAR_PREFIX },
  { "zeros", 64 * GIB, UINT32_MAX - 4095, LOG_ZERO, 0, 0, false, TEAR_ANY },
  { "sparse", 8192 * GIB, 4096, LOG_WRITE, 0, 100, false, TEAR_PREFIX },
};

/* What is measured of each. */
static const struct {
  const char *kind;
  uint32_t counts[4];
} measured[] = {
  { "small", { 100000, 1000000, 10000000 } },
  { "fua", { 10000, 60000, 600000 } },          /* 60000 are 5 MB */
  { "unflushed", { 10000, 100000, 1000000 } },
  { "steps", { 1600, 16000, 160000 } },
  { "zeros", { 1, 10, 100 } },
  { "sparse", { 100, 1000, 10000 } },
};

static void __attribute__ ((noreturn))
fail (const char *what)
{
  fprintf (stderr, "plan-log: %s: %s\n", what, strerror (errno));
  exit (2);
}

static void
put_mark (struct log_writer *writer, const char *text)
{
  if (log_writer_mark (writer, text, strlen (text)) == -1)
    fail (text);
}

static void
put_operation (struct log_writer *writer, const struct log_operation *operation)
{
  static const char data[4096] = "bench";
  struct log_issue issue;

  if (log_writer_issue (writer, operation, data, &issue) == -1
      || log_writer_complete (writer, issue.position, 0, 0, false) == -1)
    fail ("writing the log");
}

/* Unit number NUMBER of a log of KIND. */
static void
put_unit (struct log_writer *writer, const struct kind *kind, uint32_t number)
{
  const uint64_t places = (kind->device_bytes - kind->bytes) / 4096;
  const struct log_operation operation = {
    .kind = kind->operation, .flags = kind->flags, .length_bytes = kind->bytes,
    .offset_bytes = (uint64_t) random () * 2654435761u % places * 4096
  };

  if (kind->steps)
    put_mark (writer, "begin");
  put_operation (writer, &operation);
  if (kind->flush_each > 0 && number % kind->flush_each == kind->flush_each - 1)
    put_operation (writer, &(struct log_operation) { .kind = LOG_FLUSH });
  if (kind->steps)
    put_mark (writer, "commit");
}

static void
make_log (const char *path, const struct kind *kind, uint32_t count)
{
  char steps[32];
  const char *info = steps;

  snprintf (steps, sizeof steps, "steps=%u", count);
  struct log_writer *writer = log_writer_create (path, &kind->device_bytes, 1, &info, 1);
  if (writer == NULL)
    exit (2);
  srandom (1);
  for (uint32_t i = 0; i < count; i++)
    put_unit (writer, kind, i);
  if (log_writer_close (writer) == -1)
    exit (2);
}

/* Bytes of memory that are this process's own, not a file's. */
static uint64_t
own_memory (void)
{
  unsigned long size = 0, resident = 0, shared = 0;
  FILE *file = fopen ("/proc/self/statm", "re");

  if (file == NULL || fscanf (file, "%lu %lu %lu", &size, &resident, &shared) != 3)
    fail ("/proc/self/statm");
  fclose (file);
  return (uint64_t) (resident - shared) * (uint64_t) sysconf (_SC_PAGESIZE);
}

/* Looked at by a thread of its own while something is measured. */
static atomic_uint_fast64_t peak;
static atomic_bool watching;

static void *
watch (void *ignored)
{
  while (atomic_load (&watching)) {
    const uint64_t now = own_memory ();

    if (now > atomic_load (&peak))
      atomic_store (&peak, now);
    usleep (500);
  }
  return ignored;
}

/* What is measured of one log. */
struct measurement {
  const struct kind *kind;
  const char *path;
  uint32_t count;
  FILE *nowhere;
  struct write_log *log;
};

static int
open_log (struct measurement *measure)
{
  measure->log = write_log_open (measure->path);
  return measure->log ? 0 : -1;
}

static int
list (struct measurement *measure)
{
  const struct tear tear = { measure->kind->mode, TEAR_ATOMIC_USUAL };
  const struct filter all = FILTER_ALL;

  return list_log (measure->log, &tear, false, &all, measure->nowhere);
}

static int
show (struct measurement *measure)
{
  const struct dump_style style = { 100, false };
  struct filter filter = FILTER_ALL;

  filter.from = measure->log->event_count / 2;
  filter.to = filter.from + WINDOW;
  return dump_log (measure->log, &filter, &style, measure->nowhere);
}

static int
export (struct measurement *measure)
{
  const struct selection end = {
    .point = measure->log->event_count - 1, .rule = { .tear = { measure->kind->mode, TEAR_ATOMIC_USUAL } }
  };
  struct crash_state *state = crash_state_new (measure->log);
  FILE *image = tmpfile ();

  if (state == NULL || image == NULL || crash_state_select (state, &end) == -1)
    fail ("a state");
  int r = export_device (state, measure->log, 0, fileno (image));
  fclose (image);
  crash_state_free (state);
  return r;
}

static const struct measured_stage {
  const char *name;
  int (*run) (struct measurement *measure);
} stages[] = { { "open", open_log }, { "list", list }, { "show", show }, { "export", export } };
#define STAGE_COUNT (sizeof stages / sizeof stages[0])

/* Run STAGE, and print how long it took, beside *each, the seconds that it took for each unit of the first log. */
static void
run_stage (const struct measured_stage *stage, struct measurement *measure, uint64_t before, double *each)
{
  pthread_t watcher;

  atomic_store (&peak, before);
  atomic_store (&watching, true);
  if ((errno = pthread_create (&watcher, NULL, watch, NULL)) != 0)
    fail ("pthread_create");
  const double start = clock_seconds (CLOCK_MONOTONIC);
  if (stage->run (measure) == -1)
    exit (2);
  const double seconds = clock_seconds (CLOCK_MONOTONIC) - start, mine = seconds / measure->count;
  atomic_store (&watching, false);
  pthread_join (watcher, NULL);
  if (*each == 0)
    *each = mine;
  printf ("%-10s %9u %-7s %9.3f %10.0f %7.2f %12.1f\n", measure->kind->name, measure->count, stage->name, seconds,
          mine * 1e9, mine / *each, (double) (atomic_load (&peak) - before) / measure->count);
}

/* Whether a log of COUNT units has room at PATH. */
static bool
has_room (const char *path, const struct kind *kind, uint32_t count)
{
  const uint64_t unit = (kind->operation == LOG_WRITE ? kind->bytes : 0) + 4 * sizeof (struct log_record);
  struct statvfs room;

  if (statvfs (path, &room) == -1)
    fail (path);
  return unit * count <= room.f_bavail * room.f_frsize / 3;
}

static void
measure_log (const struct kind *kind, uint32_t count, double each[STAGE_COUNT])
{
  const char *directory = getenv ("TMPDIR") ? getenv ("TMPDIR") : "/tmp";
  char path[4096];
  struct measurement measure = { .kind = kind, .path = path, .count = count, .nowhere = fopen ("/dev/null", "we") };

  if (!has_room (directory, kind, count)) {
    printf ("%-10s %9u left out: no room in %s\n", kind->name, count, directory);
    return;
  }
  snprintf (path, sizeof path, "%s/powercut-bench-XXXXXX", directory);
  const int fd = mkstemp (path);
  if (fd == -1 || measure.nowhere == NULL)
    fail (path);
  make_log (path, kind, count);
  const uint64_t before = own_memory ();
  for (size_t i = 0; i < STAGE_COUNT; i++) {
    run_stage (&stages[i], &measure, before, &each[i]);
    fflush (stdout);
  }
  write_log_close (measure.log);
  unlink (path);
  close (fd);
  fclose (measure.nowhere);
}

static const struct kind *
find_kind (const char *name)
{
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
    if (strcmp (kinds[i].name, name) == 0)
      return &kinds[i];
  errno = EINVAL;
  fail (name);
}

int
main (int argc, char **argv)
{
  uint64_t count;

  printf ("%-10s %9s %-7s %9s %10s %7s %12s\n", "planning", "units", "", "seconds", "ns/unit", "ratio", "bytes/unit");
  if (argc == 3 && parse_unsigned (argv[2], UINT32_MAX, &count) == 0) {
    measure_log (find_kind (argv[1]), (uint32_t) count, (double [STAGE_COUNT]) { 0 });
    return 0;
  }
  for (size_t i = 0; i < sizeof measured / sizeof measured[0]; i++) {
    double each[STAGE_COUNT] = { 0 };

    for (size_t j = 0; measured[i].counts[j] > 0; j++)
      measure_log (find_kind (measured[i].kind), measured[i].counts[j], each);
  }
  return 0;
}
