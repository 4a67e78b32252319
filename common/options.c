/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/message.h"
#include "common/number.h"
#include "common/options.h"

#define OPTIONS_MAX 64
#define LONG_ONLY 1000          /* getopt's value for the option I of the table is LONG_ONLY + I */
#define SECONDS_MAX 1000000     /* eleven days, and in milliseconds still an int */
#define HELP (LONG_ONLY - 1)
#define SHOW_VERSION (LONG_ONLY - 2)

static void
print_help (const struct command_line *command)
{
  printf ("%s\n%s\n\n", command->usage, command->summary);
  for (const struct option_spec *option = command->options; option->name; option++) {
    char left[64];

    snprintf (left, sizeof left, "%c%c%s--%s%s%s", option->letter ? '-' : ' ', option->letter ? option->letter : ' ',
              option->letter ? ", " : "  ", option->name, option->argument ? "=" : "",
              option->argument ? option->argument : "");
    printf ("  %-26s  %s\n", left, option->help);
  }
  printf ("  %-26s  %s\n  %-26s  %s\n", "    --help", "print this and exit", "    --version", "print the version and exit");
}

static int
add_text (struct option_texts *texts, const char *text)
{
  const char **larger = reallocarray (texts->texts, texts->count + 1, sizeof *larger);

  if (larger == NULL) {
    error_message ("out of memory");
    return -1;
  }
  texts->texts = larger;
  texts->texts[texts->count++] = text;
  return 0;
}

static int
set_number (const struct option_spec *option, const char *text)
{
  static const char *const forms[] = {
    [OPTION_NUMBER] = "a number", [OPTION_SIZE] = "a size in bytes, or with K, M, G or T behind it",
    [OPTION_SECONDS] = "a time in seconds, or with m or h behind it"
  };
  uint64_t value;
  int r = option->type == OPTION_SIZE ? parse_size (text, &value)
    : option->type == OPTION_SECONDS ? parse_seconds (text, &value) : parse_unsigned (text, INT64_MAX, &value);

  if (r == 0 && option->type == OPTION_SECONDS && value > SECONDS_MAX) {
    errno = ERANGE;
    r = -1;
  }
  if (r == -1) {
    error_message ("--%s=%s: %s: give %s", option->name, text, errno == ERANGE ? "too large" : "not understood",
                   forms[option->type]);
    return -1;
  }
  if (value < option->minimum) {
    error_message ("--%s=%s: too small: the least is %ju", option->name, text, (uintmax_t) option->minimum);
    return -1;
  }
  *(uint64_t *) option->target = value;
  return 0;
}

static int
set_option (const struct option_spec *option, const char *text)
{
  switch (option->type) {
  case OPTION_FLAG:
    *(bool *) option->target = true;
    return 0;
  case OPTION_TEXT:
    *(const char **) option->target = text;
    return 0;
  case OPTION_TEXTS:
    return add_text (option->target, text);
  default:
    return set_number (option, text);
  }
}

/* getopt's tables for the options; LETTERS has room for 2 * OPTIONS_MAX + 3 characters. */
static void
make_tables (const struct command_line *command, struct option *longs, char *letters)
{
  const struct option_spec *options = command->options;
  size_t count = 0;

  if (!command->mixed)
    *letters++ = '+';           /* stop at the first argument that is no option */
  *letters++ = ':';             /* tell a missing argument apart */
  for (; options[count].name; count++) {
    int has_argument = options[count].type == OPTION_FLAG ? no_argument : required_argument;

    longs[count] = (struct option) { options[count].name, has_argument, NULL, LONG_ONLY + (int) count };
    if (options[count].letter) {
      *letters++ = options[count].letter;
      if (has_argument)
        *letters++ = ':';
    }
  }
  *letters = '\0';
  longs[count] = (struct option) { "help", no_argument, NULL, HELP };
  longs[count + 1] = (struct option) { "version", no_argument, NULL, SHOW_VERSION };
  longs[count + 2] = (struct option) { NULL, 0, NULL, 0 };
}

static const struct option_spec *
find_letter (const struct option_spec *options, int letter)
{
  while (options->letter != letter)
    options++;
  return options;
}

int
options_parse (const struct command_line *command, int argc, char **argv)
{
  struct option longs[OPTIONS_MAX + 3];
  char letters[2 * OPTIONS_MAX + 3];
  int value;

  make_tables (command, longs, letters);
  optind = 0;                   /* may be called for several command lines */
  while ((value = getopt_long (argc, argv, letters, longs, NULL)) != -1) {
    if (value == HELP || value == SHOW_VERSION) {
      if (value == HELP)
        print_help (command);
      else
        printf ("%s %s\n", program_invocation_short_name, PACKAGE_VERSION);
      exit (EXIT_SUCCESS);
    }
    if (value == '?' || value == ':') {
      error_message ("%s: %s: see --help", argv[optind - 1],
                     value == ':' ? "needs an argument" : "unknown option");
      return -1;
    }
    if (set_option (value >= LONG_ONLY ? &command->options[value - LONG_ONLY] : find_letter (command->options, value),
                    optarg) == -1)
      return -1;
  }
  return optind;
}
