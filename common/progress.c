/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/printable.h"
#include "common/progress.h"
#include "common/terminal.h"

#define TEXT_BYTES 1024
#define LINE_SECONDS 60         /* between two lines of a file */

struct progress {
  bool terminal;
  pthread_mutex_t lock;
  pthread_cond_t ended;         /* wakes the ticker */
  pthread_t ticker;
  bool ticking, end;
  double written;               /* when the last line of a file was, or the beginning */
  double stage_began;
  char stage[TEXT_BYTES];
};

/* Write TEXT if it is time for it. */
static void
write_line (struct progress *progress, const char *text)
{
  double now = clock_seconds (CLOCK_MONOTONIC);

  if (progress->terminal)
    fprintf (stderr, "\r\033[K%.*s", (int) terminal_width (stderr) - 1, text);
  else if (now - progress->written >= LINE_SECONDS) {
    progress->written = now;
    fprintf (stderr, "%s\n", text);
  }
}

struct progress *
progress_begin (bool quiet)
{
  struct progress *progress = quiet ? NULL : calloc (1, sizeof *progress);
  pthread_condattr_t monotonic;

  if (progress == NULL)
    return NULL;
  pthread_condattr_init (&monotonic);
  pthread_condattr_setclock (&monotonic, CLOCK_MONOTONIC);
  pthread_mutex_init (&progress->lock, NULL);
  pthread_cond_init (&progress->ended, &monotonic);
  pthread_condattr_destroy (&monotonic);
  progress->terminal = isatty (STDERR_FILENO);
  progress->written = clock_seconds (CLOCK_MONOTONIC);
  return progress;
}

void
progress_show (struct progress *progress, const char *format, ...)
{
  char text[TEXT_BYTES];
  va_list args;

  if (progress == NULL)
    return;
  va_start (args, format);
  vsnprintf (text, sizeof text, format, args);
  va_end (args);
  make_safe (text);
  write_line (progress, text);
}

/* Called with the lock held. */
static void
write_stage (struct progress *progress)
{
  double seconds = clock_seconds (CLOCK_MONOTONIC) - progress->stage_began;
  char text[TEXT_BYTES + 32];

  if (seconds < 1)
    snprintf (text, sizeof text, "%s", progress->stage);
  else
    snprintf (text, sizeof text, "%s, %.0f s", progress->stage, seconds);
  write_line (progress, text);
}

/* Let the stage's seconds be counted while everybody else waits. */
static void *
tick (void *data)
{
  struct progress *progress = data;
  struct timespec until;

  pthread_mutex_lock (&progress->lock);
  while (!progress->end) {
    clock_gettime (CLOCK_MONOTONIC, &until);
    until.tv_sec++;
    if (pthread_cond_timedwait (&progress->ended, &progress->lock, &until) == ETIMEDOUT)
      write_stage (progress);
  }
  pthread_mutex_unlock (&progress->lock);
  return NULL;
}

/* Signals are for the thread that waits for something else. */
static void
start_ticker (struct progress *progress)
{
  sigset_t all, before;

  sigfillset (&all);
  pthread_sigmask (SIG_SETMASK, &all, &before);
  progress->ticking = pthread_create (&progress->ticker, NULL, tick, progress) == 0;
  pthread_sigmask (SIG_SETMASK, &before, NULL);
}

void
progress_stage (struct progress *progress, const char *format, ...)
{
  va_list args;

  if (progress == NULL)
    return;
  pthread_mutex_lock (&progress->lock);
  va_start (args, format);
  vsnprintf (progress->stage, sizeof progress->stage, format, args);
  va_end (args);
  make_safe (progress->stage);
  progress->stage_began = clock_seconds (CLOCK_MONOTONIC);
  write_stage (progress);
  pthread_mutex_unlock (&progress->lock);
  if (!progress->ticking)
    start_ticker (progress);
}

void
progress_clear (struct progress *progress)
{
  if (progress && progress->terminal)
    fputs ("\r\033[K", stderr);
}

void
progress_end (struct progress *progress)
{
  if (progress == NULL)
    return;
  if (progress->ticking) {
    pthread_mutex_lock (&progress->lock);
    progress->end = true;
    pthread_cond_signal (&progress->ended);
    pthread_mutex_unlock (&progress->lock);
    pthread_join (progress->ticker, NULL);
  }
  progress_clear (progress);
  pthread_cond_destroy (&progress->ended);
  pthread_mutex_destroy (&progress->lock);
  free (progress);
}
