/* SPDX-License-Identifier: BSD-3-Clause */
/* Observing a tree: what a file system holds, as text that is the same whenever the contents are the same.
 *
 * One line an object, the root first and then in strcmp order of PATH as it is written, fields separated by single
 * spaces, words escaped as in common/escape.h:
 *
 *     TYPE MODE UID GID SIZE CONTENT XATTRS PATH
 *
 *   TYPE     f file, d folder, l symbolic link, c b p s as in ls(1); `?` for a name that is listed (or a path that is
 *            given) and cannot be looked at: MODE to SIZE and XATTRS are `-` then, CONTENT is `!ERRNO`
 *   MODE     permission bits, octal, 4 digits
 *   SIZE     bytes of a file; `-` for everything else
 *   CONTENT  file    32 hex digits of XXH3-128 of the data; the word `empty` for a file of 0 bytes and `zero` for one
 *                    whose bytes are all zero; after the digits of a short file that is text (content_is_text) `=` and
 *                    the text, escaped; `!ERRNO` (for example `!EIO`) if it could not be read (`!ENODATA`: the data
 *                    ended before SIZE)
 *            folder  `-`, or `!ERRNO` if it could not be read to its end (`!ELOOP`: nested deeper than TREE_DEPTH_MAX,
 *                    `!EXDEV`: something is mounted on it; neither is entered)
 *            link    its escaped target, where a leading `!` is escaped too, or `!ERRNO` (`!ENODATA`: it is empty)
 *            device  MAJOR:MINOR
 *            else    `-`
 *   XATTRS   32 hex digits of XXH3-128 over the sorted names and values, `-` for none, `!ERRNO` if unreadable; after
 *            that each fact that is asked for and that there is of the object, as `;NAME=VALUE`:
 *            links   LINKS/NAMES: its link count is LINKS, but it has NAMES (a folder: should have NAMES); only where
 *                    all that is in the root is observed, and can be
 *            flags   letters of chattr(1), those of checker/observe/flags.c, of which there are some
 *            project number of the project, if it is not 0
 *            extents of a file that can tell which of its parts have blocks: as checker/observe/allocation.h says
 *            mtime   seconds since 1970, where the time of the last change is a whole number of them, as utimes sets it
 *            quota   of the root, and only where all that is in it is observed, and can be: an owner of whom quotas do
 *                    not say what there is, as KIND:ID:OBJECTS/OBJECTS:BYTES/BYTES, what they say and what there is;
 *                    KIND is user, group or project, and ID is not 0
 *            subvolume  of a folder that is the top of a subvolume of btrfs, but not of the root: rw or, if it is
 *                    read-only, ro
 *   PATH     relative to the root, escaped; `.` for the root itself
 *
 * ERRNO is its name, as in errno(3), or its number where it has no name.  Other times are left out: no
 * protocol promises them.
 *
 * If sectors are asked for, these lines follow all others, one for each of the files in question, in the same order:
 *
 *     = SECTORS PATH
 *
 *   SECTORS  one item for each 512 bytes of the file, separated by commas, or `-` for a file of 0 bytes: 16 hex digits
 *            of XXH3-64, `zN` for N sectors in a row that are all zero, or `!N` for N that could not be read.  A last
 *            sector that is not whole counts as if zeros followed.  Only the first SECTORS_MAX sectors of a file are
 *            listed.
 */
#ifndef POWERCUT_CHECKER_OBSERVE_TREE_H
#define POWERCUT_CHECKER_OBSERVE_TREE_H

#include <stddef.h>

/* In the root: what another process writes to while an update is recorded.  It is left out of every observation. */
#define TREE_LEFT_OUT ".powercut-background"

#define TREE_DIGEST_LENGTH 32
#define TREE_DEPTH_MAX 512      /* one descriptor each: below the usual limit of 1024 */

/* Observe PATHS (relative to the open folder ROOT_FD; each with all that is below it) or, if PATH_COUNT is 0,
 * everything below it.  A path that does not exist gives no line, nor do the folders above a path; absolute paths,
 * paths with `..` and paths through a symbolic link count as not existing.  Symbolic links are never followed.  Nothing
 * on the file system is changed, access times of files and folders included (of what this user does not own, and of
 * symbolic links, the kernel updates them unless the mount is noatime).  The attributes of links and special files need
 * /proc.
 * Returns the text, to free, or NULL with errno (out of memory alone: what cannot be read becomes part of the text).
 */
extern char *tree_observe (int root_fd, const char *const *paths, size_t path_count);

/* Of which files the sectors are asked for: those with these PATHs, as they are written, in strcmp order; if paths is
 * NULL all files.
 */
struct sector_request {
  const char *const *paths;
  size_t count;
};

/* Facts that may be asked for, a bit each. */
enum tree_fact {
  FACT_LINKS = 1, FACT_FLAGS = 2, FACT_PROJECT = 4, FACT_TIME = 8, FACT_SUBVOLUME = 16, FACT_EXTENTS = 32,
  FACT_QUOTA = 64,
};

/* Those that are right at any time, also of what was not written yet; and all. */
#define FACTS_SETTLED (FACT_LINKS | FACT_FLAGS | FACT_PROJECT | FACT_TIME | FACT_SUBVOLUME)
#define FACTS_ALL (FACTS_SETTLED | FACT_EXTENTS | FACT_QUOTA)

/* The same with these facts, and with lines about sectors, unless REQUEST is NULL.  No byte is read twice for them.  If
 * all files are asked for, errno may be EFBIG: they have more than SECTORS_MAX sectors in all, or paths of more than
 * SECTOR_PATHS_MAX bytes.
 */
extern char *tree_observe_sectors (int root_fd, const char *const *paths, size_t path_count,
                                   const struct sector_request *request, unsigned facts);

/* The same; the CONTENT of a file is where its data are (checker/observe/layout.h), if that can be said and they are
 * just what is there: such a file is not read, and no line is about its sectors.  REQUEST names files, or is NULL.  The
 * file system must have been synced, and its device must be one, of which only it decides what is read.
 */
extern char *tree_observe_located (int root_fd, const char *const *paths, size_t path_count,
                                   const struct sector_request *request, unsigned facts);

/* The digits of CONTENT for a file that holds SIZE bytes, not none and not all zero, at DATA. */
extern void tree_content (const void *data, size_t size, char content[TREE_DIGEST_LENGTH + 1]);

/* The digest of an observation: 32 hex digits of XXH3-128 of its text, a NUL after them. */
extern void tree_digest (const char *text, char digest[TREE_DIGEST_LENGTH + 1]);

#endif
