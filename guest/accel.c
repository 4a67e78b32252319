/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cache.h"
#include "common/cleanup.h"
#include "common/message.h"
#include "common/process.h"
#include "common/publish.h"
#include "common/text.h"
#include "guest/accel.h"
#include "guest/qemu.h"

#define KVM_DEVICE "/dev/kvm"
#define BOOT_ID "/proc/sys/kernel/random/boot_id"
#define BOOT_ID_LENGTH 36

/* The file in the cache is one line:  HERE ACCEL told|untold WHY.  HERE has no spaces, and is another one as soon as
 * what was found out may no longer hold.
 */
struct accel_verdict {
  enum accel accel;             /* ACCEL_AUTO: there is none */
  bool told;
  char why[1024];               /* one line */
};

static struct accel_verdict ours;     /* of this process, which may be the only one to have it */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;        /* of ours */

static const char *const names[] = { [ACCEL_AUTO] = "auto", [ACCEL_KVM] = "kvm", [ACCEL_TCG] = "tcg" };

const char *
accel_name (enum accel accel)
{
  return names[accel];
}

int
accel_parse (const char *word, enum accel *accel)
{
  *accel = ACCEL_AUTO;
  if (word == NULL)
    return 0;
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (strcmp (word, names[i]) == 0) {
      *accel = (enum accel) i;
      return 0;
    }
  error_message ("--accel=%s: auto, kvm or tcg", word);
  return -1;
}

bool
accel_has_kvm (void)
{
  return access (KVM_DEVICE, R_OK | W_OK) == 0;
}

/* The boot of the machine, the QEMU and the /dev/kvm that a verdict is about, in one word, to free, or NULL. */
static char *
describe_here (void)
{
  CLEANUP_FREE char *qemu = process_find (QEMU_PROGRAM);
  CLEANUP_CLOSE int fd = open (BOOT_ID, O_RDONLY | O_CLOEXEC);
  char boot[BOOT_ID_LENGTH];
  struct stat program, device = { 0 };

  if (qemu == NULL || stat (qemu, &program) == -1 || fd == -1 || read (fd, boot, sizeof boot) != sizeof boot)
    return NULL;
  const int error = accel_has_kvm () ? 0 : errno;
  stat (KVM_DEVICE, &device);
  return text_format ("%.*s/%ju-%ju-%jd-%jd/%ju-%d", (int) sizeof boot, boot, (uintmax_t) program.st_dev,
                      (uintmax_t) program.st_ino, (intmax_t) program.st_size, (intmax_t) program.st_mtime,
                      (uintmax_t) device.st_rdev, error);
}

/* The file in the cache, to free, or NULL if there is no cache. */
static char *
verdict_file (void)
{
  CLEANUP_FREE char *cache = cache_path ();

  return cache ? text_format ("%s/accel", cache) : NULL;
}

/* What LINE says about HERE. */
static struct accel_verdict
parse_verdict (char *line, const char *here)
{
  struct accel_verdict verdict = { .accel = ACCEL_AUTO };
  const char *place = strsep (&line, " "), *name = strsep (&line, " "), *told = strsep (&line, " ");

  if (line == NULL || strcmp (place, here) != 0)
    return verdict;
  for (enum accel i = ACCEL_KVM; i <= ACCEL_TCG; i++)
    if (strcmp (name, names[i]) == 0)
      verdict.accel = i;
  verdict.told = strcmp (told, "told") == 0;
  snprintf (verdict.why, sizeof verdict.why, "%.*s", (int) strcspn (line, "\n"), line);
  return verdict;
}

/* What is known, by this process or another one.  Called with the lock held, as is the next. */
static struct accel_verdict
read_verdict (void)
{
  CLEANUP_FREE char *here = describe_here (), *path = verdict_file ();
  char line[2048];

  if (ours.accel != ACCEL_AUTO || here == NULL || path == NULL)
    return ours;
  CLEANUP_FCLOSE FILE *file = fopen (path, "re");
  if (file && fgets (line, sizeof line, file))
    return parse_verdict (line, here);
  return ours;
}

/* A cache that cannot be written costs time, and is nothing to complain of. */
static void
write_verdict (void)
{
  CLEANUP_FREE char *here = describe_here (), *cache = cache_path (), *path = verdict_file ();

  if (here == NULL || path == NULL || cache_make (cache) == -1 || access (cache, W_OK | X_OK) == -1)
    return;
  CLEANUP_FREE char *line = text_format ("%s %s %s %s", here, names[ours.accel], ours.told ? "told" : "untold",
                                         ours.why);
  if (line)
    publish_text (path, line);
}

enum accel
accel_known (void)
{
  pthread_mutex_lock (&lock);
  ours = read_verdict ();
  enum accel accel = ours.accel;
  pthread_mutex_unlock (&lock);
  return accel;
}

void
accel_remember (enum accel accel, const char *why)
{
  pthread_mutex_lock (&lock);
  ours = (struct accel_verdict) { .accel = accel };
  snprintf (ours.why, sizeof ours.why, "%s", why);
  ours.why[strcspn (ours.why, "\n")] = '\0';
  write_verdict ();
  pthread_mutex_unlock (&lock);
}

void
accel_tell (const char *word)
{
  if (word && strcmp (word, names[ACCEL_AUTO]) != 0)
    return;
  pthread_mutex_lock (&lock);
  ours = read_verdict ();
  if (ours.accel == ACCEL_TCG && !ours.told) {
    error_message ("note: guests are emulated, which takes longer: %s (this is said once; --accel=tcg asks for it)",
                   ours.why);
    ours.told = true;
    write_verdict ();
  }
  pthread_mutex_unlock (&lock);
}
