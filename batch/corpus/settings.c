/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "batch/corpus/settings.h"
#include "common/array.h"
#include "common/cleanup.h"
#include "common/message.h"
#include "common/number.h"

int
case_add_text (struct case_texts *texts, const char *text)
{
  char **added = array_add (texts->list, texts->count);

  return added && (*added = strdup (text)) != NULL ? 0 : out_of_memory ();
}

void
case_free_texts (struct case_texts *texts)
{
  for (size_t i = 0; i < texts->count; i++)
    free (texts->list[i]);
  free (texts->list);
}

int
case_set_text (const struct ini_place *place, const char *key, const char *value, char **target)
{
  if (*target)
    return ini_fault (place, "%s: is given twice", key);
  *target = strdup (value);
  return *target ? 0 : ini_fault (place, "out of memory");
}

static int
set_size (struct case_settings *settings, const struct ini_place *place, const char *value)
{
  uint64_t size_bytes;

  if (settings->disks.count > 0)
    return ini_fault (place, "size: there are disks, each of which has its own");
  if (parse_size (value, &size_bytes) == -1)
    return ini_fault (place, "size: %s: not understood: give a size in bytes, or with K, M, G or T behind it", value);
  return case_set_text (place, "size", value, &settings->size);
}

/* What a name has to be `powercut run` says. */
static int
add_disk (struct case_settings *settings, const struct ini_place *place, const char *value)
{
  const char *size = strchr (value, ':');
  uint64_t size_bytes;

  if (settings->size)
    return ini_fault (place, "disk: there is a size, which is that of the only disk");
  if (size == NULL || size == value || parse_size (size + 1, &size_bytes) == -1)
    return ini_fault (place, "disk: %s: give NAME:SIZE, as in main:64M", value);
  return case_add_text (&settings->disks, value);
}

int
case_set_setting (struct case_settings *settings, const struct ini_place *place, const char *key, const char *value)
{
  if (strcmp (key, "size") == 0)
    return set_size (settings, place, value);
  if (strcmp (key, "disk") == 0)
    return add_disk (settings, place, value);
  const struct {
    const char *key;
    char **target;
  } texts[] = {
    { "mkfs", &settings->mkfs }, { "mount", &settings->mount }, { "log-device", &settings->log_device },
    { "create", &settings->create }, { "assemble", &settings->assemble }, { "lose", &settings->lose },
  };
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
    if (strcmp (texts[i].key, key) == 0)
      return case_set_text (place, key, value, texts[i].target);
  return ini_fault (place, "%s: no such key here: give size, disk, log-device, mkfs, mount, create, assemble or lose",
                    key);
}

void
case_free_settings (struct case_settings *settings)
{
  case_free_texts (&settings->disks);
  free_all (settings->filesystem, settings->size, settings->log_device, settings->mkfs, settings->mount,
            settings->create, settings->assemble, settings->lose);
}
