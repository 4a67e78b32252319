/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checker/kernel-fault.h"
#include "common/cleanup.h"
#include "common/escape.h"
#include "common/message.h"
#include "common/text.h"
#include "guest/agent/answer.h"
#include "replay/recovery.h"

/* The agent's answer to `recover`, line by line. */
struct recovery {
  const char *repair;           /* why the fsck could not repair it: then there was no mount */
  const char *mount, *digest, *unmount;
  const char *check;            /* how the checker ended */
  char *output;                 /* what it printed, escaped */
  bool changed;                 /* the tree, and should not have */
  const char *fsck, *usable;    /* what is wrong, or NULL */
  const char *fault;            /* first log line that is a fault */
  const char *last_log;
  unsigned messages;
  bool tainted;
};

static void
parse_recovery (char *text, struct recovery *recovery)
{
  enum answer_line line;
  char *value;

  memset (recovery, 0, sizeof *recovery);
  while (answer_next_line (&text, &line, &value))
    switch (line) {
    case ANSWER_REPAIR:
      recovery->repair = value;
      break;
    case ANSWER_MOUNT:
      recovery->mount = value;
      break;
    case ANSWER_OBSERVE:
      recovery->digest = value;
      break;
    case ANSWER_UNMOUNT:
      recovery->unmount = value;
      break;
    case ANSWER_CHECK:
      recovery->check = value;
      break;
    case ANSWER_CHANGED:
      recovery->changed = true;
      break;
    case ANSWER_OUTPUT:
      recovery->output = value;
      break;
    case ANSWER_FSCK:
      recovery->fsck = value;
      break;
    case ANSWER_USABLE:
      recovery->usable = value;
      break;
    case ANSWER_TAINT:
      recovery->tainted = strcmp (value, "0") != 0;
      break;
    case ANSWER_LOG:
      recovery->last_log = value;
      recovery->messages++;
      if (recovery->fault == NULL && kernel_line_is_fault (value))
        recovery->fault = value;
      break;
    case ANSWER_UNRECOVERED:    /* a file system that nobody has recovered may be broken */
      if (recovery->fault == NULL && kernel_line_is_bug (value))
        recovery->fault = value;
      break;
    case ANSWER_READONLY:
      if (recovery->fault == NULL)
        recovery->fault = value;
      break;
    case ANSWER_OTHER:
      break;
    }
}

static char *
text (const char *format, const char *a, const char *b)
{
  char *result;

  return asprintf (&result, format, a, b) == -1 ? NULL : result;
}

/* The last line of TEXT that is not empty, to free. */
static char *
last_line (const char *text)
{
  size_t length;
  const char *line = text_last_line (text, &length);

  return strndup (line, length);
}

/* What it means that the checker ended as ENDING says. */
static enum check_result
check_result (const char *ending)
{
  switch (answer_exit_status (ending)) {
  case 0:
    return CHECK_RIGHT;
  case 1:
    return CHECK_WRONG;
  default:
    return strcmp (ending, ANSWER_TIMEOUT) == 0 ? CHECK_HUNG : CHECK_BROKEN;
  }
}

/* What a checker that may run for TIMEOUT_S said.  Returns 0, or -1 with errno ENOMEM. */
static int
read_check (const struct recovery *recovery, int timeout_s, struct outcome *outcome)
{
  if (recovery->check == NULL)
    return 0;
  outcome->check = check_result (recovery->check);
  if (recovery->output && unescape_word (recovery->output) >= 0
      && (outcome->check_output = strdup (recovery->output)) == NULL)
    return -1;
  if (recovery->changed) {
    outcome->check = CHECK_CHANGED;
    outcome->check_detail = strdup ("");
    return outcome->check_detail ? 0 : -1;
  }
  if (outcome->check == CHECK_RIGHT)
    return 0;
  CLEANUP_FREE char *line = last_line (outcome->check_output ? outcome->check_output : "");
  if (line == NULL)
    return -1;
  if (outcome->check == CHECK_WRONG)
    outcome->check_detail = strdup (*line ? line : "the checker exits with 1 and prints nothing");
  else if (outcome->check == CHECK_HUNG) {
    if (asprintf (&outcome->check_detail, "the checker does not end within %d s%s%s", timeout_s, *line ? ": " : "",
                  line) == -1)
      outcome->check_detail = NULL;
  }
  else
    outcome->check_detail = text (*line ? "%s: %s" : "%s", recovery->check, line);
  return outcome->check_detail ? 0 : -1;
}

/* A copy of FROM, unless that is NULL, in *copy.  Returns 0, or -1 with errno ENOMEM. */
static int
copy_text (const char *from, char **copy)
{
  *copy = from ? strdup (from) : NULL;
  return from && *copy == NULL ? -1 : 0;
}

bool
recovery_has_ended (const char *answer)
{
  CLEANUP_FREE char *copy = strdup (answer);
  struct recovery recovery;

  if (copy == NULL)
    return false;
  parse_recovery (copy, &recovery);
  return recovery.mount && strcmp (recovery.mount, ANSWER_DONE) == 0
    && recovery.unmount && strcmp (recovery.unmount, ANSWER_DONE) == 0;
}

int
recovery_read (char *answer, int timeout_s, struct outcome *outcome, struct recovery_guest *guest)
{
  struct recovery recovery;

  parse_recovery (answer, &recovery);
  if (recovery.repair)
    recovery.mount = "EUCLEAN";
  if (recovery.mount == NULL
      || (strcmp (recovery.mount, ANSWER_DONE) == 0
          && (recovery.unmount == NULL || recovery.digest == NULL || strlen (recovery.digest) != TREE_DIGEST_LENGTH))) {
    error_message ("the guest's agent gave an answer that makes no sense");
    return -1;
  }
  if (strcmp (recovery.mount, "ENODEV") == 0 || strcmp (recovery.mount, "ENOMEM") == 0) {
    error_message ("the guest cannot mount anything: %s: does its kernel have the file system, and is --memory enough?",
                   recovery.mount);
    return -1;
  }
  *guest = (struct recovery_guest) { .renew = recovery.tainted, .messages = recovery.messages };
  if (recovery.tainted && recovery.fault == NULL)
    recovery.fault = recovery.last_log ? recovery.last_log : "the kernel is tainted";
  if (recovery.fault && (outcome->fault = strdup (recovery.fault)) == NULL)
    return out_of_memory ();
  if (strcmp (recovery.mount, ANSWER_DONE) != 0) {
    outcome->kind = OUTCOME_UNMOUNTABLE;
    outcome->detail = recovery.repair ? strdup (recovery.repair)
      : text (recovery.last_log ? "mount: %s: %s" : "mount: %s", recovery.mount, recovery.last_log);
    return outcome->detail ? 0 : out_of_memory ();
  }
  outcome->kind = OUTCOME_TREE;
  if (read_check (&recovery, timeout_s, outcome) == -1 || copy_text (recovery.fsck, &outcome->fsck) == -1
      || copy_text (recovery.usable, &outcome->usable) == -1)
    return out_of_memory ();
  memcpy (outcome->digest, recovery.digest, sizeof outcome->digest);
  /* What a checker that hangs has started may hang, too, and hold the file system. */
  if (outcome->check == CHECK_HUNG)
    guest->renew = true;
  else if (strcmp (recovery.unmount, ANSWER_DONE) != 0) {
    guest->renew = true;
    if (outcome->fault == NULL && (outcome->fault = text ("unmount: %s%s", recovery.unmount, "")) == NULL)
      return out_of_memory ();
  }
  return 0;
}
