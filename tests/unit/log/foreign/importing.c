/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "tests/unit/log/foreign/importing.h"
#include "tests/unit/message.h"

const struct import_options kernel = { .format = IMPORT_DM_LOG_WRITES };
const struct import_options kernel_cautious = { .format = IMPORT_DM_LOG_WRITES, .order = ORDER_CAUTIOUS };
const struct import_options qemu = { .format = IMPORT_BLKLOGWRITES };
const struct import_options qemu_cautious = { .format = IMPORT_BLKLOGWRITES, .order = ORDER_CAUTIOUS };
const struct import_options nbd = { .format = IMPORT_NBD_DATALOG };

struct import_result result;

struct write_log *
try_import (const struct bytes *bytes, struct import_options options)
{
  CLEANUP_FREE char *file = new_path ();
  CLEANUP_FREE char *path = new_path ();
  struct write_log *log = NULL;

  write_bytes (file, bytes->at, bytes->size);
  options.file = file;
  message[0] = '\0';
  if (import_log (&options, path, &result) == 0) {
    log = write_log_open (path);
    ck_assert_msg (log, "%s", message);
    ck_assert_int_eq (log->end, LOG_END_CLOSED);
    unlink (path);
  }
  else
    ck_assert_msg (message[0] && access (path, F_OK) == -1, "nothing said, or %s left", path);
  unlink (file);
  return log;
}

struct write_log *
import_well (const struct bytes *bytes, struct import_options options)
{
  struct write_log *log = try_import (bytes, options);

  ck_assert_msg (log, "%s", message);
  return log;
}

void
assert_imports (struct bytes bytes, struct import_options options, const char *expected)
{
  struct write_log *log = import_well (&bytes, options);
  CLEANUP_FREE char *events = describe (log);

  ck_assert_str_eq (events, expected);
  write_log_close (log);
  bytes_free (&bytes);
}

void
assert_import_refused (const struct bytes *bytes, struct import_options options, const char *reason)
{
  struct write_log *log = try_import (bytes, options);

  ck_assert_msg (log == NULL, "taken, though %s", reason);
  ck_assert_msg (strstr (message, reason), "'%s' does not say '%s'", message, reason);
}
