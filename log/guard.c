/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/array.h"
#include "common/message.h"
#include "log/guard.h"

#define EXIT_SHORTER 2

/* A log, and how long it was. */
struct guarded {
  char *path;
  off_t size;
};

static struct guarded *guarded;
static size_t guarded_count;
static void (*clean_up) (void);

/* A log that is shorter than it was, or NULL. */
static const struct guarded *
find_shorter (void)
{
  struct stat status;

  for (size_t i = 0; i < guarded_count; i++)
    if (stat (guarded[i].path, &status) == 0 && status.st_size < guarded[i].size)
      return &guarded[i];
  return NULL;
}

/* Of many threads, one says it.  A log that has no name any more is not found; the first stands for it. */
static void __attribute__ ((noreturn))
end_shorter (void)
{
  static atomic_flag ending = ATOMIC_FLAG_INIT;

  while (atomic_flag_test_and_set (&ending))
    pause ();
  const struct guarded *shorter = find_shorter ();
  error_message ("%s became shorter while it was read: let nothing write to it",
                 (shorter ? shorter : &guarded[0])->path);
  if (clean_up)
    clean_up ();
  _exit (EXIT_SHORTER);
}

/* What reads a map holds no lock of the C library's, so that everything can be called here. */
static void
on_missing_page (int signal_number, siginfo_t *info, void *context)
{
  (void) context;
  if (info->si_code == BUS_ADRERR)
    end_shorter ();
  signal (signal_number, SIG_DFL);      /* the machine's fault: it comes again */
}

int
log_guard_add (const char *path)
{
  struct guarded *log = array_add (guarded, guarded_count);
  struct stat status;

  if (log == NULL || (log->path = strdup (path)) == NULL)
    return out_of_memory ();
  log->size = stat (path, &status) == 0 ? status.st_size : 0;
  return 0;
}

int
log_guard (const char *const *paths, size_t count, void (*clean) (void))
{
  struct sigaction action = { .sa_sigaction = on_missing_page, .sa_flags = SA_SIGINFO };

  for (size_t i = 0; i < guarded_count; i++)
    free (guarded[i].path);
  free (guarded);
  guarded = NULL;
  guarded_count = 0;
  for (size_t i = 0; i < count; i++)
    if (log_guard_add (paths[i]) == -1)
      return -1;
  clean_up = clean;
  sigfillset (&action.sa_mask);
  sigaction (SIGBUS, &action, NULL);
  return 0;
}

void
log_guard_check (void)
{
  if (find_shorter ())
    end_shorter ();
}
