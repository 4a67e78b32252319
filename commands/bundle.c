/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>

#include "commands/commands.h"
#include "commands/replay.h"
#include "common/exit-status.h"
#include "common/message.h"
#include "common/options.h"

int
bundle_command (int argc, char **argv)
{
  struct replay_options replay_options = REPLAY_OPTIONS_DEFAULT;
  const struct option_spec options[] = {
    OPT_OUTPUT (&replay_options.bundle, "BUNDLE", "the archive to make, a .tar.zst"),
    OPT_END
  };
  struct option_table table = { .count = 0 };
  const struct command_line command = {
    "usage: powercut bundle ID LOG -o BUNDLE [OPTION...]\n",
    "Pack the crash state ID of LOG with all that is needed to see again what is wrong with it.", table.rows,
    .mixed = true
  };

  options_add (&table, options);
  guest_options_add (&table, &replay_options.guest);
  replay_options_add_later (&table, &replay_options);
  replay_options_add_trust (&table, &replay_options);
  int first = options_parse (&command, argc, argv);
  if (first == -1)
    return EXIT_UNUSABLE;
  if (argc - first != 2 || replay_options.bundle == NULL) {
    error_message ("give a state, a log and -o FILE, as in `powercut bundle 120:-98 log.bin -o bug.tar.zst`: "
                   "see --help");
    return EXIT_UNUSABLE;
  }
  replay_options.state = argv[first];
  replay_options.logs = (const char *const *) argv + first + 1;
  replay_options.log_count = 1;
  int status = replay_options_check (&replay_options) == -1 ? EXIT_UNUSABLE : replay (&replay_options);
  free (replay_options.guest.include.texts);
  return status;
}
