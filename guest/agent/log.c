/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "common/number.h"
#include "guest/agent/agent.h"
#include "guest/agent/answer.h"

#define LEVEL_WARNING 4         /* f2fs, for one, tells of what it found corrupted in a warning */
#define LEVEL_MASK 7            /* the rest of the prefix is the facility: 0 for the kernel */
/* Documentation/admin-guide/tainted-kernels.rst: from outside of the kernel's tree, and without a signature. */
#define TAINT_MODULES (UINT64_C (1) << 12 | UINT64_C (1) << 13)
#define RECORD_MAX 8192         /* more than any record: a shorter buffer would make read fail with EINVAL */

static uint64_t
read_taint (void)
{
  char text[32];
  uint64_t taint = 0;
  CLEANUP_FCLOSE FILE *file = fopen ("/proc/sys/kernel/tainted", "re");

  if (file && fgets (text, sizeof text, file)) {
    text[strcspn (text, "\n")] = '\0';
    parse_unsigned (text, UINT64_MAX, &taint);
  }
  return taint;
}

int
log_open (void)
{
  int kmsg = open ("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

  if (kmsg == -1)
    error_message ("/dev/kmsg: %m");
  else
    lseek (kmsg, 0, SEEK_END);
  return kmsg;
}

void
log_begin (struct agent *agent)
{
  if (agent->kmsg >= 0)
    close (agent->kmsg);
  agent->boot_taint = read_taint ();
  agent->kmsg = log_open ();
}

static bool
begins_with (const char *text, const char *beginning)
{
  return strncmp (text, beginning, strlen (beginning)) == 0;
}

/* RECORD is `PREFIX,SEQUENCE,TIME,FLAGS;TEXT`, a newline, and perhaps more lines about the device
 * (Documentation/ABI/testing/dev-kmsg).  Returns TEXT with a NUL behind it if it is a finding, else NULL.
 */
static char *
find_fault (char *record)
{
  uint64_t prefix;
  char *text = strchr (record, ';');
  char *comma = strchr (record, ',');

  if (text == NULL || comma == NULL || comma > text)
    return NULL;
  *comma = '\0';
  if (parse_unsigned (record, UINT64_MAX, &prefix) == -1 || (prefix & ~(uint64_t) LEVEL_MASK) != 0)
    return NULL;
  text++;
  text[strcspn (text, "\n")] = '\0';
  if ((prefix & LEVEL_MASK) <= LEVEL_WARNING || begins_with (text, "WARNING:") || begins_with (text, "BUG:")
      || begins_with (text, "------------[ cut here"))
    return text;
  return NULL;
}

/* Read the next record of the file KMSG into RECORD, which has room for RECORD_MAX bytes and a NUL.  Returns false if
 * there is none.
 */
static bool
read_record (int kmsg, char *record)
{
  ssize_t length;

  /* EPIPE: the kernel has overwritten records that were not read yet; the next read goes on with the oldest that is
   * left.
   */
  while ((length = read (kmsg, record, RECORD_MAX)) == -1 && (errno == EPIPE || errno == EINTR))
    continue;
  record[length > 0 ? length : 0] = '\0';
  return length > 0;
}

char *
log_next_fault (int kmsg)
{
  char record[RECORD_MAX + 1];
  const char *text = NULL;

  while (text == NULL && read_record (kmsg, record))
    text = find_fault (record);
  return text ? strdup (text) : NULL;
}

void
log_excuse_modules (struct agent *agent)
{
  agent->boot_taint |= read_taint () & TAINT_MODULES;
}

/* Write what the kernel has said since the last time as lines of kind LINE. */
static void
report_lines (struct agent *agent, enum answer_line line, FILE *payload)
{
  char record[RECORD_MAX + 1];

  while (read_record (agent->kmsg, record)) {
    const char *text = find_fault (record);

    if (text) {
      answer_begin_line (line, payload);
      fprintf (payload, "%s\n", text);
    }
  }
}

void
log_report (struct agent *agent, FILE *payload)
{
  answer_begin_line (ANSWER_TAINT, payload);
  fprintf (payload, "%llu\n", (unsigned long long) (read_taint () & ~agent->boot_taint));
  report_lines (agent, ANSWER_LOG, payload);
}

void
log_report_unrecovered (struct agent *agent, FILE *payload)
{
  report_lines (agent, ANSWER_UNRECOVERED, payload);
}
