/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "checker/kernel-fault.h"
#include "common/cleanup.h"
#include "common/message.h"
#include "common/publish.h"
#include "common/text.h"
#include "common/workdir.h"
#include "guest/agent/answer.h"
#include "guest/image.h"
#include "record/guest-files.h"
#include "record/log-part.h"
#include "record/mkfs.h"
#include "record/prepared.h"
#include "record/recorder.h"
#include "record/server.h"

#define BOOT_TIMEOUT_MS 120000
#define FIRST_PORT 10809        /* NBD's */
#define RESET_TIMEOUT_MS 20000  /* a guest that takes longer for that is not worth it */

/* Have what checking and assembling need in a file for the log to carry, or none if there is neither. */
static int
pack_files (struct recorder *recorder)
{
  const struct guest_options *guest = &recorder->recording->guest;
  const char *assemble = recorder->recording->assemble;

  return guest->check == NULL && assemble == NULL ? 0
    : guest_image_pack (guest->check, assemble, guest->include.texts, guest->include.count, guest->confine,
                        recorder->files);
}

/* Names and sizes, to free, or NULL after a message. */
static char *
describe_disks (const struct disks *disks)
{
  struct text_stream text;

  if (!text_begin (&text)) {
    out_of_memory ();
    return NULL;
  }
  for (size_t i = 0; i < disks->count; i++)
    fprintf (text.file, " %s:%ju", disks->list[i].name, (uintmax_t) disks->list[i].size_bytes);
  char *described = text_end (&text);
  if (described == NULL)
    out_of_memory ();
  return described;
}

/* All that a guest is booted with, as a text to free; NULL after a message. */
static char *
make_key (const struct recorder *recorder, const struct initramfs *extras)
{
  const struct recording *recording = recorder->recording;
  CLEANUP_FREE char *signature = initramfs_signature (extras);

  CLEANUP_FREE char *disks = describe_disks (&recording->disks);

  return signature == NULL || disks == NULL ? NULL
    : text_format ("%s %s %d%s %ju %ju", recorder->kernel.image, signature, recording->virtio, disks,
                   (uintmax_t) recording->path_count, (uintmax_t) recording->guest.memory_bytes);
}

static int
start_guest (struct recorder *recorder)
{
  const struct recording *recording = recorder->recording;
  struct vm_disk disks[DISKS_MAX + 1];

  for (size_t i = 0; i < recorder->export_count; i++) {
    const struct recorder_export *export = &recorder->exports[i];
    disks[i] = (struct vm_disk) { .export_name = export->name, .guest_port = recording->virtio ? NULL : export->port };
  }
  const struct vm_config config = {
    .kernel = &recorder->kernel, .extras = recorder->extras, .nbd_socket = recorder->nbdkit.socket,
    .nbd_server = recorder->nbdkit.pid, .disks = disks, .disk_count = recorder->export_count,
    .memory_mib = (unsigned) (recorder->memory_bytes >> 20), .console = recorder->console,
    .boot_timeout_ms = BOOT_TIMEOUT_MS, .host_root = recording->host_root,
    .accel = guest_options_accel (&recording->guest), .quiet = recording->guest.quiet,
    .no_snapshot = recording->guest.no_snapshot,
  };

  recorder->vm = vm_start (&config);
  return recorder->vm ? 0 : -1;
}

void
recorder_end_guest (struct recorder *recorder)
{
  vm_end (recorder->vm);
  server_stop (recorder);
  free (recorder->key);
  recorder->vm = NULL;
  recorder->key = NULL;
  recorder->attached = false;
}

/* Begin a recording in the guest that is there. */
static int
reuse_guest (struct recorder *recorder)
{
  return prepared_find (recorder) == -1 ? -1
    : recorder->prepared == PREPARED_NOTHING ? server_open_blank (recorder) : 0;
}

/* Boot a guest with EXTRAS. */
static int
boot (struct recorder *recorder, struct initramfs *extras)
{
  recorder->memory_bytes = recorder->recording->guest.memory_bytes;
  if (initramfs_fit (extras, &recorder->memory_bytes) == -1
      || (recorder->recording->guest.verbose && initramfs_list (extras, stderr) == -1))
    return -1;
  recorder_end_guest (recorder);
  nbdkit_free (&recorder->nbdkit);
  progress_stage (recorder->progress, "booting a guest: kernel %s", recorder->kernel.release);
  /* A file that is changed between the two is found to be another one once the disks are prepared. */
  return server_start (recorder) == -1 || prepared_find (recorder) == -1
    || initramfs_write (extras, recorder->extras) == -1 ? -1 : start_guest (recorder);
}

/* Have a guest: the one that is there if it will do, or a new one. */
static int
prepare_guest (struct recorder *recorder)
{
  struct initramfs *extras = guest_files_make (recorder);
  char *key = extras && recorder->filesystems ? make_key (recorder, extras) : NULL;
  int r = -1;

  if (key && recorder->key && strcmp (key, recorder->key) == 0) {
    r = reuse_guest (recorder);
    free (key);
  }
  else if (extras && (key || recorder->filesystems == NULL)) {
    r = boot (recorder, extras);
    recorder->key = key;
  }
  initramfs_free (extras);
  return r;
}

/* Whether nothing is wrong with the kernel that gave this answer to `reset`. */
static bool
is_healthy (char *report)
{
  enum answer_line line;
  char *value;
  bool untainted = false, faulty = false;

  while (answer_next_line (&report, &line, &value)) {
    if (line == ANSWER_TAINT)
      untainted = strcmp (value, "0") == 0;
    faulty |= line == ANSWER_LOG && kernel_line_is_fault (value);
  }
  return untainted && !faulty;
}

int
recorder_recycle (struct recorder *recorder)
{
  struct vm_answer answer;

  if (server_ask (recorder, WRITELOG_END, NULL, 0) == -1)
    return -1;
  answer = vm_call (recorder->vm, RESET_TIMEOUT_MS,
                    (const char *const[]) { "reset", recorder->all_disks, recorder->recording->filesystem, NULL });
  bool healthy = answer.failure == VM_OK && is_healthy (answer.text);
  free (answer.text);
  if (!healthy)
    recorder_end_guest (recorder);      /* which closes the log, too */
  return healthy ? server_ask (recorder, WRITELOG_CLOSE, NULL, 0) : 0;
}

static int
make_names (struct recorder *recorder)
{
  if (recorder->directory == NULL && (recorder->directory = workdir_create ()) == NULL)
    return -1;
  const struct {
    char **path;
    const char *name;
  } files[] = {
    { &recorder->extras, "extras" }, { &recorder->console, "console" }, { &recorder->files, SERVER_FILES },
    { &recorder->blank, SERVER_BLANK }, { &recorder->link, SERVER_LINK }, { &recorder->aside, SERVER_ASIDE },
  };

  for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
    if (*files[i].path == NULL && (*files[i].path = text_format ("%s/%s", recorder->directory, files[i].name)) == NULL)
      return -1;
  return 0;
}

/* Where the exports before the last one are, with commas between them, to free, or NULL after a message. */
static char *
list_paths (const struct recorder *recorder)
{
  char *list = text_format ("%s", recorder->exports[0].place);

  for (size_t i = 1; list && i < recorder->export_count - 1; i++) {
    CLEANUP_FREE char *before = list;

    list = text_format ("%s,%s", before, recorder->exports[i].place);
  }
  return list;
}

/* Say what the server exports, and what that is in the guest. */
static int
name_exports (struct recorder *recorder)
{
  const struct recording *recording = recorder->recording;
  const size_t paths = recording->path_count, count = recording->disks.count * paths;

  for (size_t i = 0; i <= count; i++) {
    struct recorder_export *export = &recorder->exports[i];
    snprintf (export->port, sizeof export->port, "%zu", FIRST_PORT + i);
    if (i < count)
      disk_export_name (i / paths, (unsigned) (i % paths), export->name);
    else
      strcpy (export->name, MARK_EXPORT);
    disk_place (recording->virtio, i, export->place);
  }
  recorder->export_count = count + 1;
  recorder->mark_device = recorder->exports[count].place;
  recorder->all_disks = disks_places (&recording->disks, -1);
  recorder->all_paths = paths > 1 ? list_paths (recorder) : NULL;
  return recorder->all_disks && (paths == 1 || recorder->all_paths) ? 0 : -1;
}

int
recorder_begin (struct recorder *recorder, const struct recording *recording)
{
  recorder->recording = recording;
  if (name_exports (recorder) == -1 || mkfs_check (recording->filesystem) == -1
      || publish_check (recording->log) == -1 || make_names (recorder) == -1
      || (recorder->part_fd = log_part_make (recording->log, &recorder->part)) == -1
      || guest_kernel_find (recording->guest.kernel, recording->filesystem, recording->host_root,
                            &recorder->kernel) == -1)
    return -1;
  if (recording->virtio && kernel_runs_alone (&recorder->kernel)) {
    error_message ("--bus=virtio: %s is recorded over NBD alone: leave --bus out", recorder->kernel.release);
    return -1;
  }
  return pack_files (recorder) == -1 ? -1 : prepare_guest (recorder);
}

void
recorder_forget (struct recorder *recorder)
{
  prepared_give_up (recorder);
  kernel_free (&recorder->kernel);
  if (recorder->part)
    close (recorder->part_fd);
  free_all (recorder->part, recorder->program, recorder->mkfs, recorder->all_disks, recorder->all_paths);
  recorder->recording = NULL;
  recorder->part = recorder->program = recorder->mkfs = recorder->all_disks = recorder->all_paths = NULL;
}

struct recorder *
recorder_new (const char *filesystems)
{
  struct recorder *recorder = calloc (1, sizeof *recorder);

  if (recorder == NULL)
    out_of_memory ();
  else
    recorder->filesystems = filesystems;
  return recorder;
}

void
recorder_release (struct recorder *recorder)
{
  recorder_end_guest (recorder);
  recorder_forget (recorder);
  prepared_forget (recorder);
  nbdkit_free (&recorder->nbdkit);
  workdir_remove (recorder->directory);
  free_all (recorder->directory, recorder->extras, recorder->files, recorder->blank,
            recorder->link, recorder->aside, recorder->console);
}

void
recorder_free (struct recorder *recorder)
{
  if (recorder)
    recorder_release (recorder);
  free (recorder);
}

