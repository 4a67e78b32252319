/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <endian.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <string.h>

#include "checker/workload/acl.h"
#include "checker/workload/language.h"
#include "common/cleanup.h"
#include "common/message.h"

#define ACCESS_ACL "system.posix_acl_access"
#define DEFAULT_ACL "system.posix_acl_default"
#define PERMISSIONS 0777
#define ALL_PERMISSIONS 7U      /* of one entry */

/* An ACL in the bytes of an attribute, which are aligned as malloc does. */
struct acl {
  struct posix_acl_xattr_entry *entries;
  size_t count;
};

static struct acl
acl_in (char *value, size_t length)
{
  const size_t header = sizeof (struct posix_acl_xattr_header);

  return (struct acl) { (void *) (value + header), (length - header) / sizeof (struct posix_acl_xattr_entry) };
}

static unsigned
tag_of (const struct posix_acl_xattr_entry *entry)
{
  return le16toh (entry->e_tag);
}

static unsigned
permissions_of (const struct posix_acl_xattr_entry *entry)
{
  return le16toh (entry->e_perm);
}

static bool
is_named (const struct posix_acl_xattr_entry *entry)
{
  return tag_of (entry) == ACL_USER || tag_of (entry) == ACL_GROUP;
}

/* The entry with TAG, one that stands once, or NULL. */
static struct posix_acl_xattr_entry *
entry_with (const struct acl *acl, unsigned tag)
{
  for (size_t i = 0; i < acl->count; i++)
    if (tag_of (&acl->entries[i]) == tag)
      return &acl->entries[i];
  return NULL;
}

/* The entry that the middle three bits of a mode are. */
static struct posix_acl_xattr_entry *
group_of (const struct acl *acl)
{
  struct posix_acl_xattr_entry *mask = entry_with (acl, ACL_MASK);

  return mask ? mask : entry_with (acl, ACL_GROUP_OBJ);
}

/* Whether ACL says no more than a mode. */
static bool
is_equivalent (const struct acl *acl)
{
  return entry_with (acl, ACL_MASK) == NULL;    /* which stands in each with a named entry */
}

/* The permissions, nine bits of a mode, that ACL says. */
static int
mode_in (const struct acl *acl)
{
  return (int) (permissions_of (entry_with (acl, ACL_USER_OBJ)) << 6 | permissions_of (group_of (acl)) << 3
                | permissions_of (entry_with (acl, ACL_OTHER)));
}

static void
put_permissions (struct posix_acl_xattr_entry *entry, unsigned permissions)
{
  entry->e_perm = htole16 ((uint16_t) (permissions & ALL_PERMISSIONS));
}

/* Let ACL say the permissions of MODE. */
static void
put_mode (const struct acl *acl, unsigned mode)
{
  put_permissions (entry_with (acl, ACL_USER_OBJ), mode >> 6);
  put_permissions (group_of (acl), mode >> 3);
  put_permissions (entry_with (acl, ACL_OTHER), mode);
}

bool
acl_is (const char *name)
{
  return strcmp (name, ACCESS_ACL) == 0 || strcmp (name, DEFAULT_ACL) == 0;
}

/* Whether the tags of ACL are those of one: in this order, each but the named ones once, with a mask if there is a
 * named one.
 */
static bool
has_order (const struct acl *acl)
{
  static const unsigned order[] = { ACL_USER_OBJ, ACL_USER, ACL_GROUP_OBJ, ACL_GROUP, ACL_MASK, ACL_OTHER };
  bool named = false;
  size_t at = 0;

  for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
    const bool names = order[i] == ACL_USER || order[i] == ACL_GROUP;
    const size_t first = at;

    while (at < acl->count && tag_of (&acl->entries[at]) == order[i] && (names || at == first))
      at++;
    if (names)
      named |= at > first;
    else if (at == first && (order[i] != ACL_MASK || named))
      return false;
  }
  return at == acl->count;
}

const char *
acl_problem (const struct sim_inode *inode, const char *name, const char *value, size_t length)
{
  const struct acl acl = acl_in ((char *) value, length);
  uint32_t version;

  if (length < sizeof version)
    return "is no ACL: it is too short";
  memcpy (&version, value, sizeof version);
  if (le32toh (version) != POSIX_ACL_XATTR_VERSION)
    return "is no ACL: it does not begin with version 2";
  if (length != sizeof version + acl.count * sizeof *acl.entries)
    return "is no ACL: its last entry is not whole";
  for (size_t i = 0; i < acl.count; i++)
    if (permissions_of (&acl.entries[i]) > ALL_PERMISSIONS
        || (is_named (&acl.entries[i]) && le32toh (acl.entries[i].e_id) == (uint32_t) ACL_UNDEFINED_ID))
      return "is no ACL: an entry has other permissions than rwx, or nobody whom it is about";
  if (acl.count > 0 && !has_order (&acl))
    return "is no ACL: give owner, users, group, groups, mask and others in this order, a mask if users or groups";
  return acl.count > 0 && strcmp (name, DEFAULT_ACL) == 0 && inode->type != 'd' ? "only a folder has a default ACL"
    : NULL;
}

int
acl_set (struct sim_inode *inode, const char *name, const char *value, size_t length)
{
  CLEANUP_FREE char *copy = malloc (length);

  if (copy == NULL)
    return out_of_memory ();
  memcpy (copy, value, length);
  const struct acl acl = acl_in (copy, length);
  const bool is_access = strcmp (name, ACCESS_ACL) == 0;
  for (size_t i = 0; i < acl.count; i++)
    if (!is_named (&acl.entries[i]))
      acl.entries[i].e_id = htole32 ((uint32_t) ACL_UNDEFINED_ID);
  if (acl.count > 0 && is_access)
    inode->mode = (sim_inode_mode (inode) & ~PERMISSIONS) | mode_in (&acl);
  if (acl.count > 0 && !(is_access && is_equivalent (&acl)))
    return sim_xattr_set (inode, name, copy, length);
  sim_xattr_forget (inode, name);
  return 0;
}

bool
acl_follow_mode (const struct sim_inode *inode)
{
  const struct sim_xattr *xattr = sim_xattr_find (inode, ACCESS_ACL);

  if (xattr == NULL)
    return false;
  const struct acl acl = acl_in (xattr->value, xattr->length);
  put_mode (&acl, (unsigned) inode->mode);
  return true;
}

bool
acl_is_inherited (const struct sim_inode *folder)
{
  return sim_xattr_find (folder, DEFAULT_ACL) != NULL;
}

int
acl_inherit (struct sim_inode *inode, const struct sim_inode *folder)
{
  const struct sim_xattr *inherited = sim_xattr_find (folder, DEFAULT_ACL);

  if (inherited == NULL || inode->type == 'l')
    return 0;
  CLEANUP_FREE char *copy = malloc (inherited->length);
  if (copy == NULL)
    return out_of_memory ();
  memcpy (copy, inherited->value, inherited->length);
  const struct acl acl = acl_in (copy, inherited->length);
  put_mode (&acl, (unsigned) (mode_in (&acl) & sim_inode_mode (inode)));
  if (inode->type == 'd' && acl_set (inode, DEFAULT_ACL, inherited->value, inherited->length) == -1)
    return -1;
  return acl_set (inode, ACCESS_ACL, copy, inherited->length);
}
