/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <cjson/cJSON.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include "common/clock.h"
#include "common/stop.h"
#include "guest/qmp.h"

#define LINE_MAX_BYTES 65536

/* Read a line, which QEMU ends with CR LF.  LINE has room for LINE_MAX_BYTES. */
static int
read_line (int fd, int64_t deadline_ms, char *line)
{
  for (size_t length = 0; length < LINE_MAX_BYTES - 1; length++) {
    if (!stop_wait (fd, POLLIN, deadline_ms) || recv (fd, line + length, 1, 0) != 1)
      return -1;
    if (line[length] == '\n') {
      line[length] = '\0';
      return 0;
    }
  }
  return -1;
}

/* Read the answer to a command, past the events that are told meanwhile; to free with cJSON_Delete, or NULL. */
static cJSON *
read_answer (int fd, int64_t deadline_ms)
{
  static _Thread_local char line[LINE_MAX_BYTES];

  while (read_line (fd, deadline_ms, line) == 0) {
    cJSON *answer = cJSON_Parse (line);

    if (answer == NULL || cJSON_GetObjectItemCaseSensitive (answer, "event") == NULL)
      return answer;
    cJSON_Delete (answer);
  }
  return NULL;
}

/* Send TEXT, and the descriptor PASSED with it, unless that is -1. */
static int
send_command (int fd, const char *text, int passed)
{
  union {
    char buffer[CMSG_SPACE (sizeof passed)];
    struct cmsghdr align;
  } control = { .buffer = "" };
  struct iovec piece = { .iov_base = (char *) text, .iov_len = strlen (text) };
  struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1 };

  if (passed != -1) {
    message.msg_control = control.buffer;
    message.msg_controllen = sizeof control.buffer;
    struct cmsghdr *head = CMSG_FIRSTHDR (&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN (sizeof passed);
    memcpy (CMSG_DATA (head), &passed, sizeof passed);
  }
  return sendmsg (fd, &message, MSG_NOSIGNAL) == (ssize_t) piece.iov_len ? 0 : -1;
}

int
qmp_command (int fd, int timeout_ms, const char *command, int passed, const char *status)
{
  if (send_command (fd, command, passed) == -1)
    return -1;
  cJSON *answer = read_answer (fd, clock_ms () + timeout_ms);
  const cJSON *returned = cJSON_GetObjectItemCaseSensitive (answer, "return");
  const char *seen = cJSON_GetStringValue (cJSON_GetObjectItemCaseSensitive (returned, "status"));
  const bool right = returned && (status == NULL || (seen && strcmp (seen, status) == 0));

  cJSON_Delete (answer);
  return right ? 0 : -1;
}

int
qmp_begin (int fd, int timeout_ms)
{
  cJSON *greeting = read_answer (fd, clock_ms () + timeout_ms);
  const bool greeted = cJSON_GetObjectItemCaseSensitive (greeting, "QMP") != NULL;

  cJSON_Delete (greeting);
  return greeted ? qmp_command (fd, timeout_ms, "{\"execute\": \"qmp_capabilities\"}", -1, NULL) : -1;
}
