/* SPDX-License-Identifier: BSD-3-Clause */
/* Small logs for the tests, written through log/writer.h into the test program's directory.
 *
 * The contents of a sector are a letter: `.` is a sector of zeros, every other letter a pattern of its own.  What a
 * device holds is then a text, equal contents are easy to make, and a sector that is not whole is found out.
 */
#ifndef POWERCUT_TESTS_UNIT_MAKE_LOG_H
#define POWERCUT_TESTS_UNIT_MAKE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "log/reader.h"
#include "tests/unit/unit.h"

/* Write SIZE bytes to the file PATH. */
extern void write_bytes (const char *path, const char *bytes, size_t size);

/* Numbers that are the same in every run. */
struct dice {
  uint64_t state;
};

/* A number from 0 to SIDES - 1. */
extern uint32_t roll (struct dice *dice, uint32_t sides);

extern void fill_sector (char letter, char *bytes);
/* The letter that BYTES are, or `?` if they are none. */
extern char sector_letter (const char *bytes);

/* A log in the making, with DEVICE_COUNT devices of SECTORS sectors each. */
struct log_maker;

extern struct log_maker *make_log (size_t device_count, uint32_t sectors);
/* The same, with the text INFO in the header, unless it is NULL. */
extern struct log_maker *make_log_with_info (size_t device_count, uint32_t sectors, const char *info);

/* Each adds an event and returns its position. */
extern uint32_t add_write (struct log_maker *maker, unsigned device, uint32_t sector, const char *letters,
                           unsigned flags);
extern uint32_t add_zero (struct log_maker *maker, unsigned device, uint32_t sector, uint32_t count, unsigned flags);
extern uint32_t add_trim (struct log_maker *maker, unsigned device, uint32_t sector, uint32_t count, unsigned flags);
extern uint32_t add_flush (struct log_maker *maker, unsigned device);
extern uint32_t add_completion (struct log_maker *maker, uint32_t issue, int error);
extern uint32_t add_mark (struct log_maker *maker, const char *text);

/* A write, and its completion without error. */
extern void add_done_write (struct log_maker *maker, unsigned device, uint32_t sector, const char *letters);

/* Add the events of TEXT, apart by spaces: `w1=ab` a write at sector 1, `W1=ab` with FUA, `z2+3` a zero and `t2+3` a
 * trim of 3 sectors, `Z2+3` and `T2+3` with FUA, `z2+3~` a zero that may trim, `f` a flush, `d4` the completion of what
 * was issued at position 4, `d4!5` with error 5, `m:TEXT` a mark; with `@1` at its end, an operation of device 1.
 */
extern void add_events (struct log_maker *maker, const char *text);

/* make_log, and these events. */
extern struct log_maker *make_log_of_events (size_t device_count, uint32_t sectors, const char *text);

/* Close the log and open it for reading; its file is gone when this returns.  Free with write_log_close. */
extern struct write_log *finish_log (struct log_maker *maker);

struct log_shape {
  unsigned devices;
  unsigned sectors;             /* of each device */
  unsigned length;              /* sectors of the largest write */
  unsigned letters;             /* different contents, `.` among them */
  unsigned writes;              /* zeros and trims among them */
  bool marks;                   /* some of `base`, `begin`, `commit` and `end`, in this order */
};

/* A random log: operations complete in any order, fail or never complete, with flushes and FUA among them. */
extern struct write_log *make_random_log (struct dice *dice, const struct log_shape *shape);

/* Random logs, one after the other: let them begin as RANDOM_LOGS. */
struct random_logs {
  struct dice dice;
  const struct log_shape *shapes;       /* whose turn comes round */
  size_t shape_count;
  unsigned round;               /* how many there were */
  const struct log_shape *shape;        /* of the present log */
  struct write_log *log;
};

#define RANDOM_LOGS(seed, turn) { .dice = { seed }, .shapes = turn, .shape_count = sizeof turn / sizeof *turn }

/* Go on to the next of unit_rounds (COUNT) logs; the last one is closed.  Returns whether there is one. */
extern bool next_random_log (struct random_logs *logs, unsigned count);

/* What is on DEVICE after the event at POINT if just those writes are there for which THERE (by number) is true:
 * SECTORS letters and a NUL into LETTERS.  This is the model that crash_state is held against.
 */
extern void lay_out (const struct write_log *log, unsigned device, uint32_t point, const bool *there, uint32_t sectors,
                     char *letters);

#endif
