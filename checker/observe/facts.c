/* SPDX-License-Identifier: BSD-3-Clause */
/* What else is asked for of an object (enum tree_fact), but for its links. */
#include <config.h>

#include <inttypes.h>
#include <linux/btrfs.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "checker/observe/flags.h"
#include "checker/observe/observer.h"

static void
print_flags (int fd, FILE *file)
{
  unsigned flags = 0;

  if (ioctl (fd, FS_IOC_GETFLAGS, &flags) == -1 || (flags & flags_known ()) == 0)
    return;
  fputs (";flags=", file);
  flags_print (flags, file);
}

/* The project of what is open as FD, or 0, which stands for none. */
static uint32_t
project_of (int fd)
{
  struct fsxattr attributes;

  return fd >= 0 && ioctl (fd, FS_IOC_FSGETXATTR, &attributes) == 0 ? attributes.fsx_projid : 0;
}

/* Other file systems do not know what is asked, nor do other folders. */
static void
print_subvolume (int fd, FILE *file)
{
  uint64_t flags;

  if (ioctl (fd, BTRFS_IOC_SUBVOL_GETFLAGS, &flags) == 0)
    fprintf (file, ";subvolume=%s", flags & BTRFS_SUBVOL_RDONLY ? "ro" : "rw");
}

static void
print_facts (const struct observer *observer, const struct tree_place *place, int fd, const struct statx *status,
             FILE *file)
{
  if (observer->facts & FACT_FLAGS && fd >= 0)
    print_flags (fd, file);
  if (observer->facts & FACT_PROJECT && project_of (fd) != 0)
    fprintf (file, ";project=%u", project_of (fd));
  if (observer->facts & FACT_TIME && status->stx_mtime.tv_nsec == 0 && status->stx_mtime.tv_sec >= 0)
    fprintf (file, ";mtime=%" PRId64, (int64_t) status->stx_mtime.tv_sec);
  if (observer->facts & FACT_SUBVOLUME && fd >= 0 && S_ISDIR (status->stx_mode) && place->parent)
    print_subvolume (fd, file);
}

void
observe_attributes (struct observer *observer, const struct tree_place *place, int fd, const struct statx *status,
                    char text[ATTRIBUTES_SIZE])
{
  FILE *file;

  observe_xattrs (observer, place, fd, text);
  if (observer->facts & FACT_QUOTA && usage_note (&observer->usage, status, project_of (fd)) == -1)
    observer->out_of_memory = true;
  if ((observer->facts & ~(unsigned) (FACT_LINKS | FACT_EXTENTS | FACT_QUOTA)) == 0)
    return;
  file = fmemopen (text, ATTRIBUTES_SIZE, "a");
  if (file)
    print_facts (observer, place, fd, status, file);
  observer->out_of_memory |= file == NULL || fclose (file) != 0;
}
