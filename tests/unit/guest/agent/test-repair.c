/* SPDX-License-Identifier: BSD-3-Clause */
/* What is made of how the program ends that repairs a file system, which ends as this test likes. */
#include <config.h>

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/text.h"
#include "guest/agent/agent.h"
#include "tests/unit/message.h"
#include "tests/unit/unit.h"

static int ending;              /* a wait status */

int
program_run (const char *const *argv, int *output, int *status)
{
  static const char text[] = "Pass 1\nit is so\n \n";

  ck_assert_str_eq (argv[0], "fsck.vfat");
  ck_assert_str_eq (argv[2], "/dev/vda");
  *output = open ("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  ck_assert_int_eq (write (*output, text, strlen (text)), strlen (text));
  *status = ending;
  return 0;
}

static const struct {
  int status, returned;
  const char *told, *message;
} endings[] = {
  { 0, 0, "", NULL },
  { 1 << 8, 0, "", NULL },
  { 4 << 8, 1, "repair fsck.vfat -y: exit 4: it is so\n", NULL },
  { SIGSEGV, 1, "repair fsck.vfat -y: signal 11: it is so\n", NULL },
  { 125 << 8, 1, "repair fsck.vfat -y: exit 125: it is so\n", NULL },
  { 126 << 8, -1, "", "fsck.vfat cannot be run: exit 126: it is so" },
  { 127 << 8, -1, "", "fsck.vfat cannot be run: exit 127: it is so" },
  { SIGKILL, -1, "", "fsck.vfat was killed: has the guest too little memory? see --memory" },
};

START_TEST (an_end_says_something_of_the_file_system_unless_nothing_was_run)
{
  struct text_stream payload;

  forget_messages ();
  ending = endings[_i].status;
  ck_assert (text_begin (&payload));
  ck_assert_int_eq (repair_device ("/dev/vda,/dev/vdb", "vfat", payload.file), endings[_i].returned);
  char *told = text_end (&payload);
  ck_assert_str_eq (told, endings[_i].told);
  free (told);
  ck_assert_uint_eq (message_count, endings[_i].message != NULL);
  if (endings[_i].message)
    ck_assert_str_eq (message, endings[_i].message);
}
END_TEST

UNIT_TEST_MAIN ("repair", LOOP_OVER (an_end_says_something_of_the_file_system_unless_nothing_was_run, endings))
