/* SPDX-License-Identifier: BSD-3-Clause */
/* Workloads in J-lang, the language of the crash testers CrashMonkey and ACE, as workloads of ours
 * (checker/workload/language.h).
 *
 * A file has sections, each begun by a line `# NAME`.  `# define` lists the paths that are used, one a line: elsewhere
 * each is written without its slashes, and `test` is the root.  `# declare` means nothing here.  `# setup` and `# run`
 * hold operations, one a line, most of them as in our language.  Some do more than the words say:
 *   - a file is written and synced through the descriptor that `open` or `opendir` gave it, whatever it is called by
 *     then
 *   - `dwrite` opens the file with O_SYNC: it becomes dwrite and fsync
 *   - `mmapwrite` allocates the range first and msyncs it afterwards: it becomes falloc, mmapwrite and msync
 *   - an extended attribute, where none is named, is user.xattr1, its value val1
 * Modes are ignored.
 */
#ifndef POWERCUT_CHECKER_WORKLOAD_JLANG_H
#define POWERCUT_CHECKER_WORKLOAD_JLANG_H

#include <stdbool.h>

/* Whether TEXT is J-lang: it has a section `define` and a section `run`. */
extern bool jlang_is (const char *text);

/* TEXT as a workload, to free; or NULL after a message that begins with NAME:LINE. */
extern char *jlang_convert (const char *text, const char *name);

#endif
