/* SPDX-License-Identifier: BSD-3-Clause */
/* The directory of the cache for what is made once for many guests, and can be made again at any time.
 *
 * Who has a file open there is not disturbed if it is removed.  What is there is run in guests and read by QEMU: files
 * that somebody else could have written are not used.
 */
#ifndef POWERCUT_GUEST_SAVED_H
#define POWERCUT_GUEST_SAVED_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

/* The second line of each file: for which kernel it is. */
#define SAVED_RELEASE "release %s\n"

/* Where the file NAME.KIND is, or is to be, to free; KIND is a word.  NULL without a message where nothing can be kept:
 * there is no cache, it cannot be written, or it is not this user's own.
 */
extern char *saved_path (const char *name, const char *kind);

/* Open the file PATH.  Returns a descriptor, or -1 without a message. */
extern int saved_open (const char *path);

/* The open file FD counts as used now. */
extern void saved_touch (int fd);

/* Let no other process, and no other thread, make the file PATH, until the descriptor that is returned is closed.  -1
 * without a message after a stop, or if another one makes it for longer than TIMEOUT_MS.
 */
extern int saved_lock (const char *path, int timeout_ms);

/* Let nobody make or remove the file PATH, which others may use as well, until the descriptor that is returned is
 * closed.  -1 without a message likewise.
 */
extern int saved_share (const char *path, int timeout_ms);

/* The process that makes the file PATH, if one does; or 0. */
extern pid_t saved_maker (const char *path);

/* Keep TEXT as the file PATH. */
extern void saved_text (const char *path, const char *text);

/* Keep what is in the file FD, all of it, as PATH.  A failure costs time and is nothing to complain of. */
extern void saved_write (const char *path, int fd);

/* Remove what the dead have left, what was not used for long, and more, what was used last longest ago first, if there
 * is too much.  What is in use stays.
 */
extern void saved_sweep (void);

/* A file that is kept. */
struct saved_file {
  char *path;
  const char *name;             /* of it, in path */
  uint64_t bytes;               /* that it takes up */
  time_t used;                  /* last */
};

/* All that is kept, what was used last longest ago first: *files, to be freed with saved_free.  Returns their number,
 * or -1 after a message.
 */
extern ssize_t saved_list (struct saved_file **files);
extern void saved_free (struct saved_file *files, size_t count);

/* What FILE is, or NULL if it is nothing but a lock, or was not completed. */
#define SAVED_PREPARED "prepared"       /* disks (record/prepared.h); all others are of guests */
extern const char *saved_kind (const struct saved_file *file);

/* The release of the kernel that FILE is of, to free, or NULL. */
extern char *saved_release (const struct saved_file *file);

/* Remove FILE, or what keeps others from making it, unless somebody makes it, or has it shared.  Returns 0; 1 if it is
 * in use; or -1 after a message.
 */
extern int saved_remove (const struct saved_file *file);

#endif
