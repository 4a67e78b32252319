/* SPDX-License-Identifier: BSD-3-Clause */
/* Files that others read: nobody reads half of one, and no name that can be foreseen is written to before the file is
 * there.
 *
 * Until it is complete a file has no name; where the file system cannot do that, one that nobody can guess.  What is
 * killed while it writes leaves nothing.  Where a symbolic link stands, the link is replaced and not what it leads to.
 */
#ifndef POWERCUT_COMMON_PUBLISH_H
#define POWERCUT_COMMON_PUBLISH_H

#include <stdbool.h>

struct publication {
  const char *path;             /* the file to make */
  char *name;                   /* by which this process can open it for now */
  int fd;                       /* open for writing */
  bool direct;                  /* PATH is no regular file, or in /dev or /proc: it is written to as it is */
  bool named;                   /* the name is one that others see, too */
  bool silent;                  /* a failure is nothing to complain of */
};

/* Begin to make PATH, which must outlive it.  Returns 0, or -1 after a message. */
extern int publish_begin (struct publication *publication, const char *path);

/* The same for a file that nobody has named: neither this nor publish_end says a word, and what stands in its place is
 * replaced, be it a FIFO that nobody reads.
 */
extern int publish_begin_silently (struct publication *publication, const char *path);

/* The file is complete if RESULT is 0, and gets its name; or it is removed.  Returns RESULT, or -1 after a message. */
extern int publish_end (struct publication *publication, int result);

/* Make the file PATH of TEXT and a newline.  Returns 0, or -1 after a message. */
extern int publish_text (const char *path, const char *text);

/* Whether PATH is no file with a name of its own, and is written to as it is: in /dev or /proc, or no regular file. */
extern bool publish_is_direct (const char *path);

/* Can PATH be published later?  Returns 0, or -1 after a message. */
extern int publish_check (const char *path);

/* Open PATH for what others read while it is written.  A regular file of that name is emptied; a symbolic link, unless
 * it is in /dev or /proc, is refused.  Returns the descriptor, or -1 after a message.
 */
extern int publish_open (const char *path);

/* Can PATH be opened so later?  Returns 0, or -1 after a message. */
extern int publish_open_check (const char *path);

/* Whether A and B are there and one and the same file: what is read must not be published over. */
extern bool same_file (const char *a, const char *b);

#endif
