/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <string.h>

#include "checker/workload/random-forms.h"
#include "filesystem/filesystem.h"

#define COUNT(list) (sizeof (list) / sizeof (list)[0])

/* An ACL for the owner, user 1000, the group, the mask and others. */
#define ACL(user, mask)                                                                                       \
  "%02%00%00%00%01%00%06%00%ff%ff%ff%ff%02%00%0" user "%00%e8%03%00%00%04%00%04%00%ff%ff%ff%ff%10%00%0" mask \
  "%00%ff%ff%ff%ff%20%00%04%00%ff%ff%ff%ff"

#define FILES "foo", "bar", "A/foo", "A/bar", "B/foo", "A/C/foo"
#define DIRECTORIES "A", "B", "A/C"

static const struct random_words choices[] = {
  { 'f', { FILES }, { "S/foo", "T/foo" } },     /* what may be a file, or an open one */
  { 'w', { FILES }, { "S/foo", "T/foo" } },     /* a path of one */
  { 'd', { DIRECTORIES }, { "S/A" } },
  { 'p', { FILES, DIRECTORIES }, { "S/foo", "S", "T" } },
  { 'r', { FILES, DIRECTORIES, "." }, { "S/foo", "S", "T" } },  /* what can be synced */
  { 's', { NULL }, { "S", "T", "A/S" } },                       /* a subvolume */
  { 'o', { "0", "1000", "4K", "8K", "12K", "13000", "16K", "20K" }, { NULL } }, /* an offset, a size */
  { 'l', { "100", "3000", "4K", "5000", "8K", "16K" }, { NULL } },      /* a length */
  { 'b', { "0", "4K", "8K", "12K", "16K" }, { NULL } },         /* an offset in blocks */
  { 'n', { "4K", "8K" }, { NULL } },                            /* a length in such blocks */
  { 'k', { "user.a", "user.b", "trusted.a", "security.a" }, { NULL } },
  { 'v', { "1", "2", "three", "4444444444444444444444444444444444444444444444444444444444444444" }, { NULL } },
  { 'm', { "600", "644", "755", "4755", "1777" }, { NULL } },
  { 'u', { "0", "1000", "1001" }, { NULL } },
  { 'a', { ACL ("6", "6"), ACL ("4", "6"), ACL ("6", "4") }, { NULL } },
};

/* The file system need not be able to do what these need. */
#define ANY 0
#define LINK FILESYSTEM_CAN_LINK
#define TMPFILE FILESYSTEM_CAN_TMPFILE
#define EXCHANGE FILESYSTEM_CAN_EXCHANGE
#define XATTRS FILESYSTEM_CAN_XATTRS
#define FALLOC FILESYSTEM_CAN_FALLOC
#define SHARE FILESYSTEM_CAN_SHARE
#define SUBVOLUMES FILESYSTEM_CAN_SUBVOLUMES

/* Those that say no more than that there is such an operation are the least frequent. */
const struct random_form random_forms[] = {
  { "creat", "creat %w", 4, ANY }, { "creat", "6x creat A/n-$", 1, ANY }, { "mkdir", "mkdir %d", 4, ANY },
  { "mkfifo", "mkfifo %w", 3, LINK }, { "mknod", "mknod %w c 1 3", 3, LINK }, { "mknod", "mknod %w b 7 1", 1, LINK },
  { "symlink", "symlink %p %w", 4, LINK },
  { "write", "write %f %o %l", 8, ANY }, { "write", "write %f %o %l sync", 4, ANY },
  { "write", "write %f %o %l dsync", 4, ANY }, { "write", "3x { write %f $K 3000 ; fsync %1 }", 1, ANY },
  { "dwrite", "dwrite %f %b %n", 4, ANY }, { "dwrite", "dwrite %f %b %n sync", 4, ANY },
  { "dwrite", "dwrite %f %b %n dsync", 4, ANY },
  { "append", "append %f %l", 4, ANY }, { "append", "append %f %l sync", 4, ANY },
  { "append", "append %f %l dsync", 4, ANY }, { "append", "5x append %f 1000", 1, ANY },
  { "mmapwrite", "mmapwrite %f %o %l", 4, ANY }, { "truncate", "truncate %f %o", 8, ANY },
  { "falloc", "falloc %f alloc %o %l", 4, FALLOC }, { "falloc", "falloc %f keep %o %l", 4, FALLOC },
  { "falloc", "falloc %f zero %o %l", 4, FALLOC }, { "falloc", "falloc %f zero+keep %o %l", 4, FALLOC },
  { "falloc", "falloc %f punch %o %l", 4, FALLOC },
  { "falloc", "falloc %f collapse %b %n", 4, FILESYSTEM_CAN_SHIFT },
  { "falloc", "falloc %f insert %b %n", 4, FILESYSTEM_CAN_SHIFT },
  { "sync_file_range", "sync_file_range %f %o %l", 3, ANY },
  { "link", "link %w %w", 8, LINK }, { "unlink", "unlink %w", 8, ANY }, { "rmdir", "rmdir %d", 4, ANY },
  { "rename", "rename %p %p", 8, ANY }, { "rename", "rename %p %p noreplace", 3, EXCHANGE },
  { "rename", "rename %p %p whiteout", 3, EXCHANGE }, { "exchange", "exchange %p %p", 4, EXCHANGE },
  { "tmpfile", "tmpfile t", 4, TMPFILE }, { "linktmp", "linktmp t %w", 16, TMPFILE },
  { "open", "open d %p", 3, ANY }, { "open", "open e %w", 3, ANY },
  { "close", "close d", 2, ANY }, { "close", "close e", 2, ANY }, { "close", "close t", 1, TMPFILE },
  { "setxattr", "setxattr %r %k %v", 8, XATTRS }, { "removexattr", "removexattr %r %k", 4, XATTRS },
  { "setxattr", "setxattr %r system.posix_acl_access %a", 4, FILESYSTEM_CAN_ACLS },
  { "setxattr", "setxattr %d system.posix_acl_default %a", 4, FILESYSTEM_CAN_ACLS },
  { "removexattr", "removexattr %r system.posix_acl_access", 4, FILESYSTEM_CAN_ACLS },
  { "chmod", "chmod %r %m", 4, LINK }, { "chown", "chown %r %u %u", 3, LINK },
  { "utimes", "utimes %r 1000 2000", 3, ANY },
  { "chattr", "chattr %p %A", 2, FILESYSTEM_CAN_FLAGS }, { "chattr", "chattr %f -ia", 1, FILESYSTEM_CAN_FLAGS },
  { "chattr", "creat %w\nchattr %1 +C", 1, FILESYSTEM_CAN_NOCOW },
  { "project", "project %p 7", 3, FILESYSTEM_CAN_PROJECTS },
  { "reflink", "reflink %f %w", 3, SHARE }, { "clone", "clone %f %f", 2, SHARE },
  { "clone", "clone %f %f %b %n %b", 3, SHARE }, { "copyrange", "copyrange %f %o %f %o %l", 3, ANY },
  { "dedupe", "dedupe %f %b %f %b %n", 1, SHARE }, { "dedupe", "reflink %f %w\ndedupe %1 0 %2 0 4K", 1, SHARE },
  { "subvolume", "subvolume %s", 6, SUBVOLUMES }, { "snapshot", "snapshot . %s", 3, SUBVOLUMES },
  { "snapshot", "snapshot %s %s", 3, SUBVOLUMES }, { "snapshot", "snapshot %s %s ro", 2, SUBVOLUMES },
  { "delete-subvolume", "delete-subvolume %s", 5, SUBVOLUMES },
  { "dropcaches", "dropcaches", 3, ANY }, { "checkpoint", "checkpoint half way", 1, ANY },
  { "remount", "remount ro\nremount rw", 1, ANY }, { "remount", "remount rw,noatime", 1, ANY },
};
const size_t random_form_count = COUNT (random_forms);
_Static_assert (COUNT (random_forms) <= RANDOM_FORMS_MAX, "an array of as many is large enough for all");

const struct random_form random_persistence_forms[] = {
  { "fsync", "fsync %r", 3, ANY }, { "fdatasync", "fdatasync %f", 1, ANY }, { "msync", "msync %f %b %n", 1, ANY },
  { "sync", "sync", 1, ANY }, { "syncfs", "syncfs", 1, ANY },
};
const size_t random_persistence_form_count = COUNT (random_persistence_forms);

const struct random_form random_setup[] = {
  { "mkdir", "mkdir A", 1, ANY }, { "mkdir", "mkdir B", 1, ANY }, { "mkdir", "mkdir A/C", 1, ANY },
  { "write", "write foo 0 16K", 1, ANY }, { "write", "write bar 0 5000", 1, ANY },
  { "write", "write A/foo 0 16K", 1, ANY }, { "write", "write B/foo 0 8K", 1, ANY },
  { "setxattr", "setxattr foo user.a old", 1, XATTRS }, { "link", "link foo A/bar", 1, LINK },
  { "setxattr", "setxattr A user.b old", 1, XATTRS },
  { "subvolume", "subvolume S", 1, SUBVOLUMES }, { "write", "write S/foo 0 8K", 1, SUBVOLUMES },
};
const size_t random_setup_count = COUNT (random_setup);

const struct random_words *
random_words_find (char letter)
{
  const struct random_words *choice = choices;

  while (choice->letter != letter)
    choice++;
  return choice;
}

bool
random_letter_is_path (char letter)
{
  return strchr ("fwdprs", letter) != NULL;
}

bool
random_letter_may_be_open (char letter)
{
  return letter == 'f' || letter == 'r';
}
