/* SPDX-License-Identifier: BSD-3-Clause */
/* The image is not trusted: libext2fs checks what it reads, what one question may cost is limited, and all of it
 * happens in a process without rights (common/sandbox.h), so that the image is no file but is read from memory.
 */
#include <config.h>

#include <ext2fs/ext2fs.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <stdint.h>

#include "common/cleanup.h"
#include "common/escape.h"
#include "log/format.h"
#include "replay/explain/blame-journal.h"
#include "replay/explain/blame-layout.h"

#define HITS_MAX (2 * NAMES_MAX)
#define EFFORT_FOR_NOTHING (1 << 20)    /* inodes and directory entries looked at on the smallest of images */

/* An inode that a wanted block belongs to. */
struct hit {
  ext2_ino_t inode;
  __u16 mode;
  const char *part;             /* what of it, without its name */
  ext2_ino_t folder;            /* where it has this name, or 0 */
  char *name;                   /* escaped, to free */
};

struct owner_search {
  ext2_filsys fs;
  const struct written *written;
  struct names *names;
  blk64_t first, last;          /* the blocks that are wanted */
  struct hit hits[HITS_MAX];
  size_t hit_count;
  uint64_t found;               /* blocks whose owner is known */
  uint64_t effort;              /* how much may still be looked at */

  /* While the blocks of one inode are walked. */
  ext2_ino_t inode;
  __u16 mode;
};

static bool
is_wanted (const struct owner_search *search, blk64_t block)
{
  return block >= search->first && block <= search->last;
}

/* Whether some block from FIRST on, COUNT of them, is wanted. */
static bool
overlaps (const struct owner_search *search, blk64_t first, uint64_t count)
{
  return first != 0 && count > 0 && first <= search->last && first + count > search->first;
}

/* Name the blocks of the inode table of GROUP that are wanted. */
static void
name_inodes (const struct owner_search *search, dgrp_t group, blk64_t table)
{
  const struct ext2_super_block *super = search->fs->super;
  uint64_t in_block = search->fs->blocksize / EXT2_INODE_SIZE (super), count = search->fs->inode_blocks_per_group;
  blk64_t first = table > search->first ? table : search->first;
  blk64_t end = table + count <= search->last ? table + count : search->last + 1;
  uint64_t base = (uint64_t) group * super->s_inodes_per_group + 1;

  names_add (search->names, "inode table, inodes %ju to %ju", (uintmax_t) (base + (first - table) * in_block),
             (uintmax_t) (base + (end - table) * in_block - 1));
}

/* Name what is at a fixed place in GROUP. */
static void
name_fixed (struct owner_search *search, dgrp_t group)
{
  ext2_filsys fs = search->fs;
  blk64_t super, old_descriptors, new_descriptors, table = ext2fs_inode_table_loc (fs, group);

  if (ext2fs_super_and_bgd_loc2 (fs, group, &super, &old_descriptors, &new_descriptors, NULL) != 0)
    return;
  if (ext2fs_bg_has_super (fs, group) && is_wanted (search, super))
    names_add (search->names, group == 0 ? "superblock" : "superblock, the copy in group %u", group);
  if (overlaps (search, old_descriptors, fs->desc_blocks)
      || (new_descriptors != 0 && is_wanted (search, new_descriptors)))
    names_add (search->names, group == 0 ? "group descriptors" : "group descriptors, the copy in group %u", group);
  if (is_wanted (search, ext2fs_block_bitmap_loc (fs, group)))
    names_add (search->names, "block bitmap of group %u", group);
  if (is_wanted (search, ext2fs_inode_bitmap_loc (fs, group)))
    names_add (search->names, "inode bitmap of group %u", group);
  if (overlaps (search, table, fs->inode_blocks_per_group))
    name_inodes (search, group, table);
}

/* Name BLOCK of the journal by what was written there. */
static void
name_journal (const struct owner_search *search, blk64_t block)
{
  static const char *const types[] = {
    [JOURNAL_DESCRIPTOR] = "descriptor", [JOURNAL_COMMIT] = "commit", [JOURNAL_REVOKE] = "revocations"
  };
  const struct written *written = search->written;
  uint64_t at = block * search->fs->blocksize;
  __be32 head[3];

  if (written->data == NULL || at < written->offset || at - written->offset + sizeof head > written->length) {
    names_add (search->names, "journal");
    return;
  }
  memcpy (head, written->data + (at - written->offset), sizeof head);
  uint32_t type = ext2fs_be32_to_cpu (head[1]);
  if (ext2fs_be32_to_cpu (head[0]) != JOURNAL_MAGIC)
    names_add (search->names, "journal: copies of blocks");
  else if (type == JOURNAL_SUPERBLOCK_1 || type == JOURNAL_SUPERBLOCK_2)
    names_add (search->names, "journal: its superblock");
  else if (type <= JOURNAL_REVOKE && types[type])
    names_add (search->names, "journal: %s of transaction %u", types[type], ext2fs_be32_to_cpu (head[2]));
  else
    names_add (search->names, "journal");
}

/* Note that a block is PART of the inode that is walked. */
static void
note_hit (struct owner_search *search, const char *part)
{
  for (size_t i = 0; i < search->hit_count; i++)
    if (search->hits[i].inode == search->inode && search->hits[i].part == part)
      return;
  if (search->hit_count < HITS_MAX)
    search->hits[search->hit_count++] = (struct hit) { .inode = search->inode, .mode = search->mode, .part = part };
}

static int
look_at_block (ext2_filsys fs, blk64_t *block, e2_blkcnt_t number, blk64_t above, int offset, void *opaque)
{
  static const char map[] = "block map of", folder[] = "directory", data[] = "data of", target[] = "target of";
  struct owner_search *search = opaque;
  const struct ext2_super_block *super = fs->super;

  (void) above, (void) offset;
  if (search->effort == 0 || search->effort-- == 1)
    return BLOCK_ABORT;
  if (!is_wanted (search, *block))
    return 0;
  search->found++;
  if (search->inode == super->s_journal_inum)
    name_journal (search, *block);
  else if (search->inode == EXT2_RESIZE_INO)
    names_add (search->names, "reserved group descriptors");
  else if (search->inode == super->s_usr_quota_inum || search->inode == super->s_grp_quota_inum
           || search->inode == super->s_prj_quota_inum)
    names_add (search->names, "quota file");
  else
    note_hit (search, number < 0 ? map : LINUX_S_ISDIR (search->mode) ? folder
              : LINUX_S_ISLNK (search->mode) ? target : data);
  return search->found > search->last - search->first ? BLOCK_ABORT : 0;
}

static void
look_at_inode (struct owner_search *search, ext2_ino_t number, struct ext2_inode *inode)
{
  static const char attributes[] = "attributes of";

  search->inode = number;
  search->mode = inode->i_mode;
  if (inode->i_mode == 0 && number >= EXT2_FIRST_INODE (search->fs->super))
    return;
  blk64_t attribute_block = ext2fs_file_acl_block (search->fs, inode);
  if (attribute_block != 0 && is_wanted (search, attribute_block)) {
    search->found++;
    note_hit (search, attributes);
  }
  if (ext2fs_inode_has_valid_blocks2 (search->fs, inode))
    ext2fs_block_iterate3 (search->fs, number, BLOCK_FLAG_READ_ONLY, NULL, look_at_block, search);
}

static int
look_at_name (ext2_ino_t folder, int entry, struct ext2_dir_entry *dirent, int offset, int block_size, char *buffer,
              void *opaque)
{
  struct owner_search *search = opaque;

  (void) entry, (void) offset, (void) block_size, (void) buffer;
  if (search->effort == 0 || search->effort-- == 1)
    return DIRENT_ABORT;
  for (size_t i = 0; i < search->hit_count; i++) {
    struct hit *hit = &search->hits[i];
    size_t length;
    FILE *file;

    if (hit->inode != dirent->inode || hit->name || LINUX_S_ISDIR (hit->mode)
        || (file = open_memstream (&hit->name, &length)) == NULL)
      continue;
    escape_word (dirent->name, (size_t) ext2fs_dirent_name_len (dirent), file);
    fclose (file);
    hit->folder = folder;
  }
  return 0;
}

static void
look_into_folder (struct owner_search *search, ext2_ino_t number, struct ext2_inode *inode)
{
  if (LINUX_S_ISDIR (inode->i_mode))
    ext2fs_dir_iterate2 (search->fs, number, 0, NULL, look_at_name, search);
}

/* Call LOOK for every inode. */
static void
walk_inodes (struct owner_search *search,
             void (*look) (struct owner_search *search, ext2_ino_t number, struct ext2_inode *inode))
{
  struct ext2_inode inode;
  ext2_inode_scan scan;
  ext2_ino_t number;

  if (ext2fs_open_inode_scan (search->fs, 0, &scan) != 0)
    return;
  while (search->effort > 0 && ext2fs_get_next_inode (scan, &number, &inode) == 0 && number != 0) {
    search->effort--;
    look (search, number, &inode);
  }
  ext2fs_close_inode_scan (scan);
}

/* The path of a folder, escaped and without the first slash, to free; the root is empty. */
static char *
folder_path (ext2_filsys fs, ext2_ino_t folder)
{
  char *path, *escaped = NULL;
  size_t length;
  FILE *file;

  if (ext2fs_get_pathname (fs, folder, 0, &path) != 0)
    return NULL;
  file = open_memstream (&escaped, &length);
  if (file) {
    escape_word (path + (*path == '/'), strlen (path + (*path == '/')), file);
    fclose (file);
  }
  ext2fs_free_mem (&path);
  return escaped;
}

static void
name_hit (const struct owner_search *search, const struct hit *hit)
{
  bool is_folder = LINUX_S_ISDIR (hit->mode);
  CLEANUP_FREE char *folder = is_folder ? folder_path (search->fs, hit->inode)
    : hit->name ? folder_path (search->fs, hit->folder) : NULL;

  if (folder == NULL)
    names_add (search->names, "%s inode %u", hit->part, hit->inode);
  else if (is_folder)
    names_add (search->names, "%s %s", hit->part, *folder ? folder : ".");
  else
    names_add (search->names, "%s %s%s%s", hit->part, folder, *folder ? "/" : "", hit->name);
}

static void
name_blocks (struct owner_search *search)
{
  ext2_filsys fs = search->fs;

  search->first = search->written->offset / fs->blocksize;
  search->last = (search->written->offset + search->written->length - 1) / fs->blocksize;
  search->effort = EFFORT_FOR_NOTHING + 4 * ext2fs_blocks_count (fs->super);
  for (dgrp_t group = 0; group < fs->group_desc_count; group++)
    name_fixed (search, group);
  walk_inodes (search, look_at_inode);
  if (search->hit_count > 0)
    walk_inodes (search, look_into_folder);
  for (size_t i = 0; i < search->hit_count; i++) {
    name_hit (search, &search->hits[i]);
    free (search->hits[i].name);
  }
}

static struct struct_io_manager image_manager;

/* What the channels of this thread read. */
static _Thread_local struct source {
  const struct image *image;
  struct journal journal;
} source;

static errcode_t
channel_open (const char *name, int flags, io_channel *channel)
{
  struct struct_io_channel *opened = calloc (1, sizeof *opened);

  (void) flags;
  if (opened == NULL)
    return EXT2_ET_NO_MEMORY;
  opened->magic = EXT2_ET_MAGIC_IO_CHANNEL;
  opened->manager = &image_manager;
  opened->name = strdup (name);
  opened->block_size = 1024;
  opened->refcount = 1;
  *channel = opened;
  return 0;
}

static errcode_t
channel_close (io_channel channel)
{
  if (--channel->refcount > 0)
    return 0;
  free (channel->name);
  free (channel);
  return 0;
}

static errcode_t
channel_set_block_size (io_channel channel, int size)
{
  channel->block_size = size;
  return 0;
}

/* Read SIZE bytes at OFFSET of the image. */
static errcode_t
read_image (uint64_t offset, size_t size, void *data)
{
  const struct image *image = source.image;

  if (offset % LOG_SECTOR != 0 || size % LOG_SECTOR != 0 || offset > image->size_bytes
      || size > image->size_bytes - offset)
    return EXT2_ET_SHORT_READ;
  return image->read (image->opaque, data, size, offset) == 0 ? 0 : EXT2_ET_SHORT_READ;
}

/* Read one block, from the journal if it is newer there. */
static errcode_t
read_one (uint64_t block_size, uint64_t block, void *data)
{
  const struct journal_copy *copy = journal_find (&source.journal, block);
  errcode_t error = copy && copy->copy > UINT64_MAX / block_size ? EXT2_ET_SHORT_READ
    : read_image ((copy ? copy->copy : block) * block_size, block_size, data);

  if (error == 0 && copy && copy->escaped)
    journal_unescape (data);
  return error;
}

/* A negative COUNT is one of bytes. */
static errcode_t
channel_read64 (io_channel channel, unsigned long long block, int count, void *data)
{
  const uint64_t size = (uint64_t) channel->block_size;
  errcode_t error = 0;

  if (size == 0 || block > UINT64_MAX / size - INT32_MAX)
    return EXT2_ET_SHORT_READ;
  if (count < 0)
    return read_image (block * size, (size_t) -(int64_t) count, data);
  for (int i = 0; i < count && error == 0; i++)
    error = read_one (size, block + (unsigned) i, (char *) data + (size_t) i * size);
  return error;
}

static errcode_t
channel_read (io_channel channel, unsigned long block, int count, void *data)
{
  return channel_read64 (channel, block, count, data);
}

static errcode_t
channel_write64 (io_channel channel, unsigned long long block, int count, const void *data)
{
  (void) channel, (void) block, (void) count, (void) data;
  return EXT2_ET_RO_FILSYS;
}

static errcode_t
channel_write (io_channel channel, unsigned long block, int count, const void *data)
{
  return channel_write64 (channel, block, count, data);
}

static errcode_t
channel_flush (io_channel channel)
{
  (void) channel;
  return 0;
}

static struct struct_io_manager image_manager = {
  .magic = EXT2_ET_MAGIC_IO_MANAGER, .name = "image", .open = channel_open, .close = channel_close,
  .set_blksize = channel_set_block_size, .read_blk = channel_read, .read_blk64 = channel_read64,
  .write_blk = channel_write, .write_blk64 = channel_write64, .flush = channel_flush,
};

/* Open the file system, or nothing but its superblock. */
static ext2_filsys
open_image (int flags)
{
  ext2_filsys fs;

  flags |= EXT2_FLAG_SOFTSUPP_FEATURES | EXT2_FLAG_64BITS | EXT2_FLAG_IGNORE_CSUM_ERRORS;
  return ext2fs_open2 ("image", NULL, flags, 0, 0, &image_manager, &fs) == 0 ? fs : NULL;
}

/* Whether the file system is no larger than the image.  Everything that is allocated and walked goes by what the
 * superblock says of its size.
 */
static bool
is_plausible (const struct image *image)
{
  ext2_filsys fs = open_image (EXT2_FLAG_SUPER_ONLY);
  bool plausible = fs && ext2fs_blocks_count (fs->super) <= image->size_bytes / fs->blocksize;

  if (fs)
    ext2fs_close_free (&fs);
  return plausible;
}

void
blame_ext (const struct image *image, const struct written *written, struct names *names)
{
  struct owner_search search = { .written = written, .names = names };
  struct journal journal;
  ext2_filsys fs;

  source = (struct source) { .image = image };
  if (!is_plausible (image) || (fs = open_image (0)) == NULL)
    return;
  journal_read (fs, &journal);
  ext2fs_close_free (&fs);
  source.journal = journal;
  search.fs = open_image (0);
  if (search.fs) {
    name_blocks (&search);
    ext2fs_close_free (&search.fs);
  }
  journal_free (&source.journal);
}
