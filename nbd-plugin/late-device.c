/* SPDX-License-Identifier: BSD-3-Clause */
/* No thread of its own: one of those whose requests are held leads, that is, it sleeps until one is due and wakes the
 * thread of that one.  If its own is due another leads.
 */
#include <config.h>

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define NBDKIT_API_VERSION 2
#include <nbdkit-plugin.h>

#include "common/cleanup.h"
#include "common/number.h"
#include "log/device.h"
#include "log/info.h"
#include "log/reader.h"
#include "nbd-plugin/busy.h"
#include "nbd-plugin/exports.h"
#include "nbd-plugin/late-device.h"
#include "nbd-plugin/parameters.h"

#define SECOND_NS UINT64_C (1000000000)
#define HOLD_MS_MIN 0.1
#define HOLD_MS_MAX 10000.0
#define SLEEP_NS (SECOND_NS / 50)       /* whoever ends the holding does not wait for longer */
#define RELEASE_GAP_NS (SECOND_NS / 50)  /* long enough for a thread to answer on a busy machine */

/* A request that is held; it lives on the stack of its thread. */
struct late_request {
  struct late_request *next;
  uint32_t position;
  bool due;
  pthread_cond_t wake;          /* it is due, or has to lead */
};

static uint64_t
now_ns (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return (uint64_t) now.tv_sec * SECOND_NS + (uint64_t) now.tv_nsec;
}

void
late_forget (struct late_device *late)
{
  free (late->device);
  late->device = NULL;
  late->configured = false;
  late->config = (struct hold_config) { .device = HOLD_FAST, .limit_ns = HOLD_LIMIT_SECONDS_DEFAULT * SECOND_NS };
}

void
late_free (struct late_device *late)
{
  hold_free (&late->hold);
  free (late->device);
}

static int
config_device (struct late_device *late, const char *value)
{
  if (hold_parse (value, &late->config) == 0)
    return config_text (&late->device, strdup (value));
  nbdkit_error ("device=%s: give late, fast or random:SEED", value);
  return -1;
}

static int
config_hold (struct late_device *late, const char *value)
{
  char *end;
  double ms = strtod (value, &end);

  if (*value == '\0' || *end != '\0' || !(ms >= HOLD_MS_MIN && ms <= HOLD_MS_MAX)) {
    nbdkit_error ("hold=%s: give milliseconds, %g to %g", value, HOLD_MS_MIN, HOLD_MS_MAX);
    return -1;
  }
  late->config.quiet_ns = (uint64_t) (ms * 1e6);
  return late->device ? 0 : config_device (late, "late");
}

static int
config_limit (struct late_device *late, const char *value)
{
  uint64_t seconds;

  if (parse_unsigned (value, HOLD_LIMIT_SECONDS_MAX, &seconds) == -1) {
    nbdkit_error ("hold-limit=%s: give seconds, at most %d", value, HOLD_LIMIT_SECONDS_MAX);
    return -1;
  }
  late->config.limit_ns = seconds * SECOND_NS;
  return 0;
}

int
late_config (struct late_device *late, const char *key, const char *value)
{
  static const struct {
    const char *key;
    int (*config) (struct late_device *, const char *);
  } parameters[] = {
    { PARAMETER_DEVICE, config_device }, { PARAMETER_HOLD, config_hold }, { PARAMETER_HOLD_LIMIT, config_limit },
  };

  for (size_t i = 0; i < sizeof parameters / sizeof parameters[0]; i++)
    if (strcmp (key, parameters[i].key) == 0)
      return parameters[i].config (late, value) == 0 ? 1 : -1;
  return 0;
}

int
late_reset (struct late_device *late)
{
  hold_reset (&late->hold, &late->config);
  memset (late->pace.gaps_ns, 0, sizeof late->pace.gaps_ns);
  late->pace.gap_count = 0;
  return late->device ? logged_note (late->logged, LOG_KEY_DEVICE, late->device) : 0;
}

/* The process at the other end, or -1: only a Unix socket tells, and to ask another is an error. */
static int64_t
find_client (void)
{
  struct sockaddr_storage address = { .ss_family = AF_UNSPEC };
  socklen_t length = sizeof address;

  return nbdkit_peer_name ((struct sockaddr *) &address, &length) == 0 && address.ss_family == AF_UNIX
         ? nbdkit_peer_pid () : -1;
}

void
late_connect (struct late_device *late)
{
  const int64_t client = find_client ();

  pthread_mutex_lock (&late->lock);
  late->client = client > 0 && client <= INT_MAX ? (pid_t) client : 0;
  late->aborted = false;
  pthread_mutex_unlock (&late->lock);
}

void
late_come (struct late_device *late)
{
  const uint64_t now = now_ns ();

  pthread_mutex_lock (&late->lock);
  pace_come (&late->pace, now);
  hold_news (&late->hold, now);
  pthread_mutex_unlock (&late->lock);
}

void
late_answered (struct late_device *late)
{
  const uint64_t now = now_ns ();

  pthread_mutex_lock (&late->lock);
  pace_answered (&late->pace, now);
  hold_news (&late->hold, now);
  pthread_mutex_unlock (&late->lock);
}

/* That the device answers at once from here on is said before it does. */
static void
mark_used_up (const struct late_device *late)
{
  static const char text[] = LOG_MARK_DEVICE " " LOG_DEVICE_FAST;

  logged_mark (late->logged, text, sizeof text - 1);
}

/* Let the thread of the request at POSITION go on. */
static void
make_due (struct late_device *late, uint32_t position)
{
  struct late_request *request = late->waiting;

  while (request->position != position)
    request = request->next;
  request->due = true;
  pthread_cond_signal (&request->wake);
}

/* Sleep, without the lock, until the next one may be due.  A client that has gone, or a server that ends, waits for
 * none.
 */
static void
sleep_led (struct late_device *late, uint64_t wait_ns)
{
  pthread_mutex_unlock (&late->lock);
  int r = nbdkit_nanosleep (0, (unsigned) (wait_ns < SLEEP_NS ? wait_ns : SLEEP_NS));
  pthread_mutex_lock (&late->lock);
  if (r == -1) {
    late->aborted = true;
    hold_release (&late->hold);
  }
}

/* Let what is released as a client has gone be answered one after another: nbdkit 1.32 fails an assertion of its own
 * (raw_send_socket: sock >= 0) when a second answer waits for the socket while the first one finds that the client has
 * gone.
 */
static void
leave_a_gap (struct late_device *late)
{
  const struct timespec gap = { .tv_nsec = RELEASE_GAP_NS };

  pthread_mutex_unlock (&late->lock);
  nanosleep (&gap, NULL);
  pthread_mutex_lock (&late->lock);
}

/* See whether the client may be about to send more, where something would be due; without the lock, as what it has sent
 * meanwhile could not come else.
 */
static void
ask_client (struct late_device *late)
{
  const pid_t client = late->client;

  if (!hold_doubts (&late->hold, now_ns ()))
    return;
  pthread_mutex_unlock (&late->lock);
  const bool busy = busy_sockets () || (client > 0 && busy_process (client));
  pthread_mutex_lock (&late->lock);
  if (busy && hold_doubts (&late->hold, now_ns ()))
    hold_busy (&late->hold, now_ns ());
}

/* Answer what is due, until that is OWN. */
static void
lead (struct late_device *late, const struct late_request *own)
{
  late->led = true;
  while (!own->due) {
    ask_client (late);
    const bool used_up = late->hold.used_up;
    uint64_t wait_ns;
    uint32_t position;
    const bool is_due = hold_next (&late->hold, now_ns (), &position, &wait_ns);

    if (late->hold.used_up && !used_up)
      mark_used_up (late);
    if (is_due && late->aborted)
      leave_a_gap (late);
    if (is_due)
      make_due (late, position);
    else
      sleep_led (late, wait_ns);
  }
  late->led = false;
}

static void
enter (struct late_device *late, struct late_request *request)
{
  request->next = late->waiting;
  late->waiting = request;
}

/* Let another lead, too, if nobody does. */
static void
leave (struct late_device *late, const struct late_request *request)
{
  struct late_request **at = &late->waiting;

  while (*at != request)
    at = &(*at)->next;
  *at = request->next;
  if (late->waiting && !late->led)
    pthread_cond_signal (&late->waiting->wake);
}

void
late_wait (struct late_device *late, enum log_kind kind, uint32_t position)
{
  struct late_request request = { .position = position, .wake = PTHREAD_COND_INITIALIZER };

  pthread_mutex_lock (&late->lock);
  if (hold_take (&late->hold, kind, position, now_ns ())) {
    enter (late, &request);
    while (!request.due)
      if (late->led)
        pthread_cond_wait (&request.wake, &late->lock);
      else
        lead (late, &request);
    leave (late, &request);
  }
  pthread_mutex_unlock (&late->lock);
}

static bool
is_named (const char *text, size_t length, const char *name)
{
  const struct log_mark mark = { .text = text, .length = (uint32_t) length };

  return log_mark_is (&mark, name, NULL, NULL);
}

void
late_before_mark (struct late_device *late, const char *text, size_t length)
{
  CLEANUP_FREE char *own = NULL;

  if (late->config.device == HOLD_FAST || !is_named (text, length, "begin"))
    return;
  pthread_mutex_lock (&late->lock);
  if (!late->hold.holding && !late->hold.used_up) {
    late->quiet_ns = late->config.quiet_ns ? late->config.quiet_ns : pace_quiet_ns (&late->pace);
    int own_length = asprintf (&own, LOG_MARK_DEVICE " %s hold=%.1fms", late->device, (double) late->quiet_ns / 1e6);
    if (own_length != -1)
      logged_mark (late->logged, own, (size_t) own_length);
  }
  pthread_mutex_unlock (&late->lock);
}

void
late_after_mark (struct late_device *late, const char *text, size_t length)
{
  if (is_named (text, length, "begin")) {
    pthread_mutex_lock (&late->lock);
    hold_begin (&late->hold, late->quiet_ns);
    pthread_mutex_unlock (&late->lock);
  }
  else if (is_named (text, length, "end"))
    late_end (late);
}

void
late_end (struct late_device *late)
{
  pthread_mutex_lock (&late->lock);
  hold_end (&late->hold);
  pthread_mutex_unlock (&late->lock);
}
