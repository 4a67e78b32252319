/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <linux/quota.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "checker/observe/usage.h"
#include "common/array.h"
#include "common/cleanup.h"

static const char *const kinds[] = { "user", "group", "project" };

int
usage_note (struct usage_table *table, const struct statx *status, uint32_t project)
{
  struct usage_row *row = array_add (table->rows, table->count);

  if (row == NULL)
    return -1;
  *row = (struct usage_row) {
    status->stx_ino, status->stx_blocks * 512, { status->stx_uid, status->stx_gid, project }
  };
  return 0;
}

static int
compare_inodes (const void *left, const void *right)
{
  const struct usage_row *a = left, *b = right;

  return a->inode < b->inode ? -1 : a->inode > b->inode;
}

static int
compare_usages (const void *left, const void *right)
{
  const struct usage *a = left, *b = right;

  return a->id < b->id ? -1 : a->id > b->id;
}

/* Add up what each owner of KIND but 0 has, by id, into *usages, to free.  Returns their number, or -1. */
static ssize_t
add_up (struct usage_table *table, enum usage_kind kind, struct usage **usages)
{
  struct usage *list = calloc (table->count + 1, sizeof *list);
  size_t count = 0, kept = 0;

  if (list == NULL)
    return -1;
  if (table->count > 0)
    qsort (table->rows, table->count, sizeof *table->rows, compare_inodes);
  for (size_t i = 0; i < table->count; i++) {
    const struct usage_row *row = &table->rows[i];
    const bool again = i > 0 && row->inode == row[-1].inode;    /* another name */

    if (!again && row->ids[kind] != 0)
      list[count++] = (struct usage) { row->ids[kind], 1, row->bytes };
  }
  qsort (list, count, sizeof *list, compare_usages);
  for (size_t i = 0; i < count; i++)
    if (kept > 0 && list[kept - 1].id == list[i].id) {
      list[kept - 1].objects++;
      list[kept - 1].bytes += list[i].bytes;
    }
    else
      list[kept++] = list[i];
  *usages = list;
  return (ssize_t) kept;
}

int
usage_compare (struct usage_table *table, enum usage_kind kind, const struct usage *quota, size_t count,
               struct usage *is, struct usage *says)
{
  CLEANUP_FREE struct usage *usages = NULL;
  ssize_t usage_count = add_up (table, kind, &usages);
  size_t at = 0, next = 0;

  if (usage_count == -1)
    return -1;
  while (at < (size_t) usage_count || next < count) {
    const bool has = at < (size_t) usage_count && (next == count || usages[at].id <= quota[next].id);
    const bool told = next < count && (at == (size_t) usage_count || quota[next].id <= usages[at].id);

    *is = has ? usages[at++] : (struct usage) { quota[next].id, 0, 0 };
    *says = told ? quota[next++] : (struct usage) { is->id, 0, 0 };
    if (is->objects != says->objects || is->bytes != says->bytes)
      return 1;
  }
  return 0;
}

/* Ask for all owners of KIND but 0, by id, into *usages, to free.  Returns their number, or -1: nobody counts them, or
 * errno is ENOMEM.
 */
static ssize_t
ask (int root_fd, enum usage_kind kind, struct usage **usages)
{
  const unsigned command = (unsigned) Q_GETNEXTQUOTA << SUBCMDSHIFT | kind;     /* QCMD shifts into the sign */
  struct if_nextdqblk next;
  size_t count = 0;
  uint32_t id = 1;

  *usages = NULL;
  errno = 0;
  while (syscall (SYS_quotactl_fd, root_fd, command, id, &next) == 0 && next.dqb_id >= id) {
    struct usage *added = array_add (*usages, count);

    if (added == NULL)
      return -1;
    *added = (struct usage) { next.dqb_id, next.dqb_curinodes, next.dqb_curspace };
    if (next.dqb_id == UINT32_MAX)
      return (ssize_t) count;
    id = next.dqb_id + 1;
  }
  /* ENOENT: there are no more.  What comes again from the beginning, without an error, is no list. */
  return errno == ENOENT ? (ssize_t) count : -1;
}

char *
usage_fact (struct usage_table *table, int root_fd)
{
  int wrong = 0;
  char *text;

  for (enum usage_kind kind = 0; kind < USAGE_KIND_COUNT; kind++) {
    CLEANUP_FREE struct usage *quota = NULL;
    struct usage is, says;

    errno = 0;
    ssize_t count = ask (root_fd, kind, &quota);
    if (count >= 0)
      wrong = usage_compare (table, kind, quota, (size_t) count, &is, &says);
    if (wrong == -1 || (count == -1 && errno == ENOMEM)) {
      errno = ENOMEM;
      return NULL;
    }
    if (wrong)
      return asprintf (&text, ";quota=%s:%u:%" PRIu64 "/%" PRIu64 ":%" PRIu64 "/%" PRIu64, kinds[kind], is.id,
                       says.objects, is.objects, says.bytes, is.bytes) == -1 ? NULL : text;
  }
  errno = 0;
  return NULL;
}
