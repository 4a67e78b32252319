/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/array.h"
#include "common/message.h"
#include "common/nearest.h"
#include "common/number.h"
#include "common/options.h"
#include "common/standard-output.h"

#define LONG_ONLY 1000          /* getopt's value for the option I of the table is LONG_ONLY + I */
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
  printf ("  %-26s  %s\n", "-h, --help", "print this and exit");
  printf ("  %-26s  %s\n", "    --version", "print the version and exit");
}

static int
add_text (struct option_texts *texts, const char *text)
{
  const char **added = array_add (texts->texts, texts->count);

  if (added == NULL)
    return out_of_memory ();
  *added = text;
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

  if (r == 0 && option->type == OPTION_SECONDS && value > OPTION_SECONDS_MAX) {
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

void
options_add (struct option_table *table, const struct option_spec *rows)
{
  for (; rows->name; rows++) {
    assert (table->count < OPTIONS_MAX);
    table->rows[table->count++] = *rows;
  }
}

/* getopt's tables for the options; LETTERS has room for 2 * OPTIONS_MAX + 4 characters. */
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
  *letters++ = 'h';
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

/* Say what is wrong with the long option WORD, which getopt does not know or finds several of. */
static void
refuse_long (const struct command_line *command, const char *word)
{
  const char *names[OPTIONS_MAX + 3], *name = word + 2;
  size_t length = strcspn (name, "="), count = 0, fitting = 0;

  for (const struct option_spec *option = command->options; option->name; option++) {
    names[count++] = option->name;
    fitting += strncmp (option->name, name, length) == 0;
  }
  names[count] = "help";
  names[count + 1] = "version";
  names[count + 2] = NULL;
  const char *nearest = nearest_word (name, length, names);
  if (fitting > 1)
    error_message ("%s: could be several options: see --help", word);
  else if (nearest)
    error_message ("%s: unknown option: did you mean --%s?", word, nearest);
  else
    error_message ("%s: unknown option: see --help", word);
}

/* Say what is wrong with the option that getopt has just refused; VALUE is what getopt returned. */
static void
refuse_option (const struct command_line *command, const char *word, int value)
{
  bool is_letter = optopt > 0 && optopt < SHOW_VERSION;

  if (value == ':')
    error_message ("%s: needs an argument: see --help", word);
  else if (is_letter)
    error_message ("-%c: unknown option%s: see --help", optopt > ' ' && optopt < 0x7f ? optopt : '?',
                   command->command ? " (a COMMAND that begins with a dash stands behind `--`)" : "");
  else if (optopt)
    error_message ("%s: takes no argument: see --help", word);
  else
    refuse_long (command, word);
}

/* An option after a command may be meant for either, unless `--` says where the command begins. */
static int
check_command (char *const *arguments)
{
  for (; *arguments; arguments++)
    if (arguments[0][0] == '-' && arguments[0][1] != '\0') {
      error_message ("%s: behind COMMAND: options stand before `--`, and COMMAND with its own behind it", *arguments);
      return -1;
    }
  return 0;
}

int
options_parse (const struct command_line *command, int argc, char **argv)
{
  struct option longs[OPTIONS_MAX + 3];
  char letters[2 * OPTIONS_MAX + 4];
  int value, word = 1;          /* the one that getopt is at, where it does not put them in order */

  make_tables (command, longs, letters);
  optind = 0;                   /* may be called for several command lines */
  while ((value = getopt_long (argc, argv, letters, longs, NULL)) != -1) {
    if (value == HELP || value == 'h') {
      print_help (command);
      exit (standard_output_end (EXIT_SUCCESS));
    }
    if (value == SHOW_VERSION) {
      printf ("%s %s\n", program_invocation_short_name, PACKAGE_VERSION);
      exit (standard_output_end (EXIT_SUCCESS));
    }
    if (value == '?' || value == ':') {
      refuse_option (command, argv[optind - 1], value);
      return -1;
    }
    if (set_option (value >= LONG_ONLY ? &command->options[value - LONG_ONLY] : find_letter (command->options, value),
                    optarg) == -1)
      return -1;
    word = optind;
  }
  if (command->command && optind == word && check_command (argv + optind) == -1)
    return -1;
  return optind;
}
