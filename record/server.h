/* SPDX-License-Identifier: BSD-3-Clause */
/* The server of a recording's devices: nbdkit with the plugin writelog, which records them.  Of use to this room alone.
 */
#ifndef POWERCUT_RECORD_SERVER_H
#define POWERCUT_RECORD_SERVER_H

#include "nbd-plugin/writelog-control.h"
#include "record/recorder.h"

/* Files of the recorder's directory that the server is told of. */
#define SERVER_FILES "files"    /* what the checker needs */
#define SERVER_BLANK "blank"    /* the log of its making */
#define SERVER_LINK "log"       /* leads to the log of the recording */
#define SERVER_ASIDE "aside"    /* likewise to that of what comes before it, beside it: it may become as large */
#define SERVER_ASIDE_SUFFIX ".setup"

/* Start the server of empty disks, which it records in a log of no interest.  Returns 0, or -1 after a message. */
extern int server_start (struct recorder *recorder);

/* End it, if there is one. */
extern void server_stop (struct recorder *recorder);

/* The name of the image of disk NUMBER brought to PREPARATION, to free, or NULL after a message. */
extern char *server_image_name (enum preparation preparation, size_t number);

/* Let it save what the disks hold as the images of what they were `prepared` to.  Returns 0, or -1 after a message. */
extern int server_save_images (struct recorder *recorder);

/* Let it begin the log of the recording, with these images as its bases.  Returns 0, or -1 after a message. */
extern int server_open_log (struct recorder *recorder);

/* Let the disks hold what these images do, and record what is done to them in a log of no interest.  Returns 0, or -1
 * after a message.
 */
extern int server_open_aside (struct recorder *recorder);
extern void server_close_aside (struct recorder *recorder);

/* Let the disks be empty.  Returns 0, or -1 after a message. */
extern int server_open_blank (struct recorder *recorder);

/* Ask it for something, with COUNT TEXTS, by its export `control`.  Returns 0, or -1 after a message. */
extern int server_ask (struct recorder *recorder, enum writelog_request request, char *const *texts, size_t count);

/* What keeps it from recording, to free, or NULL. */
extern char *server_trouble (const struct recorder *recorder);

/* Write a mark: `powercut:NAME` with a PAYLOAD of any length, NULs after it up to a whole sector.  Returns 0, or -1
 * after a message.
 */
extern int server_mark (struct recorder *recorder, const char *name, const char *payload);

/* The same for a mark of this TEXT, in which there is no NUL. */
extern int server_mark_text (struct recorder *recorder, const char *text, size_t length);

#endif
