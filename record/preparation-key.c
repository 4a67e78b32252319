/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define XXH_INLINE_ALL          /* nobody who links with this needs the library */
#include <xxhash.h>

#include "common/cleanup.h"
#include "common/escape.h"
#include "common/message.h"
#include "common/stamp.h"
#include "common/text.h"
#include "filesystem/filesystem.h"
#include "guest/base.h"
#include "guest/initramfs/initramfs.h"
#include "guest/saved.h"
#include "record/guest-files.h"
#include "record/kept-disks.h"
#include "record/preparation-key.h"

/* Write what NAME is: any text, or NULL. */
static void
put_text (FILE *key, const char *name, const char *text)
{
  fprintf (key, "%s%s", name, text ? " " : "");
  if (text)
    escape_word (text, strlen (text), key);
  putc ('\n', key);
}

/* Write which kernel runs in the guest, with which agent and modules. */
static int
put_guest (FILE *key, const struct recorder *recorder)
{
  const struct kernel *kernel = &recorder->kernel;
  CLEANUP_FREE char *stamp = file_stamp (kernel->image);
  struct guest_base base;
  int r = stamp ? guest_base_open (kernel, &base) : -1;

  if (stamp == NULL) {
    error_message ("%s: %m", kernel->image);
    return -1;
  }
  if (r == 0)
    fprintf (key, "kernel %s %s\nbase %016" PRIx64 "\n", stamp, kernel->image,
             XXH3_64bits (base.identity, strlen (base.identity)));
  guest_base_release (&base);
  return r;
}

/* What is in the files of the host that preparing takes into the guest: it is read again only if one is another.
 * Returns NULL after a message.
 */
static const char *
digest_files (struct recorder *recorder, enum preparation preparation)
{
  struct recorder_images *images = &recorder->images[preparation];
  struct initramfs *files = guest_files_preparing (recorder, preparation);
  char *signature = files ? initramfs_signature (files) : NULL;

  if (signature && images->digest && strcmp (images->signature, signature) == 0)
    free (signature);
  else {
    free_all (images->signature, images->digest);
    images->signature = signature;
    images->digest = signature ? initramfs_digest (files) : NULL;
  }
  initramfs_free (files);
  return images->digest;
}

bool
preparation_is_current (struct recorder *recorder, enum preparation preparation)
{
  struct initramfs *files = guest_files_preparing (recorder, preparation);
  CLEANUP_FREE char *signature = files ? initramfs_signature (files) : NULL;

  initramfs_free (files);
  return signature && strcmp (signature, recorder->images[preparation].signature) == 0;
}

/* What mkfs is given in any case, and where the journal has a disk of its own. */
static void
put_filesystem (FILE *key, const char *name)
{
  const struct filesystem *filesystem = filesystem_find (name);

  put_text (key, "filesystem", name);
  for (size_t i = 0; filesystem->mkfs.words[i]; i++)
    put_text (key, "mkfs word", filesystem->mkfs.words[i]);
  put_text (key, "mkfs of a journal", filesystem->log_disk.make);
  put_text (key, "mkfs with a journal", filesystem->log_disk.mkfs);
}

static void
put_disks (FILE *key, const struct recording *recording)
{
  for (size_t i = 0; i < recording->disks.count; i++)
    fprintf (key, "disk %s %s %ju\n", recording->disks.list[i].name, recording->disks.list[i].place,
             (uintmax_t) recording->disks.list[i].size_bytes);
  fprintf (key, "journal %d\npaths %ju\nmemory %ju\n", recording->log_disk, (uintmax_t) recording->path_count,
           (uintmax_t) recording->guest.memory_bytes);
}

static void
put_tree (FILE *key, const struct recording *recording)
{
  put_text (key, "mount", recording->mount_options);
  fprintf (key, "initial %d\nother file %d\n", recording->initial != NULL,
           recording->background == BACKGROUND_COMMIT);
  for (size_t i = 0; i < recording->setup.count; i++)
    put_text (key, "setup", recording->setup.texts[i]);
}

static int
put_all (FILE *key, struct recorder *recorder, enum preparation preparation)
{
  const struct recording *recording = recorder->recording;
  const char *digest = digest_files (recorder, preparation);

  fprintf (key, KEPT_DISKS_FIRST_LINE SAVED_RELEASE "powercut " PACKAGE_VERSION "\n", recorder->kernel.release);
  if (digest == NULL || put_guest (key, recorder) == -1)
    return -1;
  fprintf (key, "files %s\n", digest);
  put_filesystem (key, recording->filesystem);
  put_text (key, "mkfs", recording->mkfs_arguments);
  put_text (key, "accel", recording->guest.accel);
  put_text (key, "create", recording->create);
  put_text (key, "assemble", recording->assemble);
  put_disks (key, recording);
  if (preparation == PREPARED_TREE)
    put_tree (key, recording);
  return 0;
}

char *
preparation_key (struct recorder *recorder, enum preparation preparation)
{
  struct text_stream key;

  if (!text_begin (&key)) {
    out_of_memory ();
    return NULL;
  }
  const int r = put_all (key.file, recorder, preparation);
  char *text = text_end (&key);
  if (r == 0 && text == NULL)
    out_of_memory ();
  if (r == 0)
    return text;
  free (text);
  return NULL;
}
