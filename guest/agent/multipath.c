/* SPDX-License-Identifier: BSD-3-Clause */
/* One disk that is reached by several paths, each a block device: dm-multipath makes one device of them, which takes
 * them in turn.  A request that fails on one it repeats on another; when none is left, it fails.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "common/text.h"
#include "guest/agent/agent.h"
#include "guest/agent/protocol.h"

#define CONTROL "/dev/" DM_DIR "/" DM_CONTROL_NODE
#define NAME "powercut"
#define SECTOR_SIZE 512
#define PARAMETERS_MAX 256

/* Let the device mapper do REQUEST, of SIZE bytes, with NAME, and FLAGS.  Returns 0, or -1 with errno. */
static int
ask_mapper (unsigned long request, struct dm_ioctl *header, size_t size, uint32_t flags)
{
  CLEANUP_CLOSE int control = open (CONTROL, O_RDWR | O_CLOEXEC);

  header->version[0] = DM_VERSION_MAJOR;
  header->data_size = (uint32_t) size;
  header->data_start = sizeof *header;
  header->flags = flags;
  strcpy (header->name, NAME);
  return control == -1 ? -1 : ioctl (control, request, header);
}

/* Have the device, AGENT_MULTIPATH_DEVICE.  Returns 0, or -1 with errno. */
static int
have_device (void)
{
  struct dm_ioctl status = { .name = "" }, create = { .dev = 0 };

  return ask_mapper (DM_DEV_STATUS, &status, sizeof status, 0) == 0 ? 0
    : ask_mapper (DM_DEV_CREATE, &create, sizeof create, DM_PERSISTENT_DEV_FLAG);
}

/* The size of the block device PATH in sectors, or 0 with errno. */
static uint64_t
size_in_sectors (const char *path)
{
  CLEANUP_CLOSE int fd = open (path, O_RDONLY | O_CLOEXEC);
  uint64_t bytes = 0;

  return fd == -1 || ioctl (fd, BLKGETSIZE64, &bytes) == -1 ? 0 : bytes / SECTOR_SIZE;
}

/* One group of PATHS, paths with commas between them: the next request takes the next one. */
static char *
describe_group (const char *paths)
{
  char *group = NULL;
  size_t count = 1;

  for (const char *comma = paths; (comma = strchr (comma, ',')) != NULL; comma++)
    count++;
  group = text_format ("0 0 1 1 round-robin 0 %zu 1 %s 1", count, paths);
  for (size_t i = 1; i < count && group; i++) {
    CLEANUP_FREE char *before = group;
    char *comma = strchr (before, ',');

    *comma = '\0';
    group = text_format ("%s 1 %s", before, comma + 1);
  }
  return group;
}

/* Let the device, of SECTORS, be GROUP from now on. */
static int
load_table (const char *group, uint64_t sectors)
{
  struct {
    struct dm_ioctl header;
    struct dm_target_spec target;
    char parameters[PARAMETERS_MAX];
  } load = { .header.target_count = 1, .target = { .length = sectors, .target_type = "multipath" } };
  struct dm_ioctl resume = { .name = "" };

  if (strlen (group) >= sizeof load.parameters) {
    errno = E2BIG;
    return -1;
  }
  strcpy (load.parameters, group);
  return ask_mapper (DM_TABLE_LOAD, &load.header, sizeof load, 0) == -1 ? -1
    : ask_mapper (DM_DEV_SUSPEND, &resume, sizeof resume, 0); /* which, without its flag, resumes */
}

int
multipath_join (struct agent *agent, char **words, FILE *payload)
{
  const char *paths = words[0];
  CLEANUP_FREE char *first = devices_first (paths), *group = describe_group (paths);

  (void) payload;
  baseline_load_modules (agent, AGENT_MULTIPATH_MODULES);
  if (first == NULL || group == NULL)
    return -1;
  const uint64_t sectors = size_in_sectors (first);
  if (sectors > 0 && have_device () == 0 && load_table (group, sectors) == 0)
    return 0;
  error_message ("cannot join %s by dm-multipath: %m", paths);
  return -1;
}

int
multipath_reinstate (const char *path)
{
  /* struct dm_target_msg, with room for its text. */
  struct {
    struct dm_ioctl header;
    uint64_t sector;
    char text[PARAMETERS_MAX];
  } message = { .sector = 0 };

  snprintf (message.text, sizeof message.text, "reinstate_path %s", path);
  if (ask_mapper (DM_TARGET_MSG, &message.header, sizeof message, 0) == 0)
    return 0;
  error_message ("%s cannot be used again: %m", path);
  return -1;
}
