/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/message.h"
#include "log/guard.h"

#define EXIT_SHORTER 2

static char guarded[PATH_MAX];
static off_t guarded_size;
static void (*clean_up) (void);

/* Of many threads, one says it. */
static void __attribute__ ((noreturn))
end_shorter (void)
{
  static atomic_flag ending = ATOMIC_FLAG_INIT;

  while (atomic_flag_test_and_set (&ending))
    pause ();
  error_message ("%s became shorter while it was read: let nothing write to it", guarded);
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

void
log_guard (const char *path, void (*clean) (void))
{
  struct sigaction action = { .sa_sigaction = on_missing_page, .sa_flags = SA_SIGINFO };
  struct stat status;

  snprintf (guarded, sizeof guarded, "%s", path);
  guarded_size = stat (path, &status) == 0 ? status.st_size : 0;
  clean_up = clean;
  sigfillset (&action.sa_mask);
  sigaction (SIGBUS, &action, NULL);
}

void
log_guard_check (void)
{
  struct stat status;

  if (stat (guarded, &status) == 0 && status.st_size < guarded_size)
    end_shorter ();
}
