/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "guest/agent/protocol.h"
#include "guest/image.h"
#include "guest/kernel/find.h"
#include "guest/kernel/release.h"
#include "log/files.h"
#include "log/info.h"
#include "replay/trust.h"

/* Whether LOG carries files. */
static bool
carries_files (const struct write_log *log)
{
  const void *data;

  for (uint32_t i = 0; i < log->mark_count; i++)
    if (log_files_piece (&log->marks[i], &data) > 0)
      return true;
  return false;
}

/* Where the programs are that assemble the disks of LOG: an enum checker_origin, or -1 after a message. */
static int
find_assembly (const struct trust *trust, const struct write_log *log)
{
  const char *command = log_info (log, LOG_KEY_ASSEMBLE);

  if (command == NULL)
    return CHECKER_NONE;
  if (carries_files (log))
    return CHECKER_CARRIED;
  if (trust->all)
    return CHECKER_HERE;
  error_message ("%s: its disks are assembled by `%.80s`, whose programs it does not carry: give --trust-log to take "
                 "what that names from this machine", log->path, command);
  return -1;
}

int
trust_check (const struct trust *trust, const struct write_log *log)
{
  static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_";
  const char *filesystem = log_info (log, LOG_KEY_FILESYSTEM), *command;
  int origin = trust_find_checker (trust, log, &command);

  if (filesystem && (*filesystem == '\0' || strspn (filesystem, letters) != strlen (filesystem))) {
    error_message ("%s: the file system that it names is none: `%.40s`", log->path, filesystem);
    return -1;
  }
  if (origin != -1 && origin != CHECKER_HERE && trust->include->count > 0) {
    error_message ("--include=%s: is for --check, which is not given%s", trust->include->texts[0],
                   origin == CHECKER_CARRIED ? ": the log carries what its checker needs" : "");
    return -1;
  }
  return origin == -1 || find_assembly (trust, log) == -1 ? -1 : 0;
}

/* What the log carries, as an array to free, its length in *count; NULL if memory is short. */
static struct packed_piece *
find_pieces (const struct write_log *log, size_t *count)
{
  struct packed_piece *pieces = calloc (log->mark_count + 1, sizeof *pieces);

  *count = 0;
  for (uint32_t i = 0; pieces && i < log->mark_count; i++) {
    struct packed_piece piece = { NULL, log_files_piece (&log->marks[i], &piece.data) };

    if (piece.length > 0)
      pieces[(*count)++] = piece;
  }
  if (pieces == NULL)
    error_message ("out of memory");
  return pieces;
}

int
trust_find_checker (const struct trust *trust, const struct write_log *log, const char **command)
{
  const char *recorded = log_info (log, LOG_KEY_CHECK);

  *command = trust->check ? trust->check : recorded;
  if (*command == NULL)
    return CHECKER_NONE;
  if (trust->check)
    return CHECKER_HERE;
  if (carries_files (log))
    return CHECKER_CARRIED;
  if (trust->all)
    return CHECKER_HERE;
  error_message ("%s: its checker is `%.80s`, whose programs it does not carry: give --check=CMD, or --trust-log "
                 "to take what it names from this machine", log->path, recorded);
  return -1;
}

/* The paths that the checker needs, besides its programs: those of the command line, and with --trust-log those of the
 * log.  An array to free, or NULL after a message.
 */
static const char **
find_included (const struct trust *trust, const struct write_log *log, size_t *count)
{
  const char **paths, *path = NULL;
  size_t recorded = 0;

  while (trust->all && (path = log_info_after (log, LOG_KEY_INCLUDE, path)) != NULL)
    recorded++;
  paths = calloc (trust->include->count + recorded + 1, sizeof *paths);
  *count = 0;
  for (size_t i = 0; paths && i < trust->include->count; i++)
    paths[(*count)++] = trust->include->texts[i];
  for (size_t i = 0; paths && i < recorded; i++)
    paths[(*count)++] = path = log_info_after (log, LOG_KEY_INCLUDE, path);
  if (paths == NULL)
    error_message ("out of memory");
  return paths;
}

static int
add_from_here (const struct trust *trust, const struct write_log *log, const char *command, struct initramfs *initramfs)
{
  size_t count;
  CLEANUP_FREE const char **paths = find_included (trust, log, &count);

  if (paths == NULL || (trust->confine && initramfs_confine (initramfs, trust->confine) == -1))
    return -1;
  return initramfs_add_checker (initramfs, command, paths, count);
}

static int
add_carried (const struct write_log *log, const char *root, struct initramfs *initramfs)
{
  size_t count;
  CLEANUP_FREE struct packed_piece *pieces = find_pieces (log, &count);

  return pieces ? initramfs_add_packed (initramfs, pieces, count, root, log->path) : -1;
}

int
trust_add_checker (const struct trust *trust, const struct write_log *log, struct initramfs *initramfs)
{
  const char *command;

  switch (trust_find_checker (trust, log, &command)) {
  case CHECKER_NONE:
    return 0;
  case CHECKER_HERE:
    return add_from_here (trust, log, command, initramfs);
  case CHECKER_CARRIED:
    return add_carried (log, AGENT_CHECKER_ROOT, initramfs);
  default:
    return -1;
  }
}

int
trust_add_assembly (const struct trust *trust, const struct write_log *log, struct initramfs *initramfs)
{
  const char *command = log_info (log, LOG_KEY_ASSEMBLE), *check;

  switch (find_assembly (trust, log)) {
  case CHECKER_NONE:
    return 0;
  case CHECKER_HERE:
    if (trust->confine && initramfs_confine (initramfs, trust->confine) == -1)
      return -1;
    return initramfs_add_checker (initramfs, command, NULL, 0);
  case CHECKER_CARRIED:         /* one archive, for both */
    return trust_find_checker (trust, log, &check) == CHECKER_CARRIED ? 0
      : add_carried (log, AGENT_ASSEMBLY_ROOT, initramfs);
  default:
    return -1;
  }
}

int
trust_pack_checker (const struct trust *trust, const struct write_log *log, const char *file)
{
  const char *assemble = log_info (log, LOG_KEY_ASSEMBLE), *command;
  size_t count;
  CLEANUP_FREE const char **paths = find_included (trust, log, &count);

  if (assemble && !trust->all) {        /* what it carries for both is one archive */
    error_message ("--check=%s: cannot be packed with what assembles the disks, `%.80s`: give --trust-log to take what "
                   "that names from this machine", trust->check, assemble);
    return -1;
  }
  trust_find_checker (trust, log, &command);
  return paths ? guest_image_pack (command, assemble, paths, count, trust->confine, file) : -1;
}

int
trust_find_kernel (const struct trust *trust, const struct write_log *log, struct kernel *kernel)
{
  const char *image = log_info (log, LOG_KEY_KERNEL_IMAGE), *release = log_info (log, LOG_KEY_KERNEL);

  if (trust->kernel == NULL && trust->all && image && access (image, R_OK) == 0)
    return kernel_find (image, kernel);
  if (trust->kernel == NULL && release)
    return kernel_find_release (release, log->path, kernel);
  return guest_kernel_find (trust->kernel, log_info (log, LOG_KEY_FILESYSTEM), false, kernel);
}
