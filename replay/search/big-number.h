/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbers of states, which outgrow every line. */
#ifndef POWERCUT_REPLAY_SEARCH_BIG_NUMBER_H
#define POWERCUT_REPLAY_SEARCH_BIG_NUMBER_H

#include <gmp.h>
#include <stddef.h>

/* More digits than this are not shown where there is a line for the number. */
#define BIG_NUMBER_DIGITS 30

/* NUMBER, to free, or NULL; of more than DIGITS_MAX digits, which are at least 10, the first three, as in 1.23e45. */
extern char *big_number_text (const mpz_t number, size_t digits_max);

/* The same where programs read it: exactly, but for numbers that are larger than whoever wants them exactly may expect
 * (4 GiB of zeros alone, torn anywhere, make one of 300,000 digits): of these the first 20 digits, as in
 * 1.2345678901234567890e123456.
 */
#define BIG_NUMBER_EXACT_DIGITS 1000
extern char *big_number_for_programs (const mpz_t number);

#endif
