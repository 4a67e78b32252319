/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/array.h"
#include "common/cleanup.h"
#include "guest/initramfs/elf-file.h"
#include "guest/initramfs/libraries.h"
#include "guest/initramfs/loader-cache.h"

#define OBJECTS_MAX 4096        /* the program and its libraries */

/* Where distributions' loaders look at last, and where the loader itself is. */
#define DEFAULT_DIRECTORIES \
  "/lib/x86_64-linux-gnu:/usr/lib/x86_64-linux-gnu:/lib64:/usr/lib64:/lib:/usr/lib:/usr/local/lib"

/* The program, or a library that it needs. */
struct object {
  char *name;                   /* by which it is needed */
  char *path;
  struct elf_file elf;
  const struct object *parent;  /* the first that needs it; NULL for the program */
};

struct library_search {
  struct object **objects;      /* each is served in turn */
  size_t count;
  struct loader_cache cache;
  char *loader_directory;       /* or NULL */
  char *why;
  size_t why_size;
};

static int
no_memory (const struct library_search *search)
{
  snprintf (search->why, search->why_size, "out of memory");
  return -1;
}

static void
object_free (struct object *object)
{
  if (object == NULL)
    return;
  free (object->name);
  free (object->path);
  elf_file_free (&object->elf);
  free (object);
}

/* The directory that PATH is in, to free, or NULL. */
static char *
directory_of (const char *path)
{
  const char *slash = strrchr (path, '/');

  return slash ? strndup (path, slash > path ? (size_t) (slash - path) : 1) : NULL;
}

/* The directory of LENGTH bytes in the DT_RPATH or DT_RUNPATH of the object PATH, to free; or NULL, for example because
 * it has another variable in it than $ORIGIN, where the object is.
 */
static char *
expand_directory (const char *directory, size_t length, const char *path)
{
  static const char *const variables[] = { "$ORIGIN", "${ORIGIN}" };
  CLEANUP_FREE char *origin = NULL;
  char *expanded;

  for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
    size_t name_length = strlen (variables[i]);

    if (length < name_length || strncmp (directory, variables[i], name_length) != 0)
      continue;
    directory += name_length;
    length -= name_length;
    origin = directory_of (path);
    if (origin == NULL)
      return NULL;
    break;
  }
  if (memchr (directory, '$', length) || (origin == NULL && *directory != '/'))
    return NULL;
  return asprintf (&expanded, "%s%.*s", origin ? origin : "", (int) length, directory) == -1 ? NULL : expanded;
}

/* The library NAME in DIRECTORY, as a new object; NULL if it is not there, or is for another machine. */
static struct object *
open_library (const char *directory, const char *name)
{
  struct object *object = calloc (1, sizeof *object);
  char why[256];

  if (object && asprintf (&object->path, "%s%s%s", directory, *directory ? "/" : "", name) == -1)
    object->path = NULL;
  if (object && object->path && access (object->path, R_OK) == 0
      && elf_file_read (object->path, &object->elf, why, sizeof why) == 0)
    return object;
  object_free (object);
  return NULL;
}

/* Look for NAME in DIRECTORIES, which have `:` between them and belong to the object OWNER (a path). */
static struct object *
look_in (const char *directories, const char *owner, const char *name)
{
  struct object *found = NULL;

  for (; directories && found == NULL; directories = strchr (directories, ':') ? strchr (directories, ':') + 1 : NULL) {
    size_t length = strcspn (directories, ":");
    CLEANUP_FREE char *directory = length > 0 && length < PATH_MAX ? expand_directory (directories, length, owner)
      : NULL;

    if (directory)
      found = open_library (directory, name);
  }
  return found;
}

/* The library NAME that USER needs, as a new object, or NULL if it is nowhere. */
static struct object *
look_for (const struct library_search *search, const struct object *user, const char *name)
{
  struct object *found = NULL;

  if (*name == '/')
    return open_library ("", name);
  /* Of an object with a DT_RUNPATH, DT_RPATH does not count. */
  for (const struct object *one = user->elf.runpath ? NULL : user; one && found == NULL; one = one->parent)
    if (one->elf.runpath == NULL)
      found = look_in (one->elf.rpath, one->path, name);
  if (found == NULL)
    found = look_in (getenv ("LD_LIBRARY_PATH"), "", name);
  if (found == NULL)
    found = look_in (user->elf.runpath, user->path, name);
  const char *cached = found ? NULL : loader_cache_find (&search->cache, name);
  if (cached)
    found = open_library ("", cached);
  if (found == NULL)
    found = look_in (search->loader_directory, "", name);
  return found ? found : look_in (DEFAULT_DIRECTORIES, "", name);
}

/* Append OBJECT, which is taken over. */
static int
append (struct library_search *search, struct object *object)
{
  struct object **added = array_add (search->objects, search->count);

  if (added == NULL) {
    object_free (object);
    return no_memory (search);
  }
  *added = object;
  return 0;
}

/* Whether NAME is there already, perhaps as the loader, which some libraries need, too. */
static bool
is_known (const struct library_search *search, const char *name)
{
  const char *loader = search->objects[0]->elf.loader;

  if (loader && strcmp (strrchr (loader, '/') + 1, name) == 0)
    return true;
  for (size_t i = 0; i < search->count; i++)
    if (strcmp (search->objects[i]->name, name) == 0)
      return true;
  return false;
}

/* Add the library NAME, which USER needs, unless it is there already. */
static int
add_library (struct library_search *search, const struct object *user, const char *name)
{
  if (is_known (search, name))
    return 0;
  if (search->count == OBJECTS_MAX) {
    snprintf (search->why, search->why_size, "%s: needs more than %d shared libraries", search->objects[0]->path,
              OBJECTS_MAX);
    return -1;
  }
  struct object *object = strchr (name, '/') && *name != '/' ? NULL : look_for (search, user, name);
  if (object == NULL) {
    snprintf (search->why, search->why_size,
              "%s needs the shared library %s, which is not found: install it or set LD_LIBRARY_PATH",
              user->path, name);
    return -1;
  }
  object->parent = user;
  object->name = strdup (name);
  if (object->name)
    return append (search, object);
  object_free (object);
  return no_memory (search);
}

static int
add_libraries (struct library_search *search)
{
  for (size_t i = 0; i < search->count; i++) {
    const struct object *user = search->objects[i];

    for (size_t j = 0; j < user->elf.needed.count; j++)
      if (add_library (search, user, user->elf.needed.texts[j]) == -1)
        return -1;
  }
  return 0;
}

static int
add_path (const struct library_search *search, const char *path, struct text_list *list)
{
  return text_list_add (list, path, strlen (path)) == -1 ? no_memory (search) : 0;
}

static int
list_paths (const struct library_search *search, struct text_list *list)
{
  const char *loader = search->objects[0]->elf.loader;

  if (loader && add_path (search, loader, list) == -1)
    return -1;
  if (search->count > 1 && search->cache.data && add_path (search, LOADER_CACHE, list) == -1)
    return -1;
  for (size_t i = 1; i < search->count; i++)
    if (add_path (search, search->objects[i]->path, list) == -1)
      return -1;
  return 0;
}

/* Begin with the program or library PATH itself. */
static int
begin (struct library_search *search, const char *path)
{
  struct object *object = calloc (1, sizeof *object);

  if (object == NULL)
    return no_memory (search);
  object->name = strdup ("");
  object->path = realpath (path, NULL);
  if (object->path == NULL)
    snprintf (search->why, search->why_size, "%s: cannot be read: %m", path);
  if (object->name && object->path && elf_file_read (object->path, &object->elf, search->why, search->why_size) == 0)
    return append (search, object);
  object_free (object);
  return -1;
}

/* Is the program's loader there?  The directory that it is in is one to look into. */
static int
check_loader (struct library_search *search)
{
  const struct object *program = search->objects[0];
  CLEANUP_FREE char *real = program->elf.loader ? realpath (program->elf.loader, NULL) : NULL;

  if (program->elf.loader && (real == NULL || access (real, X_OK) == -1)) {
    snprintf (search->why, search->why_size, "%s needs the loader %s: %m: install the C library that it was built for",
              program->path, program->elf.loader);
    return -1;
  }
  search->loader_directory = real ? directory_of (real) : NULL;
  return 0;
}

int
libraries_find (const char *path, struct text_list *list, char *why, size_t why_size)
{
  struct library_search search = { .why = why, .why_size = why_size };

  loader_cache_read (LOADER_CACHE, &search.cache);
  int result = begin (&search, path) == -1 || check_loader (&search) == -1 || add_libraries (&search) == -1
    || list_paths (&search, list) == -1 ? -1 : 0;
  for (size_t i = 0; i < search.count; i++)
    object_free (search.objects[i]);
  free (search.objects);
  free (search.loader_directory);
  loader_cache_free (&search.cache);
  return result;
}
