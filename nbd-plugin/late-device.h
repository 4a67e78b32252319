/* SPDX-License-Identifier: BSD-3-Clause */
/* Requests of clients wait here for their turn to be answered (nbd-plugin/hold.h).
 *
 * From any number of threads, except late_configure, late_reset and late_free.
 */
#ifndef POWERCUT_NBD_PLUGIN_LATE_DEVICE_H
#define POWERCUT_NBD_PLUGIN_LATE_DEVICE_H

#include <pthread.h>

#include "nbd-plugin/hold.h"
#include "nbd-plugin/logged-devices.h"
#include "nbd-plugin/pace.h"

struct late_device {
  struct logged_devices *logged;        /* of which recordings are delayed */
  struct hold_config config;            /* as parameters say */
  bool configured;                      /* there were such parameters */
  char *device;                         /* that of them that says what the device is, or NULL */

  pthread_mutex_t lock;                 /* protects all below */
  struct hold hold;
  struct client_pace pace;
  pid_t client;                 /* who connected last, or 0 if that is nobody on this machine */
  bool aborted;                 /* it has gone, or the server ends */
  struct late_request *waiting;         /* requests that are held, in no order */
  bool led;                             /* one of their threads sees to it that they are answered */
  uint64_t quiet_ns;                    /* of this recording */
};

#define LATE_DEVICE_INITIALIZER(LOGGED) { .logged = (LOGGED), .lock = PTHREAD_MUTEX_INITIALIZER }

/* Forget what parameters said: the device answers at once. */
extern void late_forget (struct late_device *late);
extern void late_free (struct late_device *late);

/* Take the parameter KEY with VALUE.  Returns 1, 0 if it is none for this, or -1 after a message. */
extern int late_config (struct late_device *late, const char *key, const char *value);

/* Be ready for a new recording as the parameters say, and say what the device is in the notes of its log, which is to
 * be made.  Returns 0, or -1 after a message.
 */
extern int late_reset (struct late_device *late);

/* In the thread of a client that has connected: it is the one whose requests wait. */
extern void late_connect (struct late_device *late);

/* A request comes, and has its answer in the log.  What comes between the two is up to the caller. */
extern void late_come (struct late_device *late);
extern void late_answered (struct late_device *late);

/* Wait until it is the turn of a request of KIND, whose issue is at POSITION in the log, to be answered. */
extern void late_wait (struct late_device *late, enum log_kind kind, uint32_t position);

/* A mark is to be put into the log, or was put there: what is held, and from when on, goes by some of them. */
extern void late_before_mark (struct late_device *late, const char *text, size_t length);
extern void late_after_mark (struct late_device *late, const char *text, size_t length);

/* Answer all that are held, at once, and hold nothing until the next mark `begin`. */
extern void late_end (struct late_device *late);

#endif
