/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "common/process.h"
#include "common/text.h"
#include "guest/kernel/asked.h"
#include "guest/kernel/modules.h"
#include "guest/kernel/softdep.h"

#define MODULE_MAX (256 << 20)     /* bytes of a module, unpacked */

/* kmod wants the folder that holds lib/modules/RELEASE.  To free, or NULL after a message. */
static char *
modules_root (const char *folder, const char *release)
{
  CLEANUP_FREE char *tail = text_format ("/lib/modules/%s", release);

  if (tail == NULL)
    return NULL;
  size_t length = strlen (folder), tail_length = strlen (tail);
  if (length < tail_length || strcmp (folder + length - tail_length, tail) != 0) {
    error_message ("%s: the modules of this kernel must be in a folder lib/modules/%s", folder, release);
    return NULL;
  }
  return length == tail_length ? strdup ("/") : strndup (folder, length - tail_length);
}

int
modules_prepare (const char *folder, const char *release)
{
  CLEANUP_FREE char *index = text_format ("%s/modules.dep", folder);
  CLEANUP_FREE char *root = modules_root (folder, release);

  if (index == NULL || root == NULL)
    return -1;
  if (access (index, R_OK) == 0)
    return 0;
  if (access (folder, W_OK) == -1) {
    error_message ("%s: %m: run `depmod -b %s %s` as the owner of that folder", index, root, release);
    return -1;
  }
  CLEANUP_FREE char *why = process_run ((const char *const[]) { "depmod", "-b", root, release, NULL });
  if (why && *why)
    error_message ("cannot make %s: %s", index, why);
  return why ? -1 : 0;
}

static int
append (struct text_list *list, const char *text)
{
  return text_list_add (list, text, strlen (text)) == -1 ? out_of_memory () : 0;
}

/* The part of modprobe's PATH that is after TAIL.  What is before it modprobe may spell otherwise than we do. */
static const char *
part_after (const char *path, const char *tail)
{
  const char *part = NULL;

  for (const char *found = path; (found = strstr (found, tail)) != NULL; found++)
    part = found + strlen (tail);
  return part;
}

/* Lines are `builtin NAME` and `insmod PATH OPTIONS`; PATH may have spaces, but not after FOLDER. */
static int
parse_dependencies (char *text, const char *folder, const char *release, struct text_list *files)
{
  CLEANUP_FREE char *tail = text_format ("/lib/modules/%s/", release);
  char *line;

  while (tail && (line = strsep (&text, "\n")) != NULL) {
    if (strncmp (line, "insmod ", 7) != 0)
      continue;
    const char *part = part_after (line, tail);
    if (part == NULL) {
      error_message ("modprobe named a module outside %s: %s", folder, line);
      return -1;
    }
    CLEANUP_FREE char *file = text_format ("%s/%.*s", folder, (int) strcspn (part, " "), part);
    if (file == NULL || append (files, file) == -1)
      return -1;
  }
  return tail ? 0 : -1;
}

/* What modprobe answered, turned into the result of modules_find. */
static int
judge_answer (const struct capture *answer, const char *folder, const char *release, const char *name,
              struct text_list *files)
{
  if (answer->status == 0)
    return parse_dependencies (answer->output, folder, release, files);
  if (answer->status == 1)
    return 1;
  error_message ("modprobe --show-depends %s failed with status %d: %s", name, answer->status, answer->complaint);
  return -1;
}

/* What modprobe says that NAME stands for, as the result of modules_find. */
static int
ask_modprobe (const char *folder, const char *release, const char *name, struct text_list *files)
{
  CLEANUP_FREE char *root = modules_root (folder, release), *index = text_format ("%s/modules.dep", folder);
  struct capture answer;

  if (root == NULL || index == NULL)
    return -1;
  /* The host's own modprobe configuration says nothing about the guest. */
  const char *const argv[] = { "modprobe", "-C", "/dev/null", "-d", root, "-S", release, "--show-depends", name, NULL };
  if (asked_run (argv, index, &answer) == -1)
    return -1;
  *files = (struct text_list) { .texts = NULL };
  int result = judge_answer (&answer, folder, release, name, files);
  if (result != 0)
    text_list_free (files);
  capture_free (&answer);
  return result;
}

/* The modules that are found, with what they depend on. */
struct closure {
  const char *folder, *release;
  struct text_list files;       /* in the order to load them */
  struct text_list names;       /* that were asked for */
};

static bool
is_asked_for (const struct text_list *names, const char *name)
{
  for (size_t i = 0; i < names->count; i++)
    if (softdep_same_module (names->texts[i], name))
      return true;
  return false;
}

static int add_name (struct closure *closure, const char *name);

/* A soft dependency may be missing. */
static int
add_soft_name (void *closure, const char *name)
{
  return add_name (closure, name) == -1 ? -1 : 0;
}

/* Add FILE between its soft dependencies.  It is looked for again after those before it: they may lead back to it. */
static int
add_with_soft (struct closure *closure, const char *file)
{
  const char *slash = strrchr (file, '/'), *module = slash ? slash + 1 : file;

  if (text_list_has (&closure->files, file))
    return 0;
  if (softdep_each (closure->folder, module, false, add_soft_name, closure) == -1
      || (!text_list_has (&closure->files, file) && append (&closure->files, file) == -1))
    return -1;
  return softdep_each (closure->folder, module, true, add_soft_name, closure);
}

/* Returns as modules_find does. */
static int
add_name (struct closure *closure, const char *name)
{
  struct text_list found;

  if (is_asked_for (&closure->names, name))
    return 0;
  if (append (&closure->names, name) == -1)
    return -1;
  int result = ask_modprobe (closure->folder, closure->release, name, &found);
  if (result != 0)
    return result;
  for (size_t i = 0; i < found.count && result == 0; i++)
    result = add_with_soft (closure, found.texts[i]);
  text_list_free (&found);
  return result;
}

int
modules_find (const char *folder, const char *release, const char *name, struct text_list *files)
{
  struct closure closure = { .folder = folder, .release = release };
  int result = add_name (&closure, name);

  text_list_free (&closure.names);
  if (result != 0)
    text_list_free (&closure.files);
  *files = closure.files;
  return result;
}

int
module_is_missing (const char *release, const char *name)
{
  error_message ("kernel %s has no module %s: take another kernel "
                 "(`powercut kernel fetch --flavour=full` gets one with all drivers)", release, name);
  return -1;
}

/* All data of the entry that ARCHIVE stands at. */
static int
read_entry (struct archive *archive, void **data, size_t *length)
{
  char buffer[65536];
  la_ssize_t count;
  char *bytes;
  FILE *file = open_memstream (&bytes, length);

  if (file == NULL)
    return -1;
  while ((count = archive_read_data (archive, buffer, sizeof buffer)) > 0 && (size_t) ftello (file) < MODULE_MAX)
    fwrite (buffer, 1, (size_t) count, file);
  if (count > 0)
    archive_set_error (archive, EFBIG, "more than %d MiB", MODULE_MAX >> 20);
  if (fclose (file) == EOF || count != 0) {
    free (bytes);
    return -1;
  }
  *data = bytes;
  return 0;
}

int
module_read (const char *file, void **data, size_t *length)
{
  struct archive *archive = archive_read_new ();
  struct archive_entry *entry;
  int result = -1;

  if (archive == NULL)
    return out_of_memory ();
  archive_read_support_filter_gzip (archive);
  archive_read_support_filter_xz (archive);
  archive_read_support_filter_zstd (archive);
  archive_read_support_format_raw (archive);
  if (archive_read_open_filename (archive, file, 65536) == ARCHIVE_OK
      && archive_read_next_header (archive, &entry) == ARCHIVE_OK)
    result = read_entry (archive, data, length);
  if (result == -1) {
    const char *why = archive_error_string (archive);
    error_message ("cannot read kernel module %s: %s", file, why ? why : "empty or damaged");
  }
  archive_read_free (archive);
  return result;
}
