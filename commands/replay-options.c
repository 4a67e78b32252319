/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <string.h>

#include "commands/replay-options.h"
#include "common/message.h"
#include "common/number.h"
#include "guest/jobs.h"
#include "log/info.h"
#include "log/state-id.h"
#include "replay/fault.h"
#include "replay/session-config.h"

#define ATOMIC_BYTES_MAX 65536

static const char usage[] =
  "usage: replay [OPTION...] LOG...\n"
  "       replay --list LOG\n"
  "       replay --state=ID [--export=IMG | --serve=SOCKET | --shell | --bundle=FILE] [OPTION...] LOG\n";

void
replay_options_add (struct option_table *table, struct replay_options *options)
{
  options_add (table, (const struct option_spec[]) {
    OPT_FLAG ("all-prefixes", &options->all_prefixes, "visit every crash state (the default)"),
    OPT_FLAG ("prefixes-only", &options->prefixes_only, "visit the prefixes alone, without reordering"),
    OPT_TEXT ("tear", &options->tear, "none|prefix|any", "what may be left of a pending write [prefix]"),
    OPT_SIZE ("atomic", &options->atomic_bytes, "N", "bytes that the device never tears [4K]", LOG_SECTOR),
    OPT_SIZE ("sector", &options->atomic_bytes, "N", "the same as --atomic", LOG_SECTOR),
    OPT_TEXT ("trim", &options->trim, "any|zero", "what is read where a trim was: old bytes or zeros, or zeros [any]"),
    OPT_NUMBER ("nested", &options->nested, "N", "how often the power fails again, during recovery: up to 2 [0]", 0),
    OPT_NUMBER ("nested-limit", &options->nested_limit, "N", "most runs at one crash point of a recovery [64]", 0),
    OPT_FLAG ("no-reduction", &options->no_reduction, "one run for each state, not for each behaviour"),
    OPT_NUMBER ("limit", &options->limit, "N", "most runs at one crash point [4096]; 0: no limit", 0),
    OPT_SECONDS ("time", &options->seconds, "S", "most time at one crash point [0: no limit]", 0),
    OPT_SECONDS ("total-time", &options->total_seconds, "S", "most time at all of them together [0: no limit]", 0),
    OPT_TEXT ("points", &options->points, "WHICH", "every:N, near-marks, sample:N:SEED or FROM-TO [all crash points]"),
    OPT_NUMBER ("seed", &options->seed, "N", "of what is visited when there is a limit [0]", 0),
    OPT_NUMBER ("audit", &options->audit_percent, "PCT", "hold this share of remembered answers against a run [0]", 0),
    OPT_NUMBER ("jobs", &options->jobs, "N", "guests side by side when replaying [one for each processor]", 1),
    OPT_FLAG ("minimize", &options->minimize, "find the smallest state of each violation, and say why"),
    OPT_FLAG ("stop-at-first", &options->stop_at_first, "end with the first violation"),
    OPT_END
  });
  replay_options_add_later (table, options);
  outputs_add_options (table, &options->outputs);
}

void
replay_options_add_later (struct option_table *table, struct replay_options *options)
{
  options_add (table, (const struct option_spec[]) {
    OPT_TEXT ("lose", &options->lose, "NAME|any", "a disk that does not come back after the crash"),
    OPT_TEXT ("fault", &options->fault, "KIND[:PLACE]", "what the device does wrong, once: see the manual"),
    OPT_FLAG ("readonly-device", &options->readonly_device, "before recovery mount it while the device refuses writes"),
    OPT_FLAG ("fsck", &options->fsck, "run the file system's checker on what recovery left, read-only"),
    OPT_FLAG ("usable", &options->usable, "then empty what recovery left, write to it, and mount it again"),
    OPT_END
  });
}

void
replay_options_add_trust (struct option_table *table, struct replay_options *options)
{
  options_add (table, (const struct option_spec[]) {
    OPT_FLAG ("trust-log", &options->trust_log, "take what the log names and does not carry from this machine"),
    OPT_END
  });
}

/* What is for one state, or one look at a log. */
static void
add_others (struct option_table *table, struct replay_options *options)
{
  options_add (table, (const struct option_spec[]) {
    OPT_TEXT ("shard", &options->shard, "I/N", "do the I-th of N shares of the work, for powercut merge"),
    OPT_TEXT ("resume", &options->resume, "FILE", "remember what runs saw in FILE, and go on from what it has"),
    OPT_FLAG ("list", &options->list, "print the log's events and crash points"),
    FILTER_OPTIONS (&options->filter),
    OPT_TEXT ("state", &options->state, "ID", "visit this one state and print what was seen"),
    OPT_TEXT ("export", &options->export, "IMG|DIR", "write the state as a sparse raw image, or one for each disk"),
    OPT_TEXT ("serve", &options->serve, "SOCKET", "serve the state by NBD on a Unix socket"),
    OPT_FLAG ("shell", &options->shell, "boot a guest on the state and enter it"),
    OPT_FLAG ("before-recovery", &options->before_recovery, "with --shell: not mounted yet"),
    OPT_TEXT ("bundle", &options->bundle, "FILE", "pack the state as a .tar.zst that shows it anywhere"),
    OPT_END
  });
}

/* How writes may be torn. */
static int
check_tear (struct replay_options *options)
{
  static const char *const modes[] = { [TEAR_NONE] = "none", [TEAR_PREFIX] = "prefix", [TEAR_ANY] = "any" };
  int mode = TEAR_ANY;

  while (mode >= 0 && strcmp (options->tear, modes[mode]) != 0)
    mode--;
  if (mode == -1) {
    error_message ("--tear=%s: none, prefix or any", options->tear);
    return -1;
  }
  if ((options->atomic_bytes & (options->atomic_bytes - 1)) != 0 || options->atomic_bytes > ATOMIC_BYTES_MAX) {
    error_message ("--atomic=%ju: a power of two from %d to %d", (uintmax_t) options->atomic_bytes, LOG_SECTOR,
                   ATOMIC_BYTES_MAX);
    return -1;
  }
  options->tear_mode = (enum tear_mode) mode;
  return 0;
}

static int
check_trim (const struct replay_options *options)
{
  if (strcmp (options->trim, "any") == 0 || strcmp (options->trim, "zero") == 0)
    return 0;
  error_message ("--trim=%s: any or zero", options->trim);
  return -1;
}

static int
check_nested (uint64_t nested)
{
  if (nested <= NESTED_MAX)
    return 0;
  error_message ("--nested=%ju: the power fails again %d times at most", (uintmax_t) nested, NESTED_MAX);
  return -1;
}

int
nested_check (const char *nested, const char *limit)
{
  uint64_t number = 0, ignored;

  if ((nested && parse_unsigned (nested, UINT64_MAX, &number) == -1)
      || (limit && parse_unsigned (limit, UINT64_MAX, &ignored) == -1)) {
    error_message ("--nested and --nested-limit are numbers: see --help");
    return -1;
  }
  return check_nested (number);
}

/* What of the options cannot go together; NULL if all can. */
static const char *
contradiction (const struct replay_options *options)
{
  if (options->all_prefixes + options->prefixes_only + options->list + (options->state != NULL) > 1)
    return "--all-prefixes, --prefixes-only, --list and --state exclude one another: see --help";
  if ((options->export != NULL) + (options->serve != NULL) + (options->bundle != NULL) + options->shell > 1)
    return "--export, --serve, --shell and --bundle exclude one another: see --help";
  if (options->bundle && options->state == NULL)
    return "--bundle is for one state: give --state=ID, too";
  if (options->before_recovery && !options->shell)
    return "--before-recovery is for --shell: see --help";
  if (outputs_given (&options->outputs) && (options->list || options->state))
    return "--json and its like are for a whole replay, not for --list or --state: see --help";
  if (filter_given (&options->filter) && !options->list)
    return "--from, --to, --device and --kind say what --list lists: see --help";
  const bool single = options->list || options->state || options->export || options->serve || options->shell;
  const bool again = options->state && strstr (options->state, STATE_ID_AGAIN);
  if (options->lose && (options->list || options->serve || (options->export && !again)))
    return "--lose says what recovery has: it is not for --list, --export or --serve";
  if (options->fault && (options->list || options->serve))
    return "--fault is not for --list or --serve: --export writes the image";
  if (options->fault && !fault_is_one (options->fault) && (single || options->bundle))
    return "--fault without a place is for a whole replay: a report says which place a state is of";
  if (options->fault && fault_is_one (options->fault) && options->log_count > 1)
    return "--fault with a place is for one log: name the one that it is of";
  if (options->lose && strcmp (options->lose, "any") == 0 && single)
    return "--lose=any is for a whole replay: name the disk that the state is seen without";
  if (options->serve && again)
    return "a state after an interrupted recovery is not for --serve: see --bundle";
  if (options->readonly_device && !again && (options->list || options->export || options->serve || options->shell))
    return "--readonly-device is for what is recovered and judged: it is not for --list, --export, --serve or --shell";
  if (options->nested > 0 && (single || options->prefixes_only))
    return "--nested is for all states of a log: the id of a state says itself whether recovery was interrupted";
  if ((options->points || options->total_seconds > 0) && (single || options->bundle))
    return "--points and --total-time are for a whole replay, not for --list or one state";
  if (options->shard && (single || options->bundle))
    return "--shard is for a whole replay, not for --list or one state";
  if (options->stop_at_first && (single || options->bundle))
    return "--stop-at-first is for a whole replay, not for --list or one state";
  if (options->stop_at_first && options->shard)
    return "--stop-at-first and --shard exclude one another: a share counts once all of it is done";
  if (options->resume && (single || options->bundle))
    return "--resume is for a whole replay, not for --list or one state";
  if (options->resume && options->no_reduction)
    return "--resume remembers what runs read, and --no-reduction trusts no memory: give one of them";
  if (options->log_count > 1 && single)
    return "--list, --state, --export, --serve and --shell are for one log: name the one that the state is of";
  return NULL;
}

int
replay_options_check (struct replay_options *options)
{
  const char *fault = contradiction (options);

  if (check_tear (options) == -1 || check_trim (options) == -1 || check_nested (options->nested) == -1
      || chosen_points_parse (options->points, &options->chosen) == -1
      || share_parse (options->shard, &options->share) == -1
      || (options->fault && fault_check (options->fault) == -1))
    return -1;
  if (fault) {
    error_message ("%s", fault);
    return -1;
  }
  if (options->jobs > 0 && jobs_check (options->jobs, options->guest.memory_bytes) == -1)
    return -1;
  if (options->audit_percent > 100) {
    error_message ("--audit=%ju: percent, 0 to 100", (uintmax_t) options->audit_percent);
    return -1;
  }
  if (options->joined == NULL && guest_options_check (&options->guest) == -1)   /* else no guest needs anything */
    return -1;
  return filter_check (&options->filter) == -1
    || (options->resume && outputs_check_input (&options->outputs, options->resume, "the file of --resume") == -1) ? -1
    : outputs_check (&options->outputs, options->logs, options->log_count);
}

/* The number in LOG's header under KEY, where *value is not given; a log may be a stranger's, so that what is not from
 * LEAST to MOST is refused.  Without such a key it is USUAL.  Returns 0, or -1 after a message.
 */
static int
number_of_log (const struct write_log *log, const char *key, uint64_t least, uint64_t most, uint64_t usual,
               uint64_t *value)
{
  const char *text = log_info (log, key);

  if (*value > 0)
    return 0;
  *value = usual;
  if (text == NULL || (parse_unsigned (text, most, value) == 0 && *value >= least))
    return 0;
  error_message ("%s: its header has a %s that cannot be: give --%s", log->path, key, key);
  return -1;
}

int
replay_options_complete (struct replay_options *options, const struct write_log *log)
{
  struct guest_options *guest = &options->guest;

  if (number_of_log (log, LOG_KEY_MEMORY, GUEST_MEMORY_LEAST, INT64_MAX, GUEST_MEMORY_DEFAULT,
                     &guest->memory_bytes) == -1
      || number_of_log (log, LOG_KEY_TIMEOUT, 1, OPTION_SECONDS_MAX, GUEST_TIMEOUT_DEFAULT,
                        &guest->timeout_seconds) == -1)
    return -1;
  if (options->jobs == 0)
    options->jobs = jobs_default (guest->memory_bytes);
  return jobs_check (options->jobs, guest->memory_bytes);
}

struct trust
replay_options_trust (const struct replay_options *options)
{
  return (struct trust) {
    .all = options->trust_log, .kernel = options->guest.kernel, .check = options->guest.check,
    .include = &options->guest.include, .confine = options->guest.confine
  };
}

int
replay_options_parse (int argc, char **argv, struct replay_options *options)
{
  struct option_table table = { .count = 0 };
  const struct command_line command = {
    usage, "Rebuild every crash state of a write log, let a kernel recover it, and check what is left.", table.rows,
    .mixed = true
  };

  replay_options_add (&table, options);
  guest_options_add (&table, &options->guest);
  replay_options_add_trust (&table, options);
  add_others (&table, options);
  int first = options_parse (&command, argc, argv);
  if (first == -1)
    return -1;
  if (first == argc) {
    error_message ("which log? see --help");
    return -1;
  }
  options->logs = (const char *const *) argv + first;
  options->log_count = (size_t) (argc - first);
  return replay_options_check (options);
}
