/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/message.h"
#include "vhost/memory.h"

/* Whether SIZE bytes at OFFSET are in the file FD. */
static bool
is_in_file (int fd, uint64_t offset, uint64_t size)
{
  struct stat file;
  uint64_t end;

  return fstat (fd, &file) == 0 && size > 0 && !__builtin_add_overflow (offset, size, &end)
    && end <= (uint64_t) file.st_size;
}

static bool
overflows (uint64_t address, uint64_t size)
{
  uint64_t end;

  return __builtin_add_overflow (address, size, &end);
}

int
vhost_memory_add (struct vhost_memory *memory, int fd, uint64_t offset, uint64_t size, uint64_t guest_address,
                  uint64_t driver_address)
{
  const uint64_t skipped = offset % (uint64_t) sysconf (_SC_PAGESIZE);

  if (memory->count == VHOST_REGIONS_MAX || !is_in_file (fd, offset, size) || overflows (guest_address, size)
      || overflows (driver_address, size)) {
    error_message ("vhost: the guest gives no memory of %" PRIu64 " bytes at %" PRIu64, size, offset);
    return -1;
  }
  struct vhost_region *region = &memory->regions[memory->count];
  *region = (struct vhost_region) {
    .guest_address = guest_address, .driver_address = driver_address, .size = size, .mapping_bytes = size + skipped
  };
  region->mapping = mmap (NULL, region->mapping_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
                          (off_t) (offset - skipped));
  if (region->mapping == MAP_FAILED) {
    error_message ("vhost: memory of the guest: %m");
    return -1;
  }
  region->start = (char *) region->mapping + skipped;
  memory->count++;
  return 0;
}

void
vhost_memory_release (struct vhost_memory *memory)
{
  for (size_t i = 0; i < memory->count; i++)
    munmap (memory->regions[i].mapping, memory->regions[i].mapping_bytes);
  memory->count = 0;
}

/* Where LENGTH bytes are that begin DISTANCE after the start of REGION (a very large one if before); or NULL. */
static void *
in_region (const struct vhost_region *region, uint64_t distance, uint64_t length)
{
  return distance <= region->size && length <= region->size - distance ? region->start + distance : NULL;
}

void *
vhost_memory_of_guest (const struct vhost_memory *memory, uint64_t address, uint64_t length)
{
  void *found = NULL;

  for (size_t i = 0; i < memory->count && found == NULL; i++)
    found = in_region (&memory->regions[i], address - memory->regions[i].guest_address, length);
  return found;
}

void *
vhost_memory_of_driver (const struct vhost_memory *memory, uint64_t address, uint64_t length)
{
  void *found = NULL;

  for (size_t i = 0; i < memory->count && found == NULL; i++)
    found = in_region (&memory->regions[i], address - memory->regions[i].driver_address, length);
  return found;
}
