/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbers of states, which outgrow every line, for people. */
#ifndef POWERCUT_REPLAY_SEARCH_BIG_NUMBER_H
#define POWERCUT_REPLAY_SEARCH_BIG_NUMBER_H

#include <gmp.h>
#include <stddef.h>

/* More digits than this are not shown where there is a line for the number. */
#define BIG_NUMBER_DIGITS 30

/* NUMBER, to free, or NULL; of more than DIGITS_MAX digits, which are at least 10, the first three, as in 1.23e45. */
extern char *big_number_text (const mpz_t number, size_t digits_max);

#endif
