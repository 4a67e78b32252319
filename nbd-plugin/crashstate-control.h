/* SPDX-License-Identifier: BSD-3-Clause */
/* The `control` export of the crashstate plugin: how the search tells the device what to be, and hears what was asked
 * of it.
 *
 * One write at offset 0 selects a crash state: a struct control_select and choice_count struct control_choice.  What a
 * guest wrote before is forgotten.  A selection that is not legal is answered with EINVAL.
 *
 * A write that begins with a struct control_open changes to another log: its devices must be as many and as large, and
 * everything in it is there until a state is selected.  If that cannot be done, the answer is an error and the log
 * stays.  It is named by an entry, perhaps a symbolic link, of the directory that was given when the server was
 * started: no client reaches other files.
 *
 * A read at offset 0 gives what happened since: a struct control_report, decision_count struct control_choice, in the
 * order in which reads forced the decisions, and seen_count struct control_seen, in the order of the reads.  Reading
 * does not change it.
 *
 * A read at CONTROL_WRITTEN_OFFSET gives which sectors were written since: a struct control_written and `count` struct
 * control_seen, in any order.  What they hold is read from the disk, and no choice depends on that.
 *
 * A read at CONTROL_TAPE_OFFSET gives all that was written since, and when the disks were flushed: a struct
 * control_tape, and `size` bytes of a tape (log/tape.h).
 *
 * Zeros fill up what is written to whole sectors.  All numbers are little-endian on their way; what the functions here
 * take and give is in host order.
 */
#ifndef POWERCUT_NBD_PLUGIN_CRASHSTATE_CONTROL_H
#define POWERCUT_NBD_PLUGIN_CRASHSTATE_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "log/choice.h"
#include "log/tape.h"

#define CONTROL_EXPORT_BYTES (128 << 20)
#define CONTROL_REQUEST_MAX (64 << 20)  /* what NBD clients write or read at once */
#define CONTROL_WRITTEN_OFFSET (32 << 20)
#define CONTROL_TAPE_OFFSET (64 << 20)
#define CONTROL_TAPE_MAX (CONTROL_REQUEST_MAX - (1 << 20))      /* bytes; a longer one is not kept */
#define CONTROL_MAGIC 0x54434350        /* "PCCT" */

#define CONTROL_OPEN_MAGIC 0x4f434350   /* "PCCO" */

struct control_open {
  uint32_t magic;               /* CONTROL_OPEN_MAGIC */
  uint32_t name_length;         /* bytes of the name after it, without a NUL */
};

struct control_choice {
  uint32_t write;               /* number of the write in the log */
  uint32_t first, last;         /* sectors of the write, as in struct choice */
  uint32_t kind;                /* enum choice_kind */
};

struct control_select {
  uint32_t magic;               /* CONTROL_MAGIC */
  uint32_t point;               /* position of the crash point */
  uint32_t tear;                /* enum tear_mode */
  uint32_t atomic_bytes;        /* of the device */
  uint32_t preference;          /* enum preference */
  uint32_t choice_count;
  uint64_t seed;                /* for PREFER_RANDOM */
};
_Static_assert (sizeof (struct control_select) == 32, "the selection has no padding");

struct control_report {
  uint32_t magic;               /* CONTROL_MAGIC */
  uint32_t decision_count;
  uint64_t seen_count;
  uint64_t reads;               /* requests of the guest since the selection */
  uint64_t read_bytes;
  uint64_t writes;              /* writes, zeroes and trims */
  uint64_t written_bytes;
  uint64_t behaviour;           /* a hash of every sector that was read before it was written, with its content: runs
                                   that read the same bytes have the same */
};
_Static_assert (sizeof (struct control_report) == 56, "the report has no padding");

struct control_written {
  uint32_t magic;               /* CONTROL_MAGIC */
  uint32_t reserved;
  uint64_t count;
};

struct control_tape {
  uint32_t magic;               /* CONTROL_MAGIC */
  uint32_t ended;               /* 1: it would have been too long, and is of no use */
  uint64_t size;
};

/* Sectors of one block that were read before they were written, and not noted before; or that were written. */
struct control_seen {
  uint64_t block;               /* of 4 KiB */
  uint32_t device;
  uint32_t sectors;             /* a bit for each sector of the block */
};

/* What to write to control for a selection, or to change to the log NAME: *size bytes, to free; NULL with errno ENOMEM.
 */
extern char *control_encode_select (const struct selection *selection, size_t *size);
extern char *control_encode_open (const char *name, size_t *size);

/* What was written there. */
struct control_request {
  char *name;                   /* of the log to change to, or NULL: a state is to be selected */
  struct selection selection;   /* its choices are the request's */
};

/* Whether SIZE BYTES ask to change to another log: if they are not a request, what of. */
extern bool control_is_open (const void *bytes, size_t size);

/* Returns 0, or -1 with errno: EINVAL if SIZE BYTES are no request, ENOMEM.  Release what is in *request in any case.
 */
extern int control_decode_request (const void *bytes, size_t size, struct control_request *request);
extern void control_request_release (struct control_request *request);

/* What is read from control: *size bytes, to free; NULL with errno ENOMEM.  REPORT says how many DECISIONS and how much
 * SEEN.
 */
extern char *control_encode_report (const struct control_report *report, const struct choice *decisions,
                                    const struct control_seen *seen, size_t *size);

/* What is read from control at CONTROL_WRITTEN_OFFSET, likewise. */
extern char *control_encode_written (const struct control_seen *written, size_t count, size_t *size);

/* How much was written, as the BYTES that are read there begin: their `count`, and the bytes of all of it, whole
 * sectors.  Returns -1 with errno EINVAL if it is none.
 */
extern int control_decode_written_head (const void *bytes, size_t *count, size_t *size);

/* The list of those BYTES into WRITTEN, which has room for COUNT. */
extern void control_decode_written (const void *bytes, size_t count, struct control_seen *written);

/* What is read from control at CONTROL_TAPE_OFFSET, likewise. */
extern char *control_encode_tape (const struct log_tape *tape, bool ended, size_t *size);

/* How much is on the tape, as the BYTES that are read there begin: their `size`, and the bytes of all of it, whole
 * sectors.  Returns -1 with errno: EINVAL if it is none, EFBIG if it was too long.
 */
extern int control_decode_tape_head (const void *bytes, size_t *tape_size, size_t *size);

/* The head of a report, which BYTES begin with, and the bytes of all of it, whole sectors. */
extern struct control_report control_decode_head (const void *bytes);
extern size_t control_report_bytes (const struct control_report *head);

/* The lists of a report, BYTES, whose head is HEAD, into DECISIONS and SEEN, which have room for them. */
extern void control_decode_lists (const void *bytes, const struct control_report *head, struct choice *decisions,
                                  struct control_seen *seen);

#endif
