/* SPDX-License-Identifier: BSD-3-Clause */
/* The persistence oracle: what a crash may leave of a workload.
 *
 * Let K be the last persistence operation that had returned when the power failed (fsync, fdatasync, msync, sync,
 * syncfs, snapshot or a write that syncs; the sync before `begin` if there was none yet), and E the next one after it.
 * Every operation before E may have been done.  E itself changes nothing that can be seen, unless it is a write or a
 * snapshot.  Each persistence operation up to K has promised something; a promise holds until a later operation, at
 * most E, touches what it is about, and from then on both what was promised and what came later is right.  What is
 * touched apart: each name in a folder, the data and size of each file, the attributes of each object.
 *
 * The processes of a block of the workload have to do with different things, and each has a K and an E of its own.
 * What operations of another process of the block touch, a persistence operation promises nothing of.
 *
 * Everything that was never promised may be there or not, old or new.  Names that the workload never uses are nobody's
 * business.  Modes that no chmod and no ACL has set are not looked at, nor are owners that no chown has, flags that no
 * chattr has, and times that no utimes has.
 *
 *   sync-name    sync, syncfs: a name that was there is there, and leads to what it led to
 *   sync-gone    sync, syncfs: a name that was not there, but had been, is not there
 *   sync-data    sync, syncfs: every file's size and data
 *   sync-xattr   sync, syncfs: all extended attributes, modes, owners, flags and projects
 *   fsync-data   fsync, fdatasync: the file's size and data; msync: the data of the pages in its range, and a size with
 *                which they can be read (of a hole, none); a write with dsync: the same of its range, and with sync
 *                what else an fsync of the file promises
 *   fsync-xattr  fsync: the extended attributes of the file or folder, its mode, owner, flags and project
 *   fsync-name   fsync: the file or folder is there under the name by which it was synced, as are those folders above
 *                it of which no name was promised yet, up to one that was moved; fdatasync and msync of a file of which
 *                no name was promised yet: it is there under one of the names that it has had, but if it was
 *                synced before it had any; the name of a subvolume that was moved is not promised
 *   fsync-links  fsync: the file is there under its other names, too, each with the new folders above it
 *   fsync-gone   fsync: a name that the file or folder had lost (by rename, unlink, exchange) does not lead to it
 *   fsync-unlinked  fsync of a file or folder that has lost all its names: none of them leads to it; nothing else is
 *                promised of it
 *   fsync-exchange  fsync-name, fsync-links and fsync-gone hold for names, too, that an exchange has changed since they
 *                were promised last
 *   dir-name     fsync of a folder: a name that was in it is there; the object is there, of its type, and a link has
 *                its target, but what a file holds is not promised
 *   dir-gone     fsync of a folder: a name that was not in it, but had been, is not there
 *   rename-lost  that of which a name was promised, and which operations since then have always left one, is found
 *                under one of the names that it may have
 *   rename       what a rename has moved, or an exchange, is under one of its names, and not under another, too, unless
 *                it was linked there; where two files look alike, nobody knows which is which, and nothing is said
 *   stale        what is in a file are bytes that were written to it at some time, or zeros; where the observation has
 *                lines about its sectors
 *   object       what a name leads to is something that was there under that name at some time and can be read: no file
 *                in place of a folder, no link with another target (an empty one, for instance), nothing that cannot be
 *                looked at
 *   links        the link count of each file, whatever its name, is the number of its names; that of a folder is 2 and
 *                one for each folder in it, or 1
 *   snapshot     a snapshot, if it is there, is as a whole what it was when it was made; once the operation has
 *                returned, it is there, as are the new folders above it
 *   allocated    sync, syncfs, fsync, fdatasync: what falloc has allocated of a file, also after its end, has blocks,
 *                unless something may have freed them since then; what a punched hole or a truncate has freed, and
 *                what no operation has asked for in a file that did not grow, has none; where blocks are no larger
 *                than ALLOCATION_BLOCK (checker/workload/allocation.h) and the observation says it
 *   blocks       the blocks that stat(2) counts of a file are those that it has; where the observation says it
 *   quota        what users, groups and projects have is what quotas say, where the observation says it
 *   removed      what was promised of a file holds as long as it is there, also once an operation has taken its last
 *                name: it is there as it was, or not at all
 *   time         what sync-xattr and fsync-xattr promise includes the mtime that utimes has set
 *
 * Of a file whose data were touched since they were promised, this much is asked: its size is none below the smallest
 * or above the largest that it had meanwhile; where the observation has lines about its sectors, each one of which no
 * byte was touched is as it was; and it is not all zeros if a byte that was not touched is not.  That counts as
 * sync-data or fsync-data.   Each attribute and the mode
 * are as they were at some time since they were promised, one independent of the other; where that are more than 1024
 * combinations, attributes are not looked at.
 *
 * Which of these rules a file system promises, with its features and mount options, stands in its row
 * (filesystem/filesystem.c).  A workload changes this with `rule +NAME` and `rule -NAME`.
 */
#ifndef POWERCUT_CHECKER_PERSISTENCE_PERSISTENCE_H
#define POWERCUT_CHECKER_PERSISTENCE_PERSISTENCE_H

#include <stdint.h>
#include <sys/types.h>

#include "checker/workload/language.h"
#include "checker/workload/progress.h"
#include "filesystem/rules.h"

/* The rules (filesystem/rules.h), a bit each, to which WORKLOAD holds a file system that promises PROMISES, into
 * *rules.  Returns 0, or -1 after a message: the workload names a rule that is none.
 */
extern int persistence_rules (const struct workload *workload, uint32_t promises, uint32_t *rules);

struct persistence;

/* An oracle for WORKLOAD, which must outlive it.  NULL after a message.  Free with persistence_free. */
extern struct persistence *persistence_new (const struct workload *workload, uint32_t rules);
extern void persistence_free (struct persistence *persistence);

/* The files of which the sectors should be observed, since they may be judged by them: their paths as an observation
 * has them, in strcmp order, at most PERSISTENCE_PATHS_MAX, in *paths, an array to free with its texts.  Returns their
 * number, or -1 after a message.
 */
#define PERSISTENCE_PATHS_MAX 64
extern ssize_t persistence_paths (struct persistence *persistence, char ***paths);

/* The facts (checker/observe/tree.h) that an observation should have. */
extern unsigned persistence_facts (const struct persistence *persistence);

/* Hold the observation SEEN (checker/observe/tree.h) against what is promised when the mark of PROGRESS has been
 * written.  *detail is NULL if nothing is wrong, else one line to free, `RULE: PATH:
 * what, and by which operation`.  Returns 0, or -1 after a message: the observation is malformed, or the operation is
 * no persistence operation of the update.
 */
extern int persistence_judge (struct persistence *persistence, struct workload_progress progress, const char *seen,
                              char **detail);

/* Hold SEEN, observed without a crash before the first operation of the update or, with DONE, after the last, against
 * the simulation, which must know what a file system does.  Returns as persistence_judge does.
 */
extern int persistence_compare (struct persistence *persistence, bool done, const char *seen, char **detail);

#endif
