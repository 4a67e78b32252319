/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "guest/agent/agent.h"
#include "guest/agent/protocol.h"

#define LINK_MAX_BYTES 4096

static int
copy_file (const FTSENT *entry, const char *to)
{
  CLEANUP_CLOSE int in = open (entry->fts_accpath, O_RDONLY | O_CLOEXEC);
  CLEANUP_CLOSE int out = in == -1 ? -1 : open (to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  ssize_t count;

  if (out == -1)
    return -1;
  while ((count = sendfile (out, in, NULL, 1 << 20)) > 0)
    ;
  return (int) count;
}

static int
copy_link (const FTSENT *entry, const char *to)
{
  char target[LINK_MAX_BYTES + 1];
  ssize_t length = readlink (entry->fts_accpath, target, LINK_MAX_BYTES);

  if (length == -1)
    return -1;
  target[length] = '\0';
  return symlink (target, to);
}

/* The owner first: chown takes set-user-ID bits away.  A file system without owners (vfat) refuses it even to root. */
static int
copy_owner_and_mode (const FTSENT *entry, const char *to)
{
  const struct stat *st = entry->fts_statp;

  if (lchown (to, st->st_uid, st->st_gid) == -1 && errno != EPERM)
    return -1;
  return S_ISLNK (st->st_mode) ? 0 : chmod (to, st->st_mode & 07777);
}

/* A folder gets its owner and mode when it is left, so that a read-only one can be filled. */
static int
copy_entry (const FTSENT *entry, const char *to)
{
  const struct stat *st = entry->fts_statp;

  switch (entry->fts_info) {
  case FTS_D:
    return mkdir (to, 0700) == 0 || errno == EEXIST ? 0 : -1;
  case FTS_DP:
    return copy_owner_and_mode (entry, to);
  case FTS_F:
    return copy_file (entry, to) == 0 ? copy_owner_and_mode (entry, to) : -1;
  case FTS_SL:
  case FTS_SLNONE:
    return copy_link (entry, to) == 0 ? copy_owner_and_mode (entry, to) : -1;
  case FTS_DEFAULT:
    return mknod (to, st->st_mode, st->st_rdev) == 0 ? copy_owner_and_mode (entry, to) : -1;
  default:
    errno = entry->fts_errno;
    return -1;
  }
}

/* Always the same order, so that the same tree makes the same writes. */
static int
compare_names (const FTSENT **a, const FTSENT **b)
{
  return strcmp ((*a)->fts_name, (*b)->fts_name);
}

int
copy_tree (struct agent *agent, char **words, FILE *payload)
{
  (void) agent, (void) payload;
  char *const roots[] = { words[0], NULL };
  FTS *walk = fts_open (roots, FTS_PHYSICAL | FTS_NOCHDIR, compare_names);
  FTSENT *entry;
  int result = 0;

  if (walk == NULL) {
    error_message ("copy: %m");
    return -1;
  }
  while (result == 0 && (errno = 0, entry = fts_read (walk)) != NULL) {
    CLEANUP_FREE char *to = NULL;
    if (asprintf (&to, "%s%s", AGENT_MOUNT_POINT, entry->fts_path + strlen (words[0])) == -1)
      to = NULL;
    if (to == NULL || copy_entry (entry, to) == -1) {
      error_message ("cannot copy %s: %m", entry->fts_path);
      result = -1;
    }
  }
  if (result == 0 && errno != 0) {
    error_message ("copy: %s: %m", words[0]);
    result = -1;
  }
  fts_close (walk);
  return result;
}
