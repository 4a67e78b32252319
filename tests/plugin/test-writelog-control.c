/* SPDX-License-Identifier: BSD-3-Clause */
/* The plugin writelog: one log after another. */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "log/info.h"
#include "tests/plugin/writelog-client.h"

/* Ask for something by the export `control`: TEXTS, which ends with one NUL more than a text needs. */
#define ASK(control, texts) nbd_pwrite ((control), texts, sizeof texts, 0, 0)

START_TEST (who_did_not_start_the_server_has_no_control)
{
  int status;

  START ("size=1M");
  client_close (client_open ("control"));
  pid_t stranger = fork ();
  if (stranger == 0) {
    struct nbd_handle *client = nbd_create ();

    nbd_set_export_name (client, "control");
    _exit (nbd_connect_unix (client, "nbd.sock") == -1 && nbd_get_errno () == ENOENT ? 0 : 1);
  }
  ck_assert_int_eq (waitpid (stranger, &status, 0), stranger);
  ck_assert_msg (status == 0, "a stranger can open it");
  server_stop ();
}
END_TEST

START_TEST (what_is_done_after_the_end_works_and_is_not_in_the_log)
{
  char data[512], later[512];

  START ("size=1M");
  struct nbd_handle *client = client_open ("disk0"), *mark = client_open ("mark"), *control = client_open ("control");
  fill (data, sizeof data, 1);
  fill (later, sizeof later, 2);
  ck_nbd (nbd_pwrite (client, data, sizeof data, 0, 0));
  ck_nbd (ASK (control, "end\0"));
  ck_nbd (nbd_pwrite (client, later, sizeof later, 0, 0));
  ck_nbd (nbd_pwrite (mark, "late", 4, 0, 0));
  ck_nbd (nbd_flush (client, 0));
  check_content (client, later, sizeof later, 0);
  client_close (control);
  client_close (mark);
  client_close (client);
  stop_and_check_log ("mark base\n"
                      "disk0 write 0 512\n"
                      "done 1\n");
}
END_TEST

START_TEST (without_a_log_requests_are_refused)
{
  char data[512] = "";

  START ("size=1M");
  struct nbd_handle *client = client_open ("disk0"), *mark = client_open ("mark"), *control = client_open ("control");
  ck_nbd (ASK (control, "close\0"));
  ck_nbd_fails (nbd_pwrite (client, data, sizeof data, 0, 0), ESHUTDOWN);
  ck_nbd_fails (nbd_pread (client, data, sizeof data, 0, 0), ESHUTDOWN);
  ck_nbd_fails (nbd_zero (client, 512, 0, 0), ESHUTDOWN);
  ck_nbd_fails (nbd_trim (client, 512, 0, 0), ESHUTDOWN);
  ck_nbd_fails (nbd_flush (client, 0), ESHUTDOWN);
  ck_nbd_fails (nbd_pwrite (mark, "mark", 4, 0, 0), ESHUTDOWN);
  ck_nbd_fails (ASK (control, "end\0"), EINVAL);
  client_close (control);
  client_close (mark);
  client_close (client);
  stop_and_check_log ("mark base\n");
}
END_TEST

START_TEST (another_log_begins_with_empty_devices_and_its_own_notes)
{
  char data[512];

  START ("size=1M", "info=a=1", "info=b=2");
  struct nbd_handle *client = client_open ("disk0"), *control = client_open ("control");
  fill (data, sizeof data, 1);
  ck_nbd (nbd_pwrite (client, data, sizeof data, 0, 0));
  ck_nbd (ASK (control, "close\0"));
  ck_assert_int_eq (rename ("log.bin", "first.bin"), 0);
  ck_nbd (ASK (control, "open\0log=log.bin\0info=b=3\0"));
  check_content (client, NULL, MIB, 0);
  ck_nbd (nbd_pwrite (client, data, sizeof data, 512, 0));
  client_close (control);
  client_close (client);
  stop_and_check_log ("mark base\n"
                      "disk0 write 512 512\n"
                      "done 1\n");
  struct write_log *log = open_log ();
  ck_assert_ptr_null (log_info (log, "a"));
  ck_assert_str_eq (log_info (log, "b"), "3");
  write_log_close (log);
  log = write_log_open ("first.bin");
  ck_assert_int_eq (log->end, LOG_END_CLOSED);
  ck_assert_uint_eq (log->write_count, 1);
  ck_assert_uint_eq (log->writes[0].offset_bytes, 0);
  write_log_close (log);
}
END_TEST

START_TEST (another_log_can_have_a_base)
{
  char data[512];
  FILE *base = fopen ("base", "w");

  fill (data, sizeof data, 1);
  fwrite (data, 1, sizeof data, base);
  fclose (base);
  START ("size=1M");
  struct nbd_handle *client = client_open ("disk0"), *control = client_open ("control");
  ck_nbd (ASK (control, "open\0log=second.bin\0base=base\0"));
  check_content (client, data, sizeof data, 0);
  check_content (client, NULL, MIB - 512, 512);
  client_close (control);
  client_close (client);
  stop_and_check_log ("mark base\n");
}
END_TEST

START_TEST (what_the_device_holds_can_be_saved_as_a_base)
{
  char data[8192];
  struct stat status;

  fill (data, sizeof data, 1);
  START ("size=1M");
  struct nbd_handle *client = client_open ("disk0"), *control = client_open ("control");
  ck_nbd (nbd_pwrite (client, data, sizeof data, 64 * KIB, 0));
  ck_nbd (nbd_zero (client, 512, 64 * KIB + 512, 0));
  ck_nbd (ASK (control, "save\0image\0"));
  ck_assert_int_eq (stat ("image", &status), 0);
  ck_assert_int_eq (status.st_size, MIB);
  ck_nbd (ASK (control, "open\0log=second.bin\0base=image\0"));
  memset (data + 512, 0, 512);
  check_content (client, NULL, 64 * KIB, 0);
  check_content (client, data, sizeof data, 64 * KIB);
  client_close (control);
  client_close (client);
  server_stop ();
}
END_TEST

START_TEST (a_link_in_the_directory_leads_to_the_log)
{
  ck_assert_int_eq (mkdir ("links", 0700), 0);
  ck_assert_int_eq (symlink ("second.bin", "links/log"), 0);
  server_start ("writelog", "log=log.bin", "directory=links", "size=1M", NULL);
  struct nbd_handle *control = client_open ("control");
  ck_nbd (ASK (control, "open\0log=log\0"));
  client_close (control);
  server_stop ();
  ck_assert_int_eq (access ("second.bin", F_OK), 0);
}
END_TEST

START_TEST (without_a_directory_no_file_can_be_named)
{
  server_start ("writelog", "log=log.bin", "size=1M", NULL);
  struct nbd_handle *control = client_open ("control");
  ck_nbd_fails (ASK (control, "open\0log=new.bin\0"), EINVAL);
  ck_assert_int_eq (access ("new.bin", F_OK), -1);
  client_close (control);
  server_stop ();
}
END_TEST

static const struct {
  const char *texts;
  size_t size;
} senseless[] = {
#define SENSELESS(texts) { texts, sizeof texts - 1 }
  SENSELESS ("\0"), SENSELESS ("end"), SENSELESS ("End\0"), SENSELESS ("open\0"), SENSELESS ("open\0info=a=b\0"),
  SENSELESS ("open\0log\0"), SENSELESS ("open\0log=new.bin\0size=2M\0"), SENSELESS ("open\0log=new.bin\0nothing=1\0"),
  SENSELESS ("open\0log=new.bin\0base=a\0base=b\0"), SENSELESS ("open\0log=new.bin"),
  SENSELESS ("open\0log=new.bin\0info=a\0"),
  SENSELESS ("open\0log=/tmp/new.bin\0"), SENSELESS ("open\0log=../new.bin\0"), SENSELESS ("open\0log=./new.bin\0"),
  SENSELESS ("open\0log=..\0"), SENSELESS ("open\0log=\0"), SENSELESS ("open\0log=new.bin\0base=/etc/passwd\0"),
  SENSELESS ("open\0log=new.bin\0directory=/\0"), SENSELESS ("save\0"), SENSELESS ("save\0/tmp/new.bin\0"),
  SENSELESS ("save\0one\0other\0"),
#undef SENSELESS
};

START_TEST (a_senseless_request_is_refused_and_another_log_can_follow)
{
  START ("size=1M");
  struct nbd_handle *client = client_open ("disk0"), *control = client_open ("control");
  ck_nbd_fails (nbd_pwrite (control, senseless[_i].texts, senseless[_i].size, 0, 0), EINVAL);
  ck_assert_int_eq (access ("new.bin", F_OK), -1);
  ck_nbd (ASK (control, "open\0log=second.bin\0"));
  check_content (client, NULL, MIB, 0);
  client_close (control);
  client_close (client);
  server_stop ();
}
END_TEST

PLUGIN_TEST_MAIN ("writelog-control", who_did_not_start_the_server_has_no_control,
                  what_is_done_after_the_end_works_and_is_not_in_the_log, without_a_log_requests_are_refused,
                  another_log_begins_with_empty_devices_and_its_own_notes, another_log_can_have_a_base,
                  what_the_device_holds_can_be_saved_as_a_base, a_link_in_the_directory_leads_to_the_log,
                  without_a_directory_no_file_can_be_named,
                  LOOP_OVER (a_senseless_request_is_refused_and_another_log_can_follow, senseless))
