/* SPDX-License-Identifier: BSD-3-Clause */
/* What the parts of the HTML report have in common. */
#ifndef POWERCUT_REPLAY_REPORT_HTML_PUT_H
#define POWERCUT_REPLAY_REPORT_HTML_PUT_H

#include "replay/report/html-fates.h"
#include "replay/report/test-cases.h"

#define HTML_PATHS_MAX 60       /* paths that are listed in one place */

struct html {
  FILE *file;
  const char *prefix;           /* of ids: other recordings' parts of the page have the same ones */
  size_t parts;                 /* in the page, which share its room */
  const struct report *report;
  const struct results *results;
  const struct write_log *log;
  enum test_verdict *cases;     /* of each crash point */
  uint8_t *listed, *overlays;   /* for each crash point: whether it has a row, and a picture of its pending writes */
  uint8_t *fates;               /* room for all writes */
};

/* Text of any origin between tags. */
extern void html_put_part (const struct html *html, const char *before, const char *text, const char *after);

/* The same for text with names as an observation has them: what is escaped there is shown where it can be seen. */
extern void html_put_names (const struct html *html, const char *before, const char *text, const char *after);

/* A number of states: exact while it is short, or a power of two. */
extern void html_put_states (const struct html *html, const mpz_t states);

/* How many of the STATES are COVERED: `all 12`, `3 of 12`. */
extern void html_put_covered (const struct html *html, const mpz_t covered, const mpz_t states);

/* A write in words: `write FUA of 4096 bytes at 0x10000`. */
extern void html_put_write (const struct html *html, const struct log_write *write);

/* What a colour of a picture means. */
struct key {
  bool seen;                    /* it is in the picture */
  const char *colour, *text;
};

/* The key of a picture; the last of KEYS has no colour. */
extern void html_put_keys (const struct html *html, const struct key *keys);

/* Whether some write has this fate. */
extern bool html_has_fate (const struct html *html, enum fate fate);

#endif
