/* SPDX-License-Identifier: BSD-3-Clause */
/* Long because a run, and the guest that is kept for the next one, are one structure. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "common/printable.h"
#include "common/text.h"
#include "filesystem/filesystem.h"
#include "guest/agent/protocol.h"
#include "guest/vm.h"
#include "log/guard.h"
#include "nbd-plugin/parameters.h"
#include "replay/recovery.h"
#include "replay/runner.h"

#define REASON_LINES 1
#define EXPORT_NAME_SIZE 32
#define MESSAGES_MAX 8          /* DEFAULT_RATELIMIT_BURST of include/linux/ratelimit_types.h is 10 */
#define COMMAND_END_MS 10000    /* for killing a command that hangs, and finding that the file system is still held */

struct runner {
  const struct runner_config *config;
  struct device *device;
  struct vm *vm;
  char *console;
  char *release;
  const char **words;           /* of the request `recover` */
  char timeout[16];             /* one of them */
  bool flushes;                 /* the guest's disks are told of flushes */
  unsigned messages;            /* of the guest's kernel so far */
  char *tree;                   /* observation of the last run, if its guest is gone; or NULL */
  double earlier_seconds;       /* processor time of the device for other configurations */
  char *served;                 /* the log */
  struct log_tape tape;         /* of the last run, until it is given */
};

/* Tell the guest WORDS, which are about WHAT. */
static int
tell (struct runner *runner, const char *what, const char *const *words)
{
  struct vm_answer answer = vm_call (runner->vm, runner->config->run_timeout_ms, words);

  if (answer.failure != VM_OK && answer.failure != VM_STOPPED)
    error_message ("the guest cannot be told %s%s%s", what, *answer.text ? ": " : "", answer.text);
  free (answer.text);
  return answer.failure == VM_OK ? 0 : -1;
}

/* Tell it what else to observe: facts, and which files' sectors. */
static int
ask_for_details (struct runner *runner)
{
  const struct runner_config *config = runner->config;
  CLEANUP_FREE const char **words = calloc (config->pages_count + 4, sizeof *words);
  char facts[16];

  if (words == NULL)
    return out_of_memory ();
  snprintf (facts, sizeof facts, "%u", config->facts);
  words[0] = "details";
  words[1] = facts;
  words[2] = "these";
  for (size_t i = 0; i < config->pages_count; i++)
    words[3 + i] = config->pages[i];
  return tell (runner, "what to look at", words);
}

/* Tell it where the disks are: a checker may look at those that no file system is on.  The one that is lost is nowhere.
 */
static int
name_disks (struct runner *runner)
{
  const struct runner_config *config = runner->config;
  const struct disks *disks = config->check ? config->disks : NULL;

  for (size_t i = 0; disks && i < disks->count; i++) {
    const bool lost = config->lost && strcmp (config->lost, disks->list[i].name) == 0;
    CLEANUP_FREE char *variable = text_format (AGENT_DISK_VARIABLE "%s", disks->list[i].name);

    if (variable == NULL
        || tell (runner, "where the disks are", WORDS ("setenv", variable, lost ? "" : disks->list[i].place)) == -1)
      return -1;
  }
  return 0;
}

void
runner_put_guest_options (const struct runner_config *config, FILE *file)
{
  if (kernel_runs_alone (config->kernel)) {
    fputs (" --kernel=", file);         /* no log makes that run */
    print_shell_word (config->kernel->release, file);
  }
  if (config->lost)
    fprintf (file, " --lose=%s", config->lost);
}

void
runner_put_options (const struct runner_config *config, FILE *file)
{
  runner_put_guest_options (config, file);
  fputs (config->readonly_device ? " --readonly-device" : "", file);
  fputs (config->fsck ? " --fsck" : "", file);
  fputs (config->usable ? " --usable" : "", file);
}

struct vm *
runner_boot (const struct runner_config *config, const struct device *device, const char *console,
             const char *terminal)
{
  char names[DISKS_MAX][EXPORT_NAME_SIZE];
  struct vm_disk disks[DISKS_MAX];

  for (size_t i = 0; i < config->disk_count; i++) {
    snprintf (names[i], EXPORT_NAME_SIZE, DISK_EXPORTS "%zu", i);
    /* What a run writes dies with the run: its flushes would cost time alone, unless they are recorded. */
    disks[i] = (struct vm_disk) {
      .export_name = names[i], .vhost_socket = device_direct (device, i), .write_through = !config->taped
    };
  }
  const struct vm_config vm_config = {
    .kernel = config->kernel, .extras = config->extras, .nbd_socket = device_socket (device),
    .nbd_server = device_server (device), .server_ended = log_guard_check,
    .disks = disks, .disk_count = config->disk_count, .memory_mib = config->memory_mib, .console = console,
    .terminal = terminal,
    .boot_timeout_ms = config->boot_timeout_ms, .accel = config->accel, .quiet = config->quiet,
    /* In a saved machine, disks are not told of flushes. */
    .no_snapshot = config->no_snapshot || config->taped,
  };

  return vm_start (&vm_config);
}

static int
boot (struct runner *runner)
{
  const struct runner_config *config = runner->config;

  vm_end (runner->vm);
  runner->vm = runner_boot (config, runner->device, runner->console, NULL);
  runner->flushes = config->taped;
  if (runner->vm == NULL)
    return -1;
  if (name_disks (runner) == -1)
    return -1;
  return config->pages_count > 0 || config->facts != 0 ? ask_for_details (runner) : 0;
}

/* recover DEVICES ASSEMBLE TYPE OPTIONS READONLY OBSERVE FSCK USABLE CHECK TAPED TIMEOUT_S MARKS [PATH...] */
#define WORD_OBSERVE 6
#define WORD_MARKS 12

/* Whether fsck is run: it would read the disk that is lost, too, which has missed what recovery wrote: unless something
 * is made of the others.
 */
static bool
checks (const struct runner_config *config)
{
  return config->fsck && (config->lost == NULL || config->assemble);
}

static const char **
make_words (struct runner *runner)
{
  const struct runner_config *config = runner->config;
  const char **words = calloc (config->watch_count + WORD_MARKS + 2, sizeof *words);

  if (words == NULL)
    return NULL;
  snprintf (runner->timeout, sizeof runner->timeout, "%d", config->run_timeout_ms / 1000);
  words[0] = "recover";
  words[1] = config->places;
  words[2] = config->assemble ? config->assemble : "";
  words[3] = config->filesystem;
  words[4] = config->mount_options;
  words[5] = config->readonly_device ? "yes" : "no";
  words[WORD_OBSERVE] = config->observe ? "yes" : "no";
  /* Where recovery is taped, all that comes after it is asked for later. */
  words[7] = checks (config) && !config->taped ? "yes" : "no";
  words[8] = config->usable && !config->taped ? "yes" : "no";
  words[9] = config->check ? config->check : "";
  words[10] = config->taped ? "yes" : "no";
  words[11] = runner->timeout;
  words[WORD_MARKS] = "";
  for (size_t i = 0; i < config->watch_count; i++)
    words[WORD_MARKS + 1 + i] = config->watch[i];
  return words;
}

struct runner *
runner_start (const struct runner_config *config, const char *folder)
{
  struct runner *runner = calloc (1, sizeof *runner);

  if (runner)
    runner->config = config;
  if (runner == NULL || (runner->words = make_words (runner)) == NULL
      || (runner->served = strdup (config->log)) == NULL || asprintf (&runner->console, "%s/console", folder) == -1) {
    error_message ("out of memory");
    if (runner)
      free_all (runner->served, runner->words);
    free (runner);
    return NULL;
  }
  runner->device = device_start (config->log, folder, kernel_runs_alone (config->kernel) ? config->disk_count : 0);
  if (runner->device && boot (runner) == 0) {
    runner->release = strdup (vm_release (runner->vm));
    if (runner->release)
      return runner;
    out_of_memory ();
  }
  runner_stop (runner);
  return NULL;
}

/* Serve the log PATH. */
static int
serve (struct runner *runner, const char *path)
{
  char *copy = strdup (path);

  if (copy == NULL)
    return out_of_memory ();
  free (runner->served);
  runner->served = copy;
  return device_change (runner->device, path);
}

int
runner_serve (struct runner *runner, const char *path)
{
  return strcmp (runner->served, path) == 0 ? 0 : serve (runner, path);
}

int
runner_change (struct runner *runner, const struct runner_config *config)
{
  runner->config = config;
  runner->earlier_seconds = device_cpu_seconds (runner->device);
  free (runner->tree);
  runner->tree = NULL;
  free (runner->words);
  runner->words = make_words (runner);
  if (runner->words == NULL)
    return out_of_memory ();
  if (serve (runner, config->log) == -1)
    return -1;
  if (runner->flushes != config->taped)
    runner_renew (runner);
  /* The guest still has the request of the replay before. */
  return runner->vm && (name_disks (runner) == -1 || ask_for_details (runner) == -1) ? -1 : 0;
}

void
runner_stop (struct runner *runner)
{
  if (runner == NULL)
    return;
  vm_end (runner->vm);
  device_stop (runner->device);
  free_all (runner->console, runner->release, runner->words, runner->tree, runner->served, runner->tape.bytes, runner);
}

const char *
runner_release (const struct runner *runner)
{
  return runner->release;
}

double
runner_cpu_seconds (const struct runner *runner)
{
  return device_cpu_seconds (runner->device) - runner->earlier_seconds;
}

/* That QEMU fails says nothing about a state. */
static void
report_broken (const struct vm_answer *answer)
{
  error_message ("no run can be made: %s", answer->text);
}

static struct vm_answer
call_tree (struct runner *runner)
{
  return vm_call (runner->vm, runner->config->run_timeout_ms, WORDS ("tree"));
}

static char *
ask_tree (struct runner *runner)
{
  struct vm_answer answer = call_tree (runner);

  if (answer.failure == VM_OK)
    return answer.text;
  if (answer.failure == VM_BROKEN)
    report_broken (&answer);
  else if (answer.failure != VM_STOPPED)
    error_message ("the guest does not give the tree that it observed%s%s", *answer.text ? ": " : "", answer.text);
  free (answer.text);
  return NULL;
}

/* Take the tree of a run from a guest that is abandoned then.  What tainted it may kill it after all: that is the
 * outcome then.
 */
static int
rescue_tree (struct runner *runner, struct outcome *outcome)
{
  struct vm_answer answer = call_tree (runner);

  free (runner->tree);
  runner->tree = answer.failure == VM_OK ? answer.text : NULL;
  if (answer.failure == VM_OK)
    return 0;
  if (answer.failure == VM_BROKEN)
    report_broken (&answer);
  else {
    outcome->kind = OUTCOME_DIED;
    outcome->detail = console_reason (runner->console, REASON_LINES);
  }
  free (answer.text);
  return answer.failure == VM_BROKEN || answer.failure == VM_STOPPED ? -1 : 0;
}

/* After how long a run is a hang, if the agent has not said so before. */
static int
longest_run_ms (const struct runner_config *config)
{
  const bool commanded = config->check || config->assemble;
  const int parts = 1 + (config->check != NULL) + (config->assemble != NULL) + config->fsck + config->usable
    + config->readonly_device;

  return parts * config->run_timeout_ms + (commanded ? COMMAND_END_MS : 0);
}

/* What is done after a recovery that was taped, and ended as ANSWER says, whose text has both answers then. */
static void
try_recovered (struct runner *runner, struct vm_answer *answer)
{
  const struct runner_config *config = runner->config;
  CLEANUP_FREE char *recovered = answer->text;

  *answer = vm_call (runner->vm, longest_run_ms (config),
                     WORDS ("try", config->places, config->assemble ? config->assemble : "", config->filesystem,
                            config->mount_options, checks (config) ? "yes" : "no", config->usable ? "yes" : "no",
                            runner->timeout));
  if (answer->failure != VM_OK)
    return;
  char *text = text_format ("%s%s", recovered, answer->text);
  free (answer->text);
  answer->text = text ? text : strdup ("");
}

/* Keep the tape of the recovery that ended as ANSWER says, and do what comes after it. */
static int
take_tape (struct runner *runner, struct vm_answer *answer)
{
  const struct runner_config *config = runner->config;

  if (!config->taped)
    return 0;
  free (runner->tape.bytes);
  if (device_tape (runner->device, &runner->tape) == -1)
    return -1;
  if ((checks (config) || config->usable) && answer->failure == VM_OK && recovery_has_ended (answer->text))
    try_recovered (runner, answer);
  return 0;
}

/* Whether the guest's kernel may be silent about a run because of what it has said of runs before. */
static bool
may_be_silent (const struct runner *runner)
{
  return runner->messages >= MESSAGES_MAX && filesystem_find (runner->config->filesystem)->limits_messages;
}

/* Say of which disks *detail, or nothing, is, if something is made of them. */
static int
name_places (const struct runner_config *config, char **detail)
{
  if (*detail == NULL || config->assemble == NULL || config->disks == NULL)
    return 0;
  char *named = disks_name (config->disks, *detail);
  if (named == NULL)
    return -1;
  free (*detail);
  *detail = named;
  return 0;
}

/* What the agent's answer means; *renew says that the guest has to be booted anew. */
static int
read_answer (struct runner *runner, struct vm_answer *answer, struct outcome *outcome, bool *renew)
{
  struct recovery_guest guest = { .renew = answer->failure != VM_OK };

  *renew = guest.renew;
  switch (answer->failure) {
  case VM_OK:
    if (recovery_read (answer->text, runner->config->run_timeout_ms / 1000, outcome, &guest) == -1)
      return -1;
    runner->messages += guest.messages;
    *renew = guest.renew;
    return name_places (runner->config, &outcome->detail);
  case VM_REFUSED:
    error_message ("the guest cannot make a run: %s", answer->text);
    return -1;
  case VM_BROKEN:
    report_broken (answer);
    return -1;
  case VM_DIED:
    outcome->kind = OUTCOME_DIED;
    outcome->detail = console_reason (runner->console, REASON_LINES);
    return 0;
  case VM_HUNG:
    outcome->kind = OUTCOME_HUNG;
    if (asprintf (&outcome->detail, "no answer within %d s", longest_run_ms (runner->config) / 1000) == -1) {
      outcome->detail = NULL;
      return out_of_memory ();
    }
    return 0;
  default:
    return -1;                  /* VM_STOPPED */
  }
}

/* One run; a guest that is not to be trusted any more is abandoned, and *again says that the run should be repeated. */
static int
run_once (struct runner *runner, const struct selection *selection, const char *marks, struct outcome *outcome,
          struct device_report *report, bool *again)
{
  const struct runner_config *config = runner->config;
  struct vm_answer answer;
  int r;

  memset (outcome, 0, sizeof *outcome);
  if (may_be_silent (runner))
    runner_renew (runner);
  if ((runner->vm == NULL && boot (runner) == -1) || device_select (runner->device, selection) == -1)
    return -1;
  runner->words[WORD_MARKS] = marks;
  answer = vm_call (runner->vm, longest_run_ms (config), runner->words);
  r = take_tape (runner, &answer) == -1 ? -1 : read_answer (runner, &answer, outcome, again);
  if (r == 0)
    r = device_report (runner->device, report);
  if (r == 0 && *again && outcome->kind == OUTCOME_TREE)
    r = rescue_tree (runner, outcome);
  if (r == 0 && *again)
    runner_renew (runner);
  if (r == -1)
    outcome_free (outcome);
  else
    outcome->behaviour = report->head.behaviour;
  free (answer.text);
  return r;
}

void
runner_renew (struct runner *runner)
{
  vm_end (runner->vm);
  runner->vm = NULL;
  runner->messages = 0;
}

/* Note in OUTCOME, of a second run, what FIRST saw and it did not.  FIRST is freed. */
static void
note_unrepeated (struct outcome *outcome, struct outcome *first)
{
  outcome->repeated = outcome_alike (outcome, first);
  if (outcome->repeated) {
    outcome_free (first);
    return;
  }
  const bool hung = first->kind == OUTCOME_HUNG || (first->check == CHECK_HUNG && first->fault == NULL);
  char **seen = first->fault ? &first->fault : hung && first->check_detail ? &first->check_detail : &first->detail;
  outcome->unrepeated_kind = hung ? VIOLATION_HANG : VIOLATION_KERNEL;
  outcome->unrepeated = *seen;
  *seen = NULL;
  outcome_free (first);
}

int
runner_run (struct runner *runner, const struct selection *selection, const char *marks, struct outcome *outcome,
            struct device_report *report)
{
  struct outcome first;
  bool again = false;

  free (runner->tree);
  runner->tree = NULL;
  if (run_once (runner, selection, marks, outcome, report, &again) == -1)
    return -1;
  if (!again)
    return 0;
  /* Trouble of the host may look like this, too: let a fresh guest try. */
  first = *outcome;
  if (run_once (runner, selection, marks, outcome, report, &again) == -1) {
    outcome_free (&first);
    return -1;
  }
  note_unrepeated (outcome, &first);
  return 0;
}

int
runner_run_located (struct runner *runner, const struct selection *selection, struct outcome *outcome,
                    struct device_report *report)
{
  const char *word = runner->words[WORD_OBSERVE];
  int r;

  runner->words[WORD_OBSERVE] = "located";
  r = runner_run (runner, selection, "", outcome, report);
  runner->words[WORD_OBSERVE] = word;
  return r;
}

struct log_tape
runner_tape (struct runner *runner)
{
  const struct log_tape tape = runner->tape;

  runner->tape = (struct log_tape) { .bytes = NULL };
  return tape;
}

int
runner_written (struct runner *runner, const struct control_seen **written, size_t *count)
{
  return device_written (runner->device, written, count);
}

int
runner_read_written (struct runner *runner, void *buffer, size_t count, uint64_t offset)
{
  return device_read (runner->device, buffer, count, offset);
}

char *
runner_tree (struct runner *runner)
{
  char *tree = runner->tree;

  runner->tree = NULL;
  return tree ? tree : ask_tree (runner);
}
