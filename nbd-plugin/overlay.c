/* SPDX-License-Identifier: BSD-3-Clause */
/* An open-addressed hash table from block to page: the block's data, and a bit for each sector that is written or was
 * read.
 */
#include <config.h>

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/array.h"
#include "common/cleanup.h"
#include "nbd-plugin/overlay.h"

struct page {
  uint64_t key;
  unsigned written;             /* sectors */
  unsigned read;
  bool filled;                  /* something else than zeros was written: that is in data */
  char *data;                   /* BLOCK_SIZE bytes, or NULL; kept for reuse while not filled */
};

#define KEPT_MAX 4096           /* more pages' data than that are not kept for the next run */

static void
free_data (struct page *page)
{
  free (page->data);
}

struct overlay {
  struct page *pages;           /* in the order of their first writing; from page_count on, data are kept for reuse */
  size_t page_count, page_room;
  size_t filled_count;          /* pages */
  size_t data_count;            /* pages with data, those that are kept included */
  uint64_t bytes_max;           /* of memory that writes may take */
  uint32_t *slots;              /* number of the page + 1, or 0 */
  size_t slot_count;            /* a power of two */
};

void
overlay_free (struct overlay *overlay)
{
  if (overlay == NULL)
    return;
  array_free (overlay->pages, overlay->page_room, free_data);
  free_all (overlay->slots, overlay);
}

struct overlay *
overlay_new (uint64_t bytes_max)
{
  struct overlay *overlay = calloc (1, sizeof *overlay);

  if (overlay == NULL)
    return NULL;
  overlay->bytes_max = bytes_max;
  overlay->slot_count = 1024;
  overlay->slots = calloc (overlay->slot_count, sizeof *overlay->slots);
  if (overlay->slots == NULL) {
    free (overlay);
    return NULL;
  }
  return overlay;
}

#define KEY_DEVICE_SHIFT 56

static uint64_t
block_key (unsigned device, uint64_t block)
{
  return (uint64_t) device << KEY_DEVICE_SHIFT | block;
}

/* The slot where KEY is or would be. */
static size_t
find_slot (const struct overlay *overlay, uint64_t key)
{
  size_t mask = overlay->slot_count - 1, slot = (size_t) ((key * UINT64_C (0x9e3779b97f4a7c15)) >> 32) & mask;

  while (overlay->slots[slot] && overlay->pages[overlay->slots[slot] - 1].key != key)
    slot = (slot + 1) & mask;
  return slot;
}

void
overlay_clear (struct overlay *overlay)
{
  memset (overlay->slots, 0, overlay->slot_count * sizeof *overlay->slots);
  if (overlay->data_count > KEPT_MAX) {
    for (size_t i = 0; i < overlay->page_room; i++) {
      free (overlay->pages[i].data);
      overlay->pages[i].data = NULL;
    }
    overlay->data_count = 0;
  }
  overlay->page_count = overlay->filled_count = 0;
}

static int
grow_slots (struct overlay *overlay)
{
  uint32_t *slots = calloc (overlay->slot_count * 2, sizeof *slots);

  if (slots == NULL)
    return -1;
  free (overlay->slots);
  overlay->slots = slots;
  overlay->slot_count *= 2;
  for (size_t i = 0; i < overlay->page_count; i++)
    slots[find_slot (overlay, overlay->pages[i].key)] = (uint32_t) i + 1;
  return 0;
}

static int
grow_pages (struct overlay *overlay)
{
  size_t room = overlay->page_room ? overlay->page_room * 2 : 256;
  struct page *pages = reallocarray (overlay->pages, room, sizeof *pages);

  if (pages == NULL)
    return -1;
  memset (pages + overlay->page_room, 0, (room - overlay->page_room) * sizeof *pages);
  overlay->pages = pages;
  overlay->page_room = room;
  return 0;
}

/* A new page for KEY, or NULL. */
static struct page *
add_page (struct overlay *overlay, uint64_t key)
{
  if (overlay->page_count == overlay->page_room && grow_pages (overlay) == -1)
    return NULL;
  if (overlay->page_count * 2 >= overlay->slot_count && grow_slots (overlay) == -1)
    return NULL;
  struct page *page = &overlay->pages[overlay->page_count];
  page->key = key;
  page->written = page->read = 0;
  page->filled = false;
  overlay->slots[find_slot (overlay, key)] = (uint32_t) ++overlay->page_count;
  return page;
}

/* The page of a block, new if there is none; NULL with errno ENOMEM. */
static struct page *
get_page (struct overlay *overlay, uint64_t key)
{
  uint32_t number = overlay->slots[find_slot (overlay, key)];

  return number ? &overlay->pages[number - 1] : add_page (overlay, key);
}

/* Whether there may be FRESH bytes more. */
static bool
has_room (const struct overlay *overlay, size_t fresh)
{
  const size_t each = sizeof (struct page) + 2 * sizeof overlay->slots[0];

  return overlay->page_count * each + overlay->filled_count * BLOCK_SIZE + fresh <= overlay->bytes_max;
}

/* Let PAGE have data: zeros, as what was written to it so far. */
static int
fill (struct overlay *overlay, struct page *page)
{
  if (page->filled)
    return 0;
  if (!has_room (overlay, BLOCK_SIZE)) {
    errno = ENOSPC;
    return -1;
  }
  if (page->data == NULL) {
    page->data = malloc (BLOCK_SIZE);
    if (page->data == NULL)
      return -1;
    overlay->data_count++;
  }
  memset (page->data, 0, BLOCK_SIZE);
  page->filled = true;
  overlay->filled_count++;
  return 0;
}

int
overlay_write (struct overlay *overlay, unsigned device, uint64_t block, unsigned sectors, const void *data)
{
  if (!has_room (overlay, 0)) {
    errno = ENOSPC;
    return -1;
  }
  struct page *page = get_page (overlay, block_key (device, block));

  if (page == NULL || (data && fill (overlay, page) == -1))
    return -1;
  for (unsigned sector = 0; sector < BLOCK_SECTORS && page->filled; sector++) {
    size_t at = sector * LOG_SECTOR;

    if (!(sectors & 1u << sector))
      continue;
    if (data)
      memcpy (page->data + at, (const char *) data + at, LOG_SECTOR);
    else
      memset (page->data + at, 0, LOG_SECTOR);
  }
  page->written |= sectors;
  return 0;
}

unsigned
overlay_read (const struct overlay *overlay, unsigned device, uint64_t block, unsigned sectors, void *buffer)
{
  uint32_t number = overlay->slots[find_slot (overlay, block_key (device, block))];

  if (number == 0)
    return sectors;
  const struct page *page = &overlay->pages[number - 1];
  for (unsigned sector = 0; sector < BLOCK_SECTORS; sector++)
    if (sectors & page->written & 1u << sector) {
      char *to = (char *) buffer + sector * LOG_SECTOR;

      if (page->filled)
        memcpy (to, page->data + sector * LOG_SECTOR, LOG_SECTOR);
      else
        memset (to, 0, LOG_SECTOR);
    }
  return sectors & ~page->written;
}

bool
overlay_next_written (const struct overlay *overlay, size_t *at, unsigned *device, uint64_t *block, unsigned *sectors)
{
  while (*at < overlay->page_count && overlay->pages[*at].written == 0)
    ++*at;
  if (*at == overlay->page_count)
    return false;
  const struct page *page = &overlay->pages[(*at)++];
  *device = (unsigned) (page->key >> KEY_DEVICE_SHIFT);
  *block = page->key & ((UINT64_C (1) << KEY_DEVICE_SHIFT) - 1);
  *sectors = page->written;
  return true;
}

unsigned
overlay_note_read (struct overlay *overlay, unsigned device, uint64_t block, unsigned sectors)
{
  struct page *page = get_page (overlay, block_key (device, block));

  if (page == NULL)
    return sectors;
  sectors &= ~page->read;
  page->read |= sectors;
  return sectors;
}
