/* SPDX-License-Identifier: BSD-3-Clause */
/* Looking at what is mounted. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "checker/observe/sectors.h"
#include "checker/observe/tree.h"
#include "common/cleanup.h"
#include "common/message.h"
#include "filesystem/filesystem.h"
#include "guest/agent/agent.h"
#include "guest/agent/protocol.h"

static int
observe (struct agent *agent, char **paths, bool located, char digest[TREE_DIGEST_LENGTH + 1])
{
  const struct sector_request *request = agent->sectors ? &agent->request : NULL;
  size_t count = 0;
  CLEANUP_CLOSE int root = open (AGENT_MOUNT_POINT, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  while (paths[count])
    count++;
  free (agent->observation);
  /* Synced first: what is delayed has its place then, and what was written is on the device. */
  if (root >= 0 && located && syncfs (root) == 0)
    agent->observation = tree_observe_located (root, (const char *const *) paths, count, request, agent->facts);
  else if (root >= 0)
    agent->observation = tree_observe_sectors (root, (const char *const *) paths, count, request, agent->facts);
  else if (asprintf (&agent->observation, "? - - - - !%s - .\n", strerrorname_np (errno)) == -1)
    agent->observation = NULL;  /* else: the file system shut down as it was mounted, and that is what was seen */
  if (agent->observation == NULL && errno == EFBIG) {
    error_message ("--pages: the files have more than %d bytes in all, or their paths more than %d: "
                   "watch fewer with --watch",
                   SECTORS_MAX * SECTOR_SIZE, SECTOR_PATHS_MAX);
    return -1;
  }
  if (agent->observation == NULL) {
    error_message ("cannot observe %s: %m", AGENT_MOUNT_POINT);
    return -1;
  }
  tree_digest (agent->observation, digest);
  return 0;
}

int
observe_paths (struct agent *agent, char **paths, char digest[TREE_DIGEST_LENGTH + 1])
{
  return observe (agent, paths, false, digest);
}

/* Whether the mounted FILESYSTEM says that its data are plain; what it does not say is no reason against that. */
static bool
says_plain (const struct filesystem *filesystem)
{
  bool plain = true;
  glob_t found;

  if (filesystem->options_file == NULL || glob (filesystem->options_file, 0, NULL, &found) != 0)
    return true;
  for (size_t i = 0; i < found.gl_pathc && plain; i++) {
    CLEANUP_CLOSE int fd = open (found.gl_pathv[i], O_RDONLY | O_CLOEXEC);
    char text[4096];
    ssize_t length = fd == -1 ? -1 : read (fd, text, sizeof text - 1);

    text[length > 0 ? length : 0] = '\0';
    plain = filesystem_has_plain_data (filesystem, text, '\n');
  }
  globfree (&found);
  return plain;
}

int
observe_located (struct agent *agent, char **paths, const char *type, const char *options,
                 char digest[TREE_DIGEST_LENGTH + 1])
{
  const struct filesystem *filesystem = filesystem_find (type);

  return observe (agent, paths, filesystem_has_plain_data (filesystem, options, ',') && says_plain (filesystem),
                  digest);
}

int
observe_mounted (struct agent *agent, char **words, FILE *payload)
{
  char digest[TREE_DIGEST_LENGTH + 1];

  if (observe_paths (agent, words, digest) == -1)
    return -1;
  fputs (digest, payload);
  return 0;
}

int
observe_details (struct agent *agent, char **words, FILE *payload)
{
  const bool all = strcmp (words[1], "all") == 0;
  size_t count = 0;
  char **paths;

  (void) payload;
  agent->facts = (unsigned) strtoul (words[0], NULL, 10);
  while (words[2 + count])
    count++;
  paths = calloc (count + 1, sizeof *paths);
  for (size_t i = 0; paths && i < count; i++)
    if ((paths[i] = strdup (words[2 + i])) == NULL)
      paths = NULL;
  if (paths == NULL)
    return out_of_memory ();
  agent->sectors = all || count > 0;
  agent->request = (struct sector_request) { all ? NULL : (const char *const *) paths, count };
  return 0;
}
