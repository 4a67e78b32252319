/* SPDX-License-Identifier: BSD-3-Clause */
/* The paths by which a guest that is recorded reaches its disk (nbd-plugin/paths.h): one, or several that it joins. */
#ifndef POWERCUT_RECORD_RECORDING_PATHS_H
#define POWERCUT_RECORD_RECORDING_PATHS_H

#include "log/reader.h"
#include "record/record.h"

/* Let the disk of RECORDING be where its paths are joined, if there are several.  Returns 0, or -1 after a message:
 * there cannot be so many, or none of them can go down where that is asked for.
 */
extern int recording_take_paths (struct recording *recording);

/* That a path went down where RECORDING asks for it is in LOG: 0, or -1 after a message.  A path that something in the
 * guest has taken down does not count.
 */
extern int recording_check_cut (const struct recording *recording, const struct write_log *log);

#endif
