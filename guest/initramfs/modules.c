/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "common/text.h"
#include "guest/initramfs/entry.h"
#include "guest/initramfs/initramfs.h"
#include "guest/kernel/modules.h"

#define MODULE_FOLDER "/modules/"
#define MODULE_ORDER MODULE_FOLDER "order"

/* Append the line NAME to the file ORDER; NULL only makes it. */
static int
append_order (struct initramfs *initramfs, const char *order, const char *name)
{
  bool is_new;
  struct initramfs_entry *entry = initramfs_entry (initramfs, order, S_IFREG | 0644, &is_new);

  if (entry == NULL || name == NULL)
    return entry ? 0 : -1;
  char *longer = text_format ("%s%s\n", entry->data ? entry->data : "", name);
  if (longer == NULL)
    return -1;
  free (entry->data);
  entry->data = longer;
  entry->length = strlen (longer);
  return 0;
}

/* The name that module FILE has once it is uncompressed, to free. */
static char *
module_name (const char *file)
{
  const char *slash = strrchr (file, '/'), *base = slash ? slash + 1 : file, *suffix = strstr (base, ".ko");

  return text_format ("%.*s", (int) (suffix ? suffix + 3 - base : (ptrdiff_t) strlen (base)), base);
}

/* At boot each is loaded once; later it does no harm that some are there already. */
static int
add_module (struct initramfs *initramfs, const char *order, const char *file)
{
  const bool at_boot = strcmp (order, MODULE_ORDER) == 0;
  CLEANUP_FREE char *name = module_name (file);
  CLEANUP_FREE char *guest = name ? text_format (MODULE_FOLDER "%s", name) : NULL;
  void *data;
  size_t length;
  bool is_new;

  if (guest == NULL)
    return -1;
  struct initramfs_entry *entry = initramfs_entry (initramfs, guest, S_IFREG | 0644, &is_new);
  if (entry == NULL || (!is_new && at_boot))
    return entry ? 0 : -1;
  if (is_new) {
    if (module_read (file, &data, &length) == -1)
      return -1;
    entry->data = data;
    entry->length = length;
    entry->host = text_format ("%s", file);
    if (entry->host == NULL)
      return -1;
  }
  return append_order (initramfs, order, name);
}

static int
add_named_module (struct initramfs *initramfs, const struct kernel *kernel, const char *order, const char *name,
                  bool optional)
{
  struct text_list files;
  int result = modules_find (kernel->modules, kernel_modules_release (kernel), name, &files);

  if (result == 1 && !optional)
    module_is_missing (kernel->release, name);
  if (result != 0)
    return result == 1 && optional ? 0 : -1;
  for (size_t i = 0; i < files.count && result == 0; i++)
    result = add_module (initramfs, order, files.texts[i]);
  text_list_free (&files);
  return result;
}

int
initramfs_add_modules (struct initramfs *initramfs, const struct kernel *kernel, const char *type,
                       const char *const *names)
{
  CLEANUP_FREE char *order = text_format (MODULE_ORDER "%s%s", type ? "." : "", type ? type : "");

  if (order == NULL || append_order (initramfs, order, NULL) == -1)
    return -1;
  if (kernel->modules == NULL)
    return 0;
  for (; *names; names++) {
    size_t length = strlen (*names);
    bool optional = length > 0 && (*names)[length - 1] == '?';
    CLEANUP_FREE char *name = text_format ("%.*s", (int) (optional ? length - 1 : length), *names);

    if (name == NULL || add_named_module (initramfs, kernel, order, name, optional) == -1)
      return -1;
  }
  return 0;
}
