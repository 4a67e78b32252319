/* SPDX-License-Identifier: BSD-3-Clause */
/* The agent's answers as they are written and read: their heads, the lines of a payload, and how a program ended.  What
 * they mean is said in guest/agent/protocol.h.
 */
#ifndef POWERCUT_GUEST_AGENT_ANSWER_H
#define POWERCUT_GUEST_AGENT_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define ANSWER_HEAD_MAX 32      /* bytes of a head, its newline included */
#define ANSWER_TIMEOUT "timeout"        /* how a program ended that did not end */
#define ANSWER_DONE "ok"        /* of a mount or an unmount */

/* Write the head of an answer with LENGTH bytes of payload, or of message if it is an ERROR.  Returns its length. */
extern size_t answer_write_head (char head[ANSWER_HEAD_MAX], bool error, size_t length);

/* Read HEAD, a line without its newline.  Returns 0, or -1 if it is none, or has more than MOST bytes after it. */
extern int answer_read_head (const char *head, uint64_t most, bool *error, uint64_t *length);

/* A line of a payload. */
enum answer_line {
  ANSWER_REPAIR, ANSWER_MOUNT, ANSWER_OBSERVE, ANSWER_CHECK, ANSWER_OUTPUT, ANSWER_FSCK, ANSWER_USABLE,
  ANSWER_UNMOUNT, ANSWER_TAINT, ANSWER_LOG, ANSWER_READONLY, ANSWER_UNRECOVERED, ANSWER_CHANGED,
  ANSWER_OTHER,                 /* none of these */
};

/* Write the word of LINE and a space: what is said and a newline come after it. */
extern void answer_begin_line (enum answer_line line, FILE *payload);

/* Take the next line off *payload, which is changed; what it says in *value, which is never NULL.  False at the end. */
extern bool answer_next_line (char **payload, enum answer_line *line, char **value);

/* Say how a program ended: STATUS is of waitpid, if it ENDED in time. */
extern void answer_write_ending (bool ended, int status, FILE *payload);

/* The exit status that ENDING, which was written so, tells of; -1 if the program did not exit. */
extern int answer_exit_status (const char *ending);

#endif
