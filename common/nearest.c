/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <string.h>

#include "common/nearest.h"

#define LENGTH_MAX 31           /* no name here is longer */
#define DISTANCE_MAX 3

static size_t
least (size_t a, size_t b)
{
  return a < b ? a : b;
}

/* The distance of A and B, the optimal string alignment: row by row, where ROWS[2] is of the letters of A so far. */
static size_t
distance (const char *a, size_t a_length, const char *b, size_t b_length)
{
  size_t rows[3][LENGTH_MAX + 1];

  for (size_t j = 0; j <= b_length; j++)
    rows[2][j] = j;
  for (size_t i = 1; i <= a_length; i++) {
    memmove (rows[0], rows[1], 2 * sizeof rows[0]);
    rows[2][0] = i;
    for (size_t j = 1; j <= b_length; j++) {
      rows[2][j] = least (least (rows[1][j], rows[2][j - 1]) + 1, rows[1][j - 1] + (a[i - 1] != b[j - 1]));
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        rows[2][j] = least (rows[2][j], rows[0][j - 2] + 1);
    }
  }
  return rows[2][b_length];
}

const char *
nearest_word (const char *word, size_t length, const char *const *words)
{
  size_t nearest = least ((length + 2) / 3, DISTANCE_MAX) + 1;
  const char *found = NULL;

  if (length > LENGTH_MAX)
    return NULL;
  for (; *words; words++) {
    size_t known = strlen (*words);
    size_t far = known > LENGTH_MAX ? nearest : distance (word, length, *words, known);

    if (far < nearest) {
      nearest = far;
      found = *words;
    }
  }
  return found;
}
