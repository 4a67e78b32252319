/* SPDX-License-Identifier: BSD-3-Clause */
/* Each test begins in a locale with UTF-8, and runs in a process of its own, so that the locale of one is none of the
 * others'.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/printable.h"
#include "common/text.h"
#include "tests/unit/unit.h"

typedef void (*printer) (const char *text, size_t length, FILE *file);

/* What PRINT makes of TEXT, to free. */
static char *
printed (printer print, const char *text)
{
  struct text_stream result;

  ck_assert (text_begin (&result));
  print (text, strlen (text), result.file);
  return text_end (&result);
}

static void
check (printer print, const char *text, const char *expected)
{
  CLEANUP_FREE char *result = printed (print, text);

  ck_assert_str_eq (result, expected);
}

static void
use_utf8 (bool wanted)
{
  setenv ("LC_ALL", wanted ? "C.UTF-8" : "C", 1);
  ck_assert (locale_is_utf8 () == wanted);
}

static void
begin (void)
{
  use_utf8 (true);
}

START_TEST (visible_characters_stay_where_the_locale_has_them)
{
  check (print_safely, "caf\u00e9 \u65e5\u672c \U0001f600 a~", "caf\u00e9 \u65e5\u672c \U0001f600 a~");
}
END_TEST

START_TEST (other_locales_have_ascii_only)
{
  use_utf8 (false);
  check (print_safely, "caf\u00e9 a~", "caf?? a~");
  check (print_names_safely, "caf%c3%a9", "caf%c3%a9");
  check (print_markup_safely, "caf\u00e9<", "caf&#233;&lt;");
  check (print_markup_names_safely, "caf%c3%a9%3c<%20%e2%80%ae%c2%9b%ff\u00e9",
         "caf&#233;%3c&lt;%20%e2%80%ae%c2%9b%ff&#233;");
}
END_TEST

START_TEST (what_a_terminal_obeys_is_hidden)
{
  check (print_safely, "\033[2J\r\n\t\a\177", "?[2J?????");
  check (print_safely, "\302\23331m \302\205", "??31m ??");
  check (print_safely, "a\u202eb\u2066c\u200fd\u2028e\ufefff", "a???b???c???d???e???f");
  check (print_markup_safely, "a\u202eb\302\233", "a???b??");
}
END_TEST

START_TEST (what_is_no_utf8_is_hidden)
{
  check (print_safely, "\xff \xc3( \xed\xa0\x80 \xc0\x9b \xf4\x90\x80\x80 \xe2\x82", "? ?( ??? ?? ???? ??");
}
END_TEST

START_TEST (names_are_shown_and_other_escapes_stay)
{
  check (print_names_safely, "caf%c3%a9%20x%25%0a %e6%97%a5", "caf\u00e9%20x%25%0a \u65e5");
  check (print_names_safely, "%c2%9b31m %e2%80%ae %ff %c3 %c3%4", "%c2%9b31m %e2%80%ae %ff %c3 %c3%4");
}
END_TEST

START_TEST (a_shell_takes_a_word_for_what_it_is)
{
  static const struct {
    const char *word, *printed;
  } cases[] = {
    { "--mkfs=-O", "--mkfs=-O" }, { "a/b.c:1,2+3", "a/b.c:1,2+3" }, { "", "''" }, { "a b", "'a b'" },
    { "it's", "'it'\\''s'" }, { "$(id)", "'$(id)'" }, { "~", "'~'" }, { "a\033b\n", "'a?b?'" },
  };

  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct text_stream word;

    ck_assert (text_begin (&word));
    print_shell_word (cases[i].word, word.file);
    CLEANUP_FREE char *text = text_end (&word);
    ck_assert_str_eq (text, cases[i].printed);
  }
}
END_TEST

START_TEST (lines_stay_lines)
{
  check (print_lines_safely, "a\tb\n\033c\n\nd", "a\tb\n?c\n\nd");
}
END_TEST

START_TEST (a_text_is_printed_up_to_a_limit)
{
  CLEANUP_FREE char *text = malloc (PRINTABLE_MAX + 2);

  memset (text, 'a', PRINTABLE_MAX + 1);
  text[PRINTABLE_MAX + 1] = '\0';
  CLEANUP_FREE char *shown = printed (print_safely, text);
  CLEANUP_FREE char *safe = safe_text (text);
  ck_assert_uint_eq (strlen (shown), PRINTABLE_MAX + strlen ("..."));
  ck_assert_str_eq (shown, safe);
}
END_TEST

START_TEST (a_text_is_made_safe_in_place)
{
  char text[] = "\u00e9\033\302\233";

  make_safe (text);
  ck_assert_str_eq (text, "\u00e9???");
}
END_TEST

UNIT_TEST_MAIN_WITH ("printable", begin, NULL,
                     visible_characters_stay_where_the_locale_has_them, other_locales_have_ascii_only,
                     what_a_terminal_obeys_is_hidden, what_is_no_utf8_is_hidden, names_are_shown_and_other_escapes_stay,
                     a_shell_takes_a_word_for_what_it_is, lines_stay_lines, a_text_is_printed_up_to_a_limit,
                     a_text_is_made_safe_in_place)
