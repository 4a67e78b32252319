/* SPDX-License-Identifier: BSD-3-Clause */
/* The directory of all that powercut keeps between commands. */
#ifndef POWERCUT_COMMON_CACHE_H
#define POWERCUT_COMMON_CACHE_H

/* Its path, to free: $XDG_CACHE_HOME/powercut or ~/.cache/powercut, whether it is there or not.  NULL without a message
 * if neither can be said.
 */
extern char *cache_path (void);

/* Make the directory FOLDER of the cache, and those above it, if missing: private, as the XDG base directory
 * specification wants it.  Returns 0, or -1 with errno.
 */
extern int cache_make (char *folder);

/* The same as cache_path, made if missing.  NULL after a message. */
extern char *cache_folder (void);

/* The directory NAME in it, to free; made if missing.  NULL after a message. */
extern char *cache_folder_in (const char *name);

#endif
