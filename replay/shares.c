/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <string.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "common/number.h"
#include "replay/shares.h"

#define UNITS_EACH 8            /* parts of crash points that each shard gets at least, if they are to be had */

int
share_parse (const char *text, struct share *share)
{
  const char *slash = text ? strchr (text, '/') : NULL;
  CLEANUP_FREE char *before = slash ? strndup (text, (size_t) (slash - text)) : NULL;
  uint64_t number, count;

  *share = (struct share) { 0, 0 };
  if (text == NULL)
    return 0;
  if (before && parse_unsigned (before, SHARDS_MAX, &number) == 0 && parse_unsigned (slash + 1, SHARDS_MAX, &count) == 0
      && number > 0 && number <= count) {
    *share = (struct share) { (unsigned) number, (unsigned) count };
    return 0;
  }
  error_message ("--shard=%s: I/N, as 1/4 to 4/4 for four shards (at most %d)", text, SHARDS_MAX);
  return -1;
}

unsigned
share_parts (const struct share *share, size_t points)
{
  const size_t wanted = points > 0 ? ((size_t) UNITS_EACH * share->count + points - 1) / points : 1;

  return wanted == 0 ? 1 : wanted < share->count ? (unsigned) wanted : share->count > 0 ? share->count : 1;
}

int
share_part (const struct share *share, size_t number, unsigned parts)
{
  if (share->count == 0)
    return 0;
  const size_t first = number * parts % share->count, own = (share->number - 1 + share->count - first) % share->count;

  return own < parts ? (int) own : -1;
}
