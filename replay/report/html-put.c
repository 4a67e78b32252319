/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <string.h>

#include "common/cleanup.h"
#include "common/escape.h"
#include "replay/explain/reason.h"
#include "replay/search/big-number.h"
#include "replay/report/html-put.h"

void
html_put_part (const struct html *html, const char *before, const char *text, const char *after)
{
  fputs (before, html->file);
  print_markup_safely (text, strlen (text), html->file);
  fputs (after, html->file);
}

void
html_put_names (const struct html *html, const char *before, const char *text, const char *after)
{
  fputs (before, html->file);
  print_markup_names_safely (text, strlen (text), html->file);
  fputs (after, html->file);
}

void
html_put_states (const struct html *html, const mpz_t states)
{
  CLEANUP_FREE char *text = big_number_text (states, 12);
  const char *power = strchr (text, 'e');

  if (power == NULL)
    fputs (text, html->file);
  else if (mpz_popcount (states) == 1)
    fprintf (html->file, "2<sup>%zu</sup>", mpz_sizeinbase (states, 2) - 1);
  else
    fprintf (html->file, "%.*s&#215;10<sup>%s</sup>", (int) (power - text), text, power + 1);
}

void
html_put_covered (const struct html *html, const mpz_t covered, const mpz_t states)
{
  if (mpz_cmp (covered, states) == 0)
    fputs ("all ", html->file);
  else {
    html_put_states (html, covered);
    fputs (" of ", html->file);
  }
  html_put_states (html, states);
}

void
html_put_keys (const struct html *html, const struct key *keys)
{
  fputs ("<ul class=\"key\">\n", html->file);
  for (; keys->colour; keys++)
    if (keys->seen)
      fprintf (html->file, "<li><i style=\"background: var(--%s)\"></i>%s</li>\n", keys->colour, keys->text);
  fputs ("</ul>\n", html->file);
}

bool
html_has_fate (const struct html *html, enum fate fate)
{
  return memchr (html->fates, fate, html->log->write_count) != NULL;
}

void
html_put_write (const struct html *html, const struct log_write *write)
{
  fprintf (html->file, "%s%s of %u bytes at 0x%jx", reason_kind_name (write), write->flags & LOG_FLAG_FUA ? " FUA" : "",
           write->length_bytes,
           (uintmax_t) write->offset_bytes);
}
