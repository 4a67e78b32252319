/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "replay/search/big-number.h"

#define GUARD_DIGITS 12         /* more than are shown, so that those are as if nothing had been rounded */
#define FIGURES_MAX 20
#define ROUGH_BITS 256

/* The first FIGURES digits of NUMBER, as in 1.23e45, in time about these digits. */
static char *
power_text (const mpz_t number, size_t figures)
{
  char figure[FIGURES_MAX + 1];
  mp_exp_t power;
  mpf_t rough;

  mpf_init2 (rough, ROUGH_BITS);
  mpf_set_z (rough, number);
  CLEANUP_FREE char *digits = mpf_get_str (NULL, &power, 10, figures + GUARD_DIGITS, rough);
  mpf_clear (rough);
  if (digits == NULL)
    return NULL;
  const size_t length = strnlen (digits, figures);
  memset (figure, '0', figures);        /* which GMP leaves out at the end */
  memcpy (figure, digits, length);
  return text_format ("%c.%.*se%jd", figure[0], (int) figures - 1, figure + 1, (intmax_t) power - 1);
}

/* NUMBER whole, or of more than DIGITS_MAX digits the first FIGURES. */
static char *
number_text (const mpz_t number, size_t digits_max, size_t figures)
{
  if (mpz_sizeinbase (number, 10) > digits_max + 1)     /* which may be one more than there are */
    return power_text (number, figures);
  char *text = mpz_get_str (NULL, 10, number);
  if (text == NULL || strlen (text) <= digits_max)
    return text;
  free (text);
  return power_text (number, figures);
}

char *
big_number_text (const mpz_t number, size_t digits_max)
{
  return number_text (number, digits_max, 3);
}

char *
big_number_for_programs (const mpz_t number)
{
  return number_text (number, BIG_NUMBER_EXACT_DIGITS, FIGURES_MAX);
}
