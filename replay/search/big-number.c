/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "replay/search/big-number.h"

char *
big_number_text (const mpz_t number, size_t digits_max)
{
  char *text = mpz_get_str (NULL, 10, number);
  size_t length = text ? strlen (text) : 0;

  if (length > digits_max)
    snprintf (text, length, "%c.%c%ce%zu", text[0], text[1], text[2], length - 1);
  return text;
}
