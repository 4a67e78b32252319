/* SPDX-License-Identifier: BSD-3-Clause */
/* Making one device of disks, with a command of the user's. */
#include <config.h>

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "common/text.h"
#include "guest/agent/agent.h"
#include "guest/agent/protocol.h"

/* Arrays are not written to before something else is: so that they do not begin to copy from disk to disk before they
 * are told not to.
 */
#define START_READ_ONLY "/sys/module/md_mod/parameters/start_ro"

/* With it the programs of the device mapper, and of LVM, make names in /dev/mapper themselves: no udev does. */
#define WITHOUT_UDEV "DM_DISABLE_UDEV"

/* The root in which the command's programs are. */
static const char *
find_root (void)
{
  static const char *const roots[] = { AGENT_ASSEMBLY_ROOT, AGENT_CHECKER_ROOT };

  for (size_t i = 0; i < sizeof roots / sizeof roots[0]; i++)
    if (access (roots[i], F_OK) == 0)
      return roots[i];
  return "/";
}

static void
hold_arrays (void)
{
  CLEANUP_CLOSE int fd = open (START_READ_ONLY, O_WRONLY | O_CLOEXEC);

  if (fd != -1 && write (fd, "1", 1) == -1)
    error_message (START_READ_ONLY ": %m");
}

int
assembly_make (struct agent *agent, const char *devices, const char *command, const char *timeout_s, char **made,
               char **why)
{
  const char *root = find_root ();

  *made = *why = NULL;
  if (*command == '\0') {
    *made = text_format ("%s", devices);
    return *made ? 0 : -1;
  }
  baseline_load_modules (agent, AGENT_ASSEMBLY_MODULES);
  hold_arrays ();
  int r = strcmp (root, "/") == 0 ? 0 : other_root_prepare (root);
  setenv (WITHOUT_UDEV, "1", true);
  if (r == 0)
    r = run_shell (agent, root, command, timeout_s, why);
  unsetenv (WITHOUT_UDEV);
  log_excuse_modules (agent);
  if (r != 0)
    return r;
  *made = stack_tops (devices);
  if (*made == NULL)
    return -1;
  if (strcmp (*made, devices) != 0)
    return 0;
  free (*made);
  *made = NULL;
  *why = text_format ("it made nothing of %s", devices);
  return *why ? 1 : -1;
}

int
assembly_undo (const char *devices, const char *made, const char *type)
{
  const bool assembled = made == NULL || strcmp (made, devices) != 0;

  if (assembled && ((made && mount_forget (made, type) == -1) || stack_take_apart (devices) == -1))
    return -1;
  return mount_forget (devices, type);
}

int
assemble (struct agent *agent, char **words, FILE *payload)
{
  CLEANUP_FREE char *made = NULL, *why = NULL;
  int r = assembly_make (agent, words[0], words[1], words[2], &made, &why);

  if (r == 1)
    error_message ("%s", why);
  if (r == 0)
    fputs (made, payload);
  return r == 0 ? 0 : -1;
}

int
disassemble (struct agent *agent, char **words, FILE *payload)
{
  CLEANUP_FREE char *made = stack_tops (words[0]);

  (void) agent, (void) payload;
  return made ? assembly_undo (words[0], made, words[1]) : -1;
}
