/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "checker/kernel-fault.h"
#include "common/cleanup.h"
#include "common/message.h"
#include "common/process.h"
#include "common/publish.h"
#include "common/workdir.h"
#include "guest/image.h"
#include "log/info.h"
#include "nbd-plugin/parameters.h"
#include "nbd-plugin/writelog-control.h"
#include "record/log-part.h"
#include "record/mkfs.h"
#include "record/recorder.h"

#define BOOT_TIMEOUT_MS 120000
/* Files of the recorder's folder that the server is told of. */
#define IMAGE_NAME "image"      /* the file system as it was made */
#define FILES_NAME "files"      /* what the checker needs */
#define BLANK_NAME "blank"      /* the log of its making */
#define LOG_LINK "log"          /* leads to the log of the recording */

#define RESET_TIMEOUT_MS 20000  /* a guest that takes longer for that is not worth it */

static int
add_shell_commands (struct initramfs *initramfs, const struct option_texts *commands)
{
  for (size_t i = 0; i < commands->count; i++)
    if (initramfs_add_shell_command (initramfs, commands->texts[i]) == -1)
      return -1;
  return 0;
}

/* In the host's root, COMMAND is where it is here. */
static int
find_command (struct recorder *recorder)
{
  const char *word = recorder->recording->command[0];
  CLEANUP_FREE char *file = word ? process_find (word) : NULL;
  CLEANUP_FREE char *current = getcwd (NULL, 0);

  if (word == NULL)
    return 0;
  if (file && asprintf (&recorder->program, "%s%s%s", *file == '/' ? "" : current, *file == '/' ? "" : "/", file) != -1)
    return 0;
  recorder->program = NULL;
  error_message ("%s: %s", word, strchr (word, '/') ? "is no program that can be run" : "no such program in PATH");
  return -1;
}

static int
add_programs (struct recorder *recorder, struct initramfs *initramfs)
{
  const struct recording *recording = recorder->recording;

  if (recording->host_root)
    return find_command (recorder);
  /* Programs run others through it, as script(1), system(3) and editors do. */
  if (initramfs_add_program (initramfs, "/bin/sh", NULL) == -1)
    return -1;
  if (recording->command[0] && initramfs_add_program (initramfs, recording->command[0], &recorder->program) == -1)
    return -1;
  if (recording->command[0] && initramfs_add_arguments (initramfs, recording->command) == -1)
    return -1;
  return add_shell_commands (initramfs, &recording->setup) == -1 || add_shell_commands (initramfs, &recording->step) == -1
    ? -1 : 0;
}

/* What the guest needs, or NULL after a message. */
static struct initramfs *
make_initramfs (struct recorder *recorder)
{
  const struct recording *recording = recorder->recording;
  const char *filesystems = recorder->filesystems;
  struct initramfs *initramfs = filesystems
    ? guest_image_new_for_many (&recorder->kernel, recording->filesystem, filesystems, !recording->virtio)
    : guest_image_new (&recorder->kernel, recording->filesystem, !recording->virtio);
  int r;

  if (initramfs == NULL)
    return NULL;
  initramfs_ask_interpreters (initramfs);
  /* Before it is confined: it is this command's own program. */
  r = mkfs_add (initramfs, recording->filesystem, &recorder->mkfs);
  if (r == 0 && filesystems)
    r = mkfs_add_all (initramfs, filesystems);
  if (r == 0 && recording->host_root)
    r = guest_image_add_host_root (initramfs, &recorder->kernel);
  if (r == 0 && recording->guest.confine)
    r = initramfs_confine (initramfs, recording->guest.confine);
  if (r == 0)
    r = add_programs (recorder, initramfs);
  for (size_t i = 0; i < recording->guest.include.count && r == 0 && !recording->host_root; i++)
    r = initramfs_add_included (initramfs, recording->guest.include.texts[i]);
  if (r == 0 && recording->initial)
    r = initramfs_add_tree (initramfs, recording->initial, RECORDER_INITIAL_TREE);
  if (r == 0)
    return initramfs;
  initramfs_free (initramfs);
  return NULL;
}

/* Have what the checker needs in a file for the log to carry, or none if there is no checker. */
static int
pack_checker (struct recorder *recorder)
{
  const struct guest_options *guest = &recorder->recording->guest;

  return guest->check == NULL ? 0
    : guest_image_pack_checker (guest->check, guest->include.texts, guest->include.count, guest->confine, recorder->files);
}

/* All that a guest is booted with, as a text to free; NULL after a message. */
static char *
make_key (const struct recorder *recorder, const struct initramfs *initramfs)
{
  const struct recording *recording = recorder->recording;
  CLEANUP_FREE char *signature = initramfs_signature (initramfs);
  char *key;

  if (signature == NULL)
    return NULL;
  if (asprintf (&key, "%s %s %d %ju %ju", recorder->kernel.image, signature, recording->virtio, (uintmax_t) recording->size_bytes,
                (uintmax_t) recording->guest.memory_bytes) != -1)
    return key;
  out_of_memory ();
  return NULL;
}

/* A note for the log's header. */
static int
add_info (struct parameters *parameters, const char *key, const char *value)
{
  CLEANUP_FREE char *text = log_info_text (key, value);

  return text ? parameters_add (parameters, PARAMETER_INFO, text) : out_of_memory ();
}

static int
add_number (struct parameters *parameters, const char *key, uint64_t value)
{
  char number[32];

  snprintf (number, sizeof number, "%ju", (uintmax_t) value);
  return add_info (parameters, key, number);
}

static int
make_parameters (const struct recorder *recorder, struct parameters *parameters)
{
  const struct recording *recording = recorder->recording;
  int r = parameters_add (parameters, PARAMETER_LOG, LOG_LINK);

  r |= parameters_add (parameters, PARAMETER_BASE, IMAGE_NAME);
  r |= add_info (parameters, LOG_KEY_FILESYSTEM, recording->filesystem);
  r |= add_info (parameters, LOG_KEY_MOUNT, recording->mount_options);
  r |= add_info (parameters, LOG_KEY_KERNEL, recorder->kernel.release);
  r |= add_info (parameters, LOG_KEY_KERNEL_IMAGE, recorder->kernel.image);
  r |= add_info (parameters, LOG_KEY_BUS, recording->virtio ? "virtio" : "nbd");
  r |= add_number (parameters, LOG_KEY_MEMORY, recording->guest.memory_bytes);
  r |= add_number (parameters, LOG_KEY_TIMEOUT, recording->guest.timeout_seconds);
  for (size_t i = 0; i < recording->watch.count; i++)
    r |= add_info (parameters, LOG_KEY_WATCH, recording->watch.texts[i]);
  for (size_t i = 0; recording->command[i]; i++)
    r |= add_info (parameters, LOG_KEY_COMMAND, recording->command[i]);
  if (recording->guest.check)
    r |= add_info (parameters, LOG_KEY_CHECK, recording->guest.check) | parameters_add (parameters, PARAMETER_FILES, FILES_NAME);
  if (recording->guest.page_bytes > 0)
    r |= add_number (parameters, LOG_KEY_PAGES, recording->guest.page_bytes);
  for (size_t i = 0; i < recording->guest.include.count; i++) {
    CLEANUP_FREE char *absolute = realpath (recording->guest.include.texts[i], NULL);

    r |= absolute ? add_info (parameters, LOG_KEY_INCLUDE, absolute) : out_of_memory ();
  }
  if (recording->workload)
    r |= add_info (parameters, LOG_KEY_WORKLOAD, recording->workload);
  for (size_t i = 0; i < recording->step.count; i++)
    r |= add_info (parameters, LOG_KEY_STEP, recording->step.texts[i]);
  if (recording->step.count > 0)
    r |= add_number (parameters, LOG_KEY_STEPS, recording->step.count);
  return r;
}

/* Connect to EXPORT of the recorder's server, or NULL after a message. */
static struct nbd_handle *
connect_to (const struct recorder *recorder, const char *export)
{
  struct nbd_handle *handle = nbd_create ();

  if (handle && nbd_set_export_name (handle, export) == 0 && nbd_connect_unix (handle, recorder->nbdkit.socket) == 0)
    return handle;
  error_message ("cannot reach the writelog plugin: %s", nbd_get_error ());
  nbd_close (handle);
  return NULL;
}

/* Start the server of an empty disk, which it records in a log of no interest. */
static int
start_server (struct recorder *recorder)
{
  struct parameters parameters = { NULL, 0 };
  char size[32];
  int r = parameters_add (&parameters, PARAMETER_DIRECTORY, recorder->folder);

  snprintf (size, sizeof size, "%ju", (uintmax_t) recorder->recording->size_bytes);
  r |= parameters_add (&parameters, PARAMETER_SIZE, size);
  r |= parameters_add (&parameters, PARAMETER_LOG, recorder->blank);
  unlink (recorder->blank);
  if (r == 0)
    r = nbdkit_start (&recorder->nbdkit, PART_WRITELOG, (const char *const *) parameters.texts, recorder->folder, "writelog");
  parameters_release (&parameters);
  if (r == -1)
    return -1;
  recorder->empty = true;
  recorder->marks = connect_to (recorder, MARK_EXPORT);
  recorder->control = connect_to (recorder, CONTROL_EXPORT);
  return recorder->marks && recorder->control ? 0 : -1;
}

static int
start_guest (struct recorder *recorder)
{
  const struct recording *recording = recorder->recording;
  const bool virtio = recording->virtio;
  const struct vm_disk disks[] = {
    { .export_name = DISK_EXPORT, .guest_port = virtio ? NULL : "10809" },
    { .export_name = MARK_EXPORT, .guest_port = virtio ? NULL : "10810" },
  };
  const struct vm_config config = {
    .image = recorder->kernel.image, .initramfs = recorder->initramfs, .nbd_socket = recorder->nbdkit.socket,
    .nbd_server = recorder->nbdkit.pid, .disks = disks, .disk_count = 2, .memory_mib = (unsigned) (recorder->memory_bytes >> 20), .console = recorder->console,
    .boot_timeout_ms = BOOT_TIMEOUT_MS, .host_root = recording->host_root, .accel = guest_options_accel (&recording->guest), .quiet = recording->guest.quiet,
  };

  recorder->vm = vm_start (&config);
  return recorder->vm ? 0 : -1;
}

void
recorder_end_guest (struct recorder *recorder)
{
  vm_end (recorder->vm);
  nbd_close (recorder->marks);
  nbd_close (recorder->control);
  nbdkit_stop (&recorder->nbdkit);
  free (recorder->key);
  recorder->vm = NULL;
  recorder->marks = recorder->control = NULL;
  recorder->key = NULL;
  recorder->attached = false;
}

/* Ask the server for something, with COUNT TEXTS, by its export `control`. */
static int
ask_server (struct recorder *recorder, enum writelog_request request, char *const *texts, size_t count)
{
  size_t size;
  CLEANUP_FREE char *bytes = writelog_encode (request, texts, count, &size);

  if (bytes == NULL)
    return out_of_memory ();
  if (nbd_pwrite (recorder->control, bytes, size, 0, 0) == 0)
    return 0;
  CLEANUP_FREE char *line = nbdkit_error_line (&recorder->nbdkit, "");
  error_message ("%s", line ? line : nbd_get_error ());
  return -1;
}

/* Let the link by which the server finds the log lead there. */
static int
link_log (const struct recorder *recorder)
{
  CLEANUP_FREE char *folder = *recorder->part == '/' ? strdup ("") : getcwd (NULL, 0);
  CLEANUP_FREE char *target = NULL;

  if (folder == NULL || asprintf (&target, "%s%s%s", folder, *folder ? "/" : "", recorder->part) == -1) {
    target = NULL;
    return out_of_memory ();
  }
  unlink (recorder->link);      /* of the recording before */
  if (symlink (target, recorder->link) == 0)
    return 0;
  error_message ("%s: %m", recorder->link);
  return -1;
}

/* Let the server begin the log of the recording, with the image as its base. */
static int
open_log (struct recorder *recorder)
{
  struct parameters parameters = { NULL, 0 };
  int r = make_parameters (recorder, &parameters);

  if (r == 0)
    r = link_log (recorder);
  if (r == 0)
    r = ask_server (recorder, WRITELOG_OPEN, parameters.texts, parameters.count);
  parameters_release (&parameters);
  return r;
}

/* Let the disk be empty. */
static int
open_blank (struct recorder *recorder)
{
  char *texts[] = { (char *) PARAMETER_LOG "=" BLANK_NAME };

  unlink (recorder->blank);
  recorder->empty = true;
  return ask_server (recorder, WRITELOG_OPEN, texts, 1);
}

/* How the file system of the recording is made, to free, or NULL after a message. */
static char *
describe_made (const struct recording *recording)
{
  char *text;

  if (asprintf (&text, "%s %ju %s", recording->filesystem, (uintmax_t) recording->size_bytes,
                recording->mkfs_arguments ? recording->mkfs_arguments : "") != -1)
    return text;
  out_of_memory ();
  return NULL;
}

/* Begin a recording in the guest that is there: with the image of the one before if that is what it would make. */
static int
reuse_guest (struct recorder *recorder)
{
  CLEANUP_FREE char *made = describe_made (recorder->recording);

  if (made == NULL)
    return -1;
  return recorder->made && strcmp (recorder->made, made) == 0 ? open_log (recorder) : open_blank (recorder);
}

int
recorder_start_log (struct recorder *recorder)
{
  char *texts[] = { (char *) IMAGE_NAME };

  unlink (recorder->image);
  free (recorder->made);
  recorder->made = describe_made (recorder->recording);
  if (recorder->made == NULL || ask_server (recorder, WRITELOG_SAVE, texts, 1) == -1
      || open_log (recorder) == -1)
    return -1;
  unlink (recorder->blank);
  recorder->empty = false;
  return 0;
}

/* Boot a guest with what INITRAMFS holds. */
static int
boot (struct recorder *recorder, struct initramfs *initramfs)
{
  recorder->memory_bytes = recorder->recording->guest.memory_bytes;
  if (initramfs_fit (initramfs, &recorder->memory_bytes) == -1
      || (recorder->recording->guest.verbose && initramfs_list (initramfs, stderr) == -1))
    return -1;
  recorder_end_guest (recorder);
  nbdkit_free (&recorder->nbdkit);
  progress_stage (recorder->progress, "booting a guest: kernel %s", recorder->kernel.release);
  return initramfs_write (initramfs, recorder->initramfs) == -1 || start_server (recorder) == -1 ? -1
    : start_guest (recorder);
}

/* Have a guest: the one that is there if it will do, or a new one. */
static int
prepare_guest (struct recorder *recorder)
{
  struct initramfs *initramfs = make_initramfs (recorder);
  char *key = initramfs && recorder->filesystems ? make_key (recorder, initramfs) : NULL;
  int r = -1;

  if (key && recorder->key && strcmp (key, recorder->key) == 0) {
    r = reuse_guest (recorder);
    free (key);
  }
  else if (initramfs && (key || recorder->filesystems == NULL)) {
    r = boot (recorder, initramfs);
    recorder->key = key;
  }
  initramfs_free (initramfs);
  return r;
}

/* Whether nothing is wrong with the kernel that gave this answer to `reset`. */
static bool
is_healthy (char *report)
{
  char *line;
  bool healthy = strncmp (report, "taint 0\n", strlen ("taint 0\n")) == 0;

  while ((line = strsep (&report, "\n")) != NULL)
    healthy &= strncmp (line, "log ", 4) != 0 || !kernel_line_is_fault (line + 4);
  return healthy;
}

int
recorder_recycle (struct recorder *recorder)
{
  struct vm_answer answer;

  if (ask_server (recorder, WRITELOG_END, NULL, 0) == -1)
    return -1;
  answer = vm_call (recorder->vm, RESET_TIMEOUT_MS,
                    (const char *const[]) { "reset", recorder->disk, recorder->recording->filesystem, NULL });
  bool healthy = answer.failure == VM_OK && is_healthy (answer.text);
  free (answer.text);
  if (!healthy)
    recorder_end_guest (recorder);      /* which closes the log, too */
  return healthy ? ask_server (recorder, WRITELOG_CLOSE, NULL, 0) : 0;
}

static int
make_names (struct recorder *recorder)
{
  if (recorder->folder == NULL && (recorder->folder = workdir_create ()) == NULL)
    return -1;
  if (recorder->initramfs == NULL
      && (asprintf (&recorder->initramfs, "%s/initramfs", recorder->folder) == -1
          || asprintf (&recorder->files, "%s/" FILES_NAME, recorder->folder) == -1
          || asprintf (&recorder->image, "%s/" IMAGE_NAME, recorder->folder) == -1
          || asprintf (&recorder->blank, "%s/" BLANK_NAME, recorder->folder) == -1
          || asprintf (&recorder->link, "%s/" LOG_LINK, recorder->folder) == -1
          || asprintf (&recorder->console, "%s/console", recorder->folder) == -1))
    return out_of_memory ();
  return 0;
}

int
recorder_begin (struct recorder *recorder, const struct recording *recording)
{
  recorder->recording = recording;
  recorder->disk = recording->virtio ? "/dev/vda" : "/dev/nbd0";
  recorder->mark_device = recording->virtio ? "/dev/vdb" : "/dev/nbd1";
  if (mkfs_check (recording->filesystem) == -1 || publish_check (recording->log) == -1 || make_names (recorder) == -1
      || (recorder->part_fd = log_part_make (recording->log, &recorder->part)) == -1
      || guest_kernel_find (recording->guest.kernel, recording->filesystem, recording->host_root, &recorder->kernel) == -1)
    return -1;
  recorder->empty = false;
  return pack_checker (recorder) == -1 ? -1 : prepare_guest (recorder);
}

void
recorder_forget (struct recorder *recorder)
{
  kernel_free (&recorder->kernel);
  if (recorder->part)
    close (recorder->part_fd);
  free (recorder->part);
  free (recorder->program);
  free (recorder->mkfs);
  recorder->recording = NULL;
  recorder->part = recorder->program = recorder->mkfs = NULL;
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
  nbdkit_free (&recorder->nbdkit);
  workdir_remove (recorder->folder);
  free (recorder->folder);
  free (recorder->initramfs);
  free (recorder->files);
  free (recorder->image);
  free (recorder->blank);
  free (recorder->link);
  free (recorder->made);
  free (recorder->console);
}

void
recorder_free (struct recorder *recorder)
{
  if (recorder)
    recorder_release (recorder);
  free (recorder);
}

