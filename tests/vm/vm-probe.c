/* SPDX-License-Identifier: BSD-3-Clause */
/* Boots a guest and puts the requests on its standard input to the agent; for shell tests and measurements:
 *
 *     vm-probe IMAGE INITRAMFS CONSOLE NBD-SOCKET [EXPORT[:GUEST-PORT]...]
 *
 * An input line is TIMEOUT_S COUNT VERB [WORD...], words escaped as in common/escape.h.  The request is put COUNT
 * times, or until one fails.  Printed are `ready RELEASE` once, and for each line the last answer: `OUTCOME LENGTH`,
 * the payload and a newline.  How long it all took goes to standard error.  Exits with 2 if the guest does not boot or
 * a line is malformed.
 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/cleanup.h"
#include "common/escape.h"
#include "common/message.h"
#include "common/number.h"
#include "common/stop.h"
#include "guest/vm.h"

#define WORDS_MAX 64
#define DISKS_MAX 8
#define BOOT_TIMEOUT_MS 60000
#define TIMEOUT_MAX_S 3600

static double
now_s (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}

static int
ask (struct vm *vm, char *line)
{
  static const char *const outcomes[] = {
    [VM_OK] = "ok", [VM_REFUSED] = "refused", [VM_DIED] = "died", [VM_HUNG] = "hung", [VM_STOPPED] = "stopped"
  };
  const char *words[WORDS_MAX + 1] = { NULL };
  struct vm_answer answer = { .failure = VM_OK };
  uint64_t timeout_s, times, done;
  size_t count = 0;
  char *word;

  while (count < WORDS_MAX && (word = strsep (&line, " ")) != NULL) {
    if (unescape_word (word) == -1)
      return -1;
    words[count++] = word;
  }
  if (count < 3 || parse_unsigned (words[0], TIMEOUT_MAX_S, &timeout_s) == -1
      || parse_unsigned (words[1], UINT64_MAX, &times) == -1 || times == 0)
    return -1;
  double start_s = now_s ();
  for (done = 0; done < times && answer.failure == VM_OK; done++) {
    free (answer.text);
    answer = vm_call (vm, (int) timeout_s * 1000, words + 2);
  }
  fprintf (stderr, "%s: %.4f s each, %llu times\n", words[2], (now_s () - start_s) / (double) done,
           (unsigned long long) done);
  printf ("%s %zu\n", outcomes[answer.failure], answer.length);
  fwrite (answer.text, 1, answer.length, stdout);
  putchar ('\n');
  free (answer.text);
  return 0;
}

int
main (int argc, char **argv)
{
  struct vm_disk disks[DISKS_MAX];
  struct vm_config config = { .disks = disks, .memory_mib = 512, .boot_timeout_ms = BOOT_TIMEOUT_MS };
  CLEANUP_FREE char *line = NULL;
  size_t size = 0;
  int status = EXIT_SUCCESS;

  if (argc < 5 || argc > 5 + DISKS_MAX) {
    error_message ("usage: vm-probe IMAGE INITRAMFS CONSOLE NBD-SOCKET [EXPORT[:GUEST-PORT]...]");
    return 2;
  }
  config.image = argv[1];
  config.initramfs = argv[2];
  config.console = argv[3];
  config.nbd_socket = argv[4];
  for (char **argument = argv + 5; *argument; argument++) {
    char *port = *argument;
    const char *export_name = strsep (&port, ":");
    disks[config.disk_count++] = (struct vm_disk) { .export_name = export_name, .guest_port = port };
  }
  if (stop_install () == -1)
    return 2;
  double start_s = now_s ();
  struct vm *vm = vm_start (&config);
  if (vm == NULL)
    return 2;
  fprintf (stderr, "boot: %.2f s\n", now_s () - start_s);
  printf ("ready %s\n", vm_release (vm));
  fflush (stdout);
  while (status == EXIT_SUCCESS && getline (&line, &size, stdin) > 0) {
    line[strcspn (line, "\n")] = '\0';
    if (ask (vm, line) == -1) {
      error_message ("malformed input line");
      status = 2;
    }
    fflush (stdout);
  }
  vm_end (vm);
  return status;
}
