/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "common/parts.h"

static const struct {
  const char *built;            /* relative to the top of the build tree, or absolute */
  const char *installed;
} places[] = {
  [PART_AGENT] = { "guest/agent/agent", PKGLIBEXECDIR "/agent" },
  [PART_CASES] = { SOURCE_CASES, CASESDIR },
  [PART_FINDINGS] = { SOURCE_FINDINGS, FINDINGSDIR },
  [PART_POWERCUT] = { "record/powercut", BINDIR "/powercut" },
  [PART_PROTOCOLS] = { "corpus/update-protocols/update-protocols", PKGLIBEXECDIR "/update-protocols" },
  [PART_WRITELOG] = { "nbd-plugin/.libs/nbdkit-writelog-plugin.so", PLUGINDIR "/nbdkit-writelog-plugin.so" },
  [PART_UML_KEEPER] = { "guest/uml-keeper", PKGLIBEXECDIR "/uml-keeper" },
  [PART_CRASHSTATE] = { "nbd-plugin/.libs/nbdkit-crashstate-plugin.so", PLUGINDIR "/nbdkit-crashstate-plugin.so" },
};

/* The build tree that this program runs from, to free, or NULL when it is installed: programs are one folder below its
 * top, beside a config.status that no installation has.
 */
static char *
build_tree (void)
{
  char self[PATH_MAX], *top;
  CLEANUP_FREE char *status = NULL;
  ssize_t length = readlink ("/proc/self/exe", self, sizeof self - 1);

  if (length == -1)
    return NULL;
  self[length] = '\0';
  if (asprintf (&top, "%s/..", dirname (self)) == -1)
    return NULL;
  if (asprintf (&status, "%s/config.status", top) == -1 || access (status, F_OK) == -1) {
    free (top);
    return NULL;
  }
  return top;
}

char *
part_path (enum part part)
{
  CLEANUP_FREE char *top = build_tree ();
  char *path;

  const char *place = top ? places[part].built : places[part].installed;
  if (asprintf (&path, "%s%s%s", *place == '/' ? "" : top, *place == '/' ? "" : "/", place) == -1) {
    error_message ("out of memory");
    return NULL;
  }
  if (access (path, R_OK) == -1) {
    error_message ("%s: %m: %s", path, top ? "run make" : "run make install");
    free (path);
    return NULL;
  }
  return path;
}
