/* SPDX-License-Identifier: BSD-3-Clause */
/* The modules that scripts import, as far as they are not the interpreter's own. */
#include <config.h>

#include <fnmatch.h>
#include <fts.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "guest/initramfs/host.h"
#include "guest/initramfs/import.h"
#include "guest/initramfs/imports.h"
#include "guest/initramfs/tree.h"

#define TEXT_MAX (1 << 20)
#define FILES_MAX 5000          /* that are read; who imports more has --include */

/* Who imports. */
struct import_search {
  struct initramfs *initramfs;
  enum language language;
  const char *directory;        /* where it is, or NULL */
};

/* Whether PATH is read for the first time. */
static bool
is_first_time (struct initramfs *initramfs, const char *path)
{
  struct text_list *list = &initramfs->read;

  return list->count < FILES_MAX && !text_list_has (list, path) && text_list_add (list, path, strlen (path)) == 0;
}

/* Add what the module FILE imports, if it was not read before. */
static int
read_module (const struct import_search *search, const char *file)
{
  CLEANUP_FCLOSE FILE *stream = is_first_time (search->initramfs, file) ? fopen (file, "re") : NULL;
  CLEANUP_FREE char *text = stream ? malloc (TEXT_MAX) : NULL;

  if (text == NULL)
    return 0;
  return initramfs_add_imports (search->initramfs, search->language, text, fread (text, 1, TEXT_MAX, stream),
                                search->directory);
}

/* Read every module in the directory PATH. */
static int
read_package (const struct import_search *search, const char *path)
{
  char *const roots[] = { (char *) path, NULL };
  FTS *walk = fts_open (roots, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, NULL);
  FTSENT *found;
  int r = 0;

  while (walk && r == 0 && (found = fts_read (walk)) != NULL)
    if (found->fts_info == FTS_F
        && (fnmatch ("*.py", found->fts_name, 0) == 0 || fnmatch ("*.pm", found->fts_name, 0) == 0))
      r = read_module (search, found->fts_path);
  if (walk)
    fts_close (walk);
  return r;
}

static bool
is_unwanted (const char *name)
{
  return fnmatch ("*.opt-[12].pyc", name, 0) == 0;
}

/* Whether there is a file whose name is PATH and then as PATTERN says. */
static bool
is_there (const char *path, const char *pattern)
{
  CLEANUP_FREE char *text = text_format ("%s%s", path, pattern);
  glob_t found;

  if (text == NULL || glob (text, GLOB_NOSORT, NULL, &found) != 0)
    return false;
  globfree (&found);
  return true;
}

/* Add the directory PATH with all that is in it. */
static int
add_directory (struct initramfs *initramfs, const char *path)
{
  return initramfs_add_host_tree (initramfs, path,
                                  &(struct tree_rules) { is_unwanted, .libraries = true, .times = true });
}

/* Add the directory PATH if it holds modules, once.  Returns whether it does. */
static bool
add_package (const struct import_search *search, const char *path)
{
  if (!is_there (path, "/*.p[ym]") && !is_there (path, "/*/*.p[ym]"))
    return false;
  if (is_first_time (search->initramfs, path) && add_directory (search->initramfs, path) == 0)
    read_package (search, path);
  return true;
}

/* Add the modules that PATTERN stands for.  Returns whether there is one. */
static bool
add_files (const struct import_search *search, const char *pattern)
{
  glob_t found;

  if (glob (pattern, GLOB_NOSORT, NULL, &found) != 0)
    return false;
  for (size_t i = 0; i < found.gl_pathc; i++) {
    const char *file = found.gl_pathv[i];

    if (initramfs_add_host_file (search->initramfs, file) == 0) {
      initramfs_add_libraries (search->initramfs, file);
      read_module (search, file);
    }
  }
  globfree (&found);
  return true;
}

/* Add the module NAME if it is in DIRECTORY.  Returns whether it is. */
static bool
add_from (const struct import_search *search, const char *directory, const char *name)
{
  static const char *const python[] = { ".py", ".so", ".*.so", NULL }, *const perl[] = { ".pm", NULL };
  const bool is_python = search->language == LANGUAGE_PYTHON;
  CLEANUP_FREE char *package = text_format ("%s/%s", directory, name);
  bool found = package && add_package (search, package);

  for (const char *const *suffix = is_python ? python : perl; package && *suffix; suffix++) {
    CLEANUP_FREE char *pattern = text_format ("%s%s", package, *suffix);

    found |= pattern && add_files (search, pattern);
  }
  CLEANUP_FREE char *objects = is_python || !found ? NULL : text_format ("%s/auto/%s", directory, name);
  if (objects && access (objects, X_OK) == 0)
    add_directory (search->initramfs, objects);
  return found;
}

static int
add_module (void *data, const char *name)
{
  const struct import_search *search = data;
  const struct text_list *directories = &search->initramfs->modules[search->language];
  bool found = search->directory && add_from (search, search->directory, name);

  /* Where scripts in Perl have their own: with FindBin. */
  if (!found && search->directory && search->language == LANGUAGE_PERL) {
    CLEANUP_FREE char *below = text_format ("%s/lib", search->directory);
    CLEANUP_FREE char *beside = text_format ("%s/../lib", search->directory);

    found = (below && add_from (search, below, name)) || (beside && add_from (search, beside, name));
  }
  for (size_t i = 0; i < directories->count && !found; i++)
    found = add_from (search, directories->texts[i], name);
  return 0;
}

int
initramfs_add_imports (struct initramfs *initramfs, enum language language, const char *text, size_t length,
                       const char *directory)
{
  struct import_search search = { .initramfs = initramfs, .language = language, .directory = directory };

  initramfs->guessing++;
  int r = import_read (language, text, length, add_module, &search);
  initramfs->guessing--;
  return r;
}
