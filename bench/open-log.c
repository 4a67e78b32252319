/* SPDX-License-Identifier: BSD-3-Clause */
/* Opening a log: time and memory for 250,000, 500,000 and 1,000,000 random writes.  Linear means that the time per
 * write stays the same; the memory beside the mapped file has to stay under 64 bytes a write.
 */
#include <config.h>

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "log/reader.h"
#include "log/writer.h"

#define DEVICE_BYTES (UINT64_C (16) << 30)
#define ROUNDS 5

static void
make_log (const char *path, uint32_t writes)
{
  static char data[LOG_SECTOR];
  struct log_writer *writer = log_writer_create (path, &(uint64_t) { DEVICE_BYTES }, 1, NULL, 0);

  if (writer == NULL)
    exit (2);
  srandom (1);
  for (uint32_t i = 0; i < writes; i++) {
    struct log_operation operation = {
      .kind = LOG_WRITE, .length_bytes = sizeof data,
      .offset_bytes = (uint64_t) random () % (DEVICE_BYTES / LOG_SECTOR) * LOG_SECTOR
    };
    struct log_issue issue;

    if (log_writer_issue (writer, &operation, data, &issue) == -1
        || log_writer_complete (writer, issue.position, 0, 0, false) == -1) {
      perror (path);
      exit (2);
    }
  }
  if (log_writer_close (writer) == -1)
    exit (2);
}

static int
compare_times (const void *left, const void *right)
{
  double a = *(const double *) left, b = *(const double *) right;

  return a < b ? -1 : a > b;
}

static size_t
memory_in_use (void)
{
  struct mallinfo2 info = mallinfo2 ();

  return info.uordblks + info.hblkhd;
}

int
main (void)
{
  char path[] = "/tmp/powercut-bench-XXXXXX";
  double first = 0;

  close (mkstemp (path));
  printf ("%-22s %12s %12s %8s %14s\n", "opening", "seconds", "ns/write", "ratio", "bytes/write");
  for (uint32_t writes = 250000; writes <= 1000000; writes *= 2) {
    double times[ROUNDS];
    size_t memory = 0;

    unlink (path);
    make_log (path, writes);
    for (int round = 0; round < ROUNDS; round++) {
      struct timespec start, end;
      size_t before = memory_in_use ();

      clock_gettime (CLOCK_MONOTONIC, &start);
      struct write_log *log = write_log_open (path);
      clock_gettime (CLOCK_MONOTONIC, &end);
      if (log == NULL || log->write_count != writes)
        return 2;
      memory = memory_in_use () - before;
      write_log_close (log);
      times[round] = (double) (end.tv_sec - start.tv_sec) + (double) (end.tv_nsec - start.tv_nsec) / 1e9;
    }
    qsort (times, ROUNDS, sizeof times[0], compare_times);
    double each = times[ROUNDS / 2] / writes * 1e9;
    if (first == 0)
      first = each;
    printf ("%-22u %12.3f %12.0f %8.2f %14.1f\n", writes, times[ROUNDS / 2], each, each / first,
            (double) memory / writes);
  }
  unlink (path);
  return 0;
}
