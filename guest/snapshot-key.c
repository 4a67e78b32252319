/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#define XXH_INLINE_ALL          /* nobody who links with this needs the library */
#include <xxhash.h>

#include "common/cleanup.h"
#include "common/process.h"
#include "common/stamp.h"
#include "common/text.h"
#include "guest/qemu.h"
#include "guest/saved.h"
#include "guest/snapshot-key.h"

#define FIRST_LINE "powercut snapshot 1\n"

/* Write which file PATH is. */
static int
put_file (FILE *key, const char *what, const char *path)
{
  CLEANUP_FREE char *stamp = path ? file_stamp (path) : NULL;

  if (stamp == NULL)
    return -1;
  fprintf (key, "%s %s %s\n", what, stamp, path);
  return 0;
}

/* Write how QEMU is started, but for what is another one's each time. */
static int
put_command (FILE *key, const struct vm_config *config, enum accel accel)
{
  const struct vm_config machine = {
    .kernel = config->kernel, .initramfs = "", .console = "", .memory_mib = config->memory_mib, .role = ROLE_SAVED,
    .disks_saved = config->disks_saved
  };
  char **words = qemu_command (&machine, config->kernel->image, accel, 0);

  if (words == NULL)
    return -1;
  fputs ("command", key);
  for (char **word = words; *word; word++)
    fprintf (key, " %s", *word);
  putc ('\n', key);
  qemu_command_free (words);
  return 0;
}

/* Write what of the host's processor and kernel shows in a guest that is virtualized. */
static int
put_host (FILE *key)
{
  static const char *const wanted[] = { "vendor_id", "cpu family", "model", "stepping", "microcode", "flags" };
  CLEANUP_FCLOSE FILE *file = fopen ("/proc/cpuinfo", "re");
  char line[8192];
  struct utsname host;

  if (file == NULL || uname (&host) == -1)
    return -1;
  fprintf (key, "host %s %s\n", host.release, host.version);
  /* The first processor's; an empty line ends it. */
  while (fgets (line, sizeof line, file) && *line != '\n')
    if (text_begins_with (line, wanted, sizeof wanted / sizeof wanted[0]))
      fprintf (key, "%s%s", line, strchr (line, '\n') ? "" : "\n");
  return 0;
}

static int
put_all (FILE *key, const struct vm_config *config, enum accel accel, const char *identity)
{
  CLEANUP_FREE char *qemu = process_find (QEMU_PROGRAM);

  fprintf (key, FIRST_LINE SAVED_RELEASE, config->kernel->release);
  if (put_file (key, "qemu", qemu) == -1 || put_file (key, "kernel", config->kernel->image) == -1
      || put_command (key, config, accel) == -1 || (accel == ACCEL_KVM && put_host (key) == -1))
    return -1;
  fprintf (key, "%s\n", identity);
  return 0;
}

char *
snapshot_key (const struct vm_config *config, enum accel accel, const char *identity)
{
  struct text_stream key;

  if (!text_begin (&key))
    return NULL;
  int r = put_all (key.file, config, accel, identity);
  char *text = text_end (&key);
  if (r == 0)
    return text;
  free (text);
  return NULL;
}

char *
snapshot_name (const char *key)
{
  const XXH128_hash_t hash = XXH3_128bits (key, strlen (key));

  return text_format ("%016" PRIx64 "%016" PRIx64, hash.high64, hash.low64);
}
