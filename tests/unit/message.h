/* SPDX-License-Identifier: BSD-3-Clause */
/* A program that uses what is here has its error_message from here, in place of libmessage's: the tests read what is
 * said.
 */
#ifndef POWERCUT_TESTS_UNIT_MESSAGE_H
#define POWERCUT_TESTS_UNIT_MESSAGE_H

#include "common/message.h"

/* The last one. */
extern char message[4096];
/* How many there were. */
extern unsigned message_count;

/* As if nothing had been said. */
extern void forget_messages (void);

#endif
