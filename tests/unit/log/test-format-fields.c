/* SPDX-License-Identifier: BSD-3-Clause */
/* What the fields of a record and of the header may be, and that nothing else is taken. */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "log/checksum.h"
#include "tests/unit/log/craft.h"

#define NO_DEVICE "names a device that the log does not have"
#define NOT_SECTORS "is not made of whole sectors"
#define BEYOND "goes beyond the end of its device"
#define UNUSED_FIELD "has a value in a field that its kind does not use"
#define NOT_ITS_DATA "has a length that is not its data's"
#define NOT_IN_FLIGHT "completes an operation that is not in flight"
#define UNKNOWN_KIND "is of an unknown kind"
#define TOO_LONG "is longer than any request"

static const struct bad_record {
  struct log_record record;
  uint32_t data_size;           /* bytes that really follow */
  const char *fault;
} bad_records[] = {
  { { .kind = LOG_WRITE, .device = 2, .data_size = 512, .length = 512 }, 512, NO_DEVICE },
  { { .kind = LOG_ZERO, .device = 2, .length = 512 }, 0, NO_DEVICE },
  { { .kind = LOG_TRIM, .device = 65535, .length = 512 }, 0, NO_DEVICE },
  { { .kind = LOG_FLUSH, .device = 2 }, 0, NO_DEVICE },

  { { .kind = LOG_WRITE }, 0, NOT_SECTORS },
  { { .kind = LOG_ZERO }, 0, NOT_SECTORS },
  { { .kind = LOG_TRIM }, 0, NOT_SECTORS },
  { { .kind = LOG_WRITE, .data_size = 256, .length = 256 }, 256, NOT_SECTORS },
  { { .kind = LOG_ZERO, .length = 513 }, 0, NOT_SECTORS },
  { { .kind = LOG_WRITE, .data_size = 512, .offset = 256, .length = 512 }, 512, NOT_SECTORS },
  { { .kind = LOG_TRIM, .offset = 1, .length = 512 }, 0, NOT_SECTORS },

  { { .kind = LOG_WRITE, .device = 1, .data_size = 512, .offset = SIZE_1, .length = 512 }, 512, BEYOND },
  { { .kind = LOG_ZERO, .device = 1, .offset = SIZE_1 - 512, .length = 1024 }, 0, BEYOND },
  { { .kind = LOG_TRIM, .device = 1, .offset = SIZE_1 + 512, .length = 512 }, 0, BEYOND },
  { { .kind = LOG_ZERO, .offset = UINT64_MAX - 511, .length = 512 }, 0, BEYOND },
  { { .kind = LOG_ZERO, .length = 0xfffffe00 }, 0, BEYOND },

  { { .kind = LOG_WRITE, .data_size = 512, .length = 1024 }, 512, NOT_ITS_DATA },
  { { .kind = LOG_WRITE, .data_size = 1024, .length = 512 }, 1024, NOT_ITS_DATA },
  { { .kind = LOG_WRITE, .length = 512 }, 0, NOT_ITS_DATA },

  { { .kind = LOG_ZERO, .data_size = 512, .length = 512 }, 512, UNUSED_FIELD },
  { { .kind = LOG_TRIM, .data_size = 512, .length = 512 }, 512, UNUSED_FIELD },
  { { .kind = LOG_FLUSH, .data_size = 8 }, 8, UNUSED_FIELD },
  { { .kind = LOG_COMPLETION, .device = 1, .data_size = 8, .offset = 7 }, 8, UNUSED_FIELD },
  { { .kind = LOG_END, .data_size = 8 }, 8, UNUSED_FIELD },
  { { .kind = LOG_FLUSH, .offset = 512 }, 0, UNUSED_FIELD },
  { { .kind = LOG_FLUSH, .length = 512 }, 0, UNUSED_FIELD },
  { { .kind = LOG_MARK, .device = 1 }, 0, UNUSED_FIELD },
  { { .kind = LOG_MARK, .offset = 1 }, 0, UNUSED_FIELD },
  { { .kind = LOG_MARK, .length = 4, .data_size = 4 }, 4, UNUSED_FIELD },
  { { .kind = LOG_END, .device = 1 }, 0, UNUSED_FIELD },
  { { .kind = LOG_END, .offset = 1 }, 0, UNUSED_FIELD },
  { { .kind = LOG_END, .length = 1 }, 0, UNUSED_FIELD },

  { { .kind = LOG_WRITE, .flags = LOG_FLAG_MAY_TRIM, .data_size = 512, .length = 512 }, 512, UNUSED_FIELD },
  { { .kind = LOG_WRITE, .flags = LOG_FAILED, .data_size = 512, .length = 512 }, 512, UNUSED_FIELD },
  { { .kind = LOG_ZERO, .flags = 8, .length = 512 }, 0, UNUSED_FIELD },
  { { .kind = LOG_ZERO, .flags = LOG_FAILED, .length = 512 }, 0, UNUSED_FIELD },
  { { .kind = LOG_TRIM, .flags = LOG_FLAG_MAY_TRIM, .length = 512 }, 0, UNUSED_FIELD },
  { { .kind = LOG_FLUSH, .flags = LOG_FLAG_FUA }, 0, UNUSED_FIELD },
  { { .kind = LOG_COMPLETION, .flags = LOG_FLAG_FUA, .device = 1, .offset = 7 }, 0, UNUSED_FIELD },
  { { .kind = LOG_COMPLETION, .flags = LOG_FLAG_PATH1, .device = 1, .offset = 7 }, 0, UNUSED_FIELD },
  { { .kind = LOG_MARK, .flags = LOG_FLAG_PATH1 }, 0, UNUSED_FIELD },
  { { .kind = LOG_MARK, .flags = LOG_FLAG_FUA }, 0, UNUSED_FIELD },
  { { .kind = LOG_END, .flags = LOG_FLAG_FUA }, 0, UNUSED_FIELD },

  { { .kind = LOG_WRITE, .data_size = 512, .length = 512, .reserved = 1 }, 512, UNUSED_FIELD },
  { { .kind = LOG_COMPLETION, .device = 1, .offset = 7, .reserved = 1 }, 0, UNUSED_FIELD },
  { { .kind = LOG_MARK, .reserved = 1 }, 0, UNUSED_FIELD },
  { { .kind = LOG_END, .reserved = 1 }, 0, UNUSED_FIELD },

  { { .kind = 0 }, 0, UNKNOWN_KIND },
  { { .kind = LOG_END + 1 }, 0, UNKNOWN_KIND },
  { { .kind = 255 }, 0, UNKNOWN_KIND },

  { { .kind = LOG_MARK, .data_size = LOG_DATA_MAX + 1 }, 0, TOO_LONG },
  { { .kind = LOG_WRITE, .data_size = UINT32_MAX, .length = UINT32_MAX }, 0, TOO_LONG },
  { { .kind = LOG_MARK, .data_size = LOG_DATA_MAX }, 0, "is cut off" },
  { { .kind = LOG_MARK, .data_size = 4 }, 8, "has a wrong checksum" },

  { { .kind = LOG_COMPLETION, .offset = VALID_EVENTS }, 0, NOT_IN_FLIGHT },             /* itself */
  { { .kind = LOG_COMPLETION, .offset = VALID_EVENTS + 1 }, 0, NOT_IN_FLIGHT },         /* the future */
  { { .kind = LOG_COMPLETION, .device = 1, .offset = (UINT64_C (1) << 32) + 7 }, 0, NOT_IN_FLIGHT },
  { { .kind = LOG_COMPLETION, .offset = UINT64_MAX }, 0, NOT_IN_FLIGHT },
  { { .kind = LOG_COMPLETION, .offset = 6 }, 0, NOT_IN_FLIGHT },                        /* a mark */
  { { .kind = LOG_COMPLETION, .offset = 1 }, 0, NOT_IN_FLIGHT },                        /* a completion */
  { { .kind = LOG_COMPLETION, .offset = 0 }, 0, NOT_IN_FLIGHT },                        /* twice */
  { { .kind = LOG_COMPLETION, .offset = 4 }, 0, NOT_IN_FLIGHT },                        /* twice, after a failure */
  { { .kind = LOG_COMPLETION, .offset = 4, .length = EIO }, 0, NOT_IN_FLIGHT },
  { { .kind = LOG_COMPLETION, .device = 1, .offset = 2 }, 0, NOT_IN_FLIGHT },           /* a failed flush twice */
  { { .kind = LOG_COMPLETION, .device = 1, .offset = 2, .length = EIO }, 0, NOT_IN_FLIGHT },
  { { .kind = LOG_COMPLETION, .device = 0, .offset = 7 }, 0, NOT_IN_FLIGHT },           /* the wrong device */
  { { .kind = LOG_COMPLETION, .device = 2, .offset = 7 }, 0, NOT_IN_FLIGHT },
};

START_TEST (a_record_with_a_right_checksum_and_wrong_fields_ends_the_log)
{
  static const char data[4096];
  const struct bad_record *bad = &bad_records[_i];

  for (int closed = 0; closed < 2; closed++) {
    struct craft craft;

    craft_events (&craft);
    size_t valid = craft.size;
    craft_record (&craft, &bad->record, data, bad->data_size);
    if (closed)
      craft_record (&craft, &(struct log_record) { .kind = LOG_END }, NULL, 0);
    struct write_log *log = open_craft (&craft);
    ck_assert_msg (log != NULL, "%s", message);
    ck_assert_pstr_eq (log->fault, bad->fault);
    ck_assert_int_eq (log->end, closed ? LOG_END_DAMAGED : LOG_END_CUT);
    assert_loss (log, VALID_EVENTS, valid, closed ? "damaged" : "cut off");
    write_log_close (log);
  }
}
END_TEST

START_TEST (records_at_every_limit_are_valid)
{
  static const char data[4096];
  static const struct log_record good[] = {
    { .kind = LOG_WRITE, .flags = LOG_FLAG_FUA, .device = 1, .data_size = SIZE_1, .length = SIZE_1 },
    { .kind = LOG_ZERO, .flags = LOG_FLAG_FUA | LOG_FLAG_MAY_TRIM, .offset = SIZE_0 - 512, .length = 512 },
    { .kind = LOG_TRIM, .flags = LOG_FLAG_FUA, .length = SIZE_0 },
    { .kind = LOG_WRITE, .flags = LOG_FLAG_PATH1, .data_size = 512, .length = 512 },
    { .kind = LOG_FLUSH, .flags = LOG_FLAG_PATH1 },
    { .kind = LOG_MARK },
    { .kind = LOG_MARK, .data_size = 7 },
    { .kind = LOG_COMPLETION, .device = 1, .offset = 7, .length = UINT32_MAX },
    { .kind = LOG_END, .time = UINT64_MAX },
  };
  struct craft craft;

  craft_events (&craft);
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
    craft_record (&craft, &good[i], data, good[i].data_size);
  struct write_log *log = open_craft (&craft);
  ck_assert_msg (log != NULL, "%s", message);
  ck_assert_int_eq (log->end, LOG_END_CLOSED);
  ck_assert_uint_eq (log->event_count, VALID_EVENTS + 8);
  write_log_close (log);
}
END_TEST

START_TEST (a_moved_record_is_not_valid)
{
  char first[sizeof (struct log_record)], second[sizeof first];
  struct craft craft;

  craft_events (&craft);
  size_t at = craft.size;
  craft_record (&craft, &(struct log_record) { .kind = LOG_FLUSH }, NULL, 0);
  craft_record (&craft, &(struct log_record) { .kind = LOG_FLUSH, .device = 1 }, NULL, 0);
  memcpy (first, craft.bytes + at, sizeof first);
  memcpy (second, craft.bytes + at + sizeof first, sizeof second);
  memcpy (craft.bytes + at, second, sizeof second);
  memcpy (craft.bytes + at + sizeof second, first, sizeof first);
  struct write_log *log = open_craft (&craft);
  assert_loss (log, VALID_EVENTS, at, "cut off");
  ck_assert_str_eq (log->fault, "has a wrong checksum");
  write_log_close (log);
}
END_TEST

START_TEST (padding_that_is_not_zero_is_not_valid)
{
  struct craft craft;

  craft_events (&craft);
  size_t at = craft.size;
  craft_record (&craft, &(struct log_record) { .kind = LOG_MARK, .data_size = 4 }, "mark", 4);
  craft.bytes[craft.size - 1] = 1;
  struct write_log *log = open_craft (&craft);
  assert_loss (log, VALID_EVENTS, at, "cut off");
  write_log_close (log);
}
END_TEST

START_TEST (nothing_may_stand_behind_the_end)
{
  for (int closed = 0; closed < 2; closed++) {
    struct craft craft;

    craft_events (&craft);
    craft_record (&craft, &(struct log_record) { .kind = LOG_END }, NULL, 0);
    size_t end = craft.size;
    craft_record (&craft, &(struct log_record) { .kind = LOG_FLUSH }, NULL, 0);
    if (closed)
      craft_record (&craft, &(struct log_record) { .kind = LOG_END }, NULL, 0);
    struct write_log *log = open_craft (&craft);
    ck_assert_int_eq (log->end, LOG_END_DAMAGED);
    assert_loss (log, VALID_EVENTS, end, "damaged");
    ck_assert_ptr_nonnull (log->fault);
    write_log_close (log);
  }
}
END_TEST

/* A header, and what is said when it is refused (NULL: it is not). */
static const struct {
  uint32_t version, header_size, device_count, info_size;
  uint64_t device_size;
  const char *info;
  const char *reason;
} headers[] = {
  { 1, 48, 1, 0, 512, NULL, NULL },
  { 1, 40 + 8 * 64, 64, 0, 512, NULL, NULL },
  { 1, 56, 1, 8, 512, "a=bcdef", NULL },
  { 1, 56, 1, 5, 512, "a=bc", NULL },
  { 1, 48, 1, 0, (uint64_t) INT64_MAX - 511, NULL, NULL },

  { 2, 48, 1, 0, 512, NULL, "a log of version 2" },
  { 0, 48, 1, 0, 512, NULL, "a log of version 0" },
  { 1, 40, 0, 0, 512, NULL, "its header is damaged" },
  { 1, 40 + 8 * 65, 65, 0, 512, NULL, "its header is damaged" },
  { 1, 48, 1, 0, 0, NULL, "its header is damaged" },
  { 1, 48, 1, 0, 513, NULL, "its header is damaged" },
  { 1, 48, 1, 0, UINT64_C (1) << 63, NULL, "its header is damaged" },
  { 1, 56, 1, 8, 512, "a=bcdefg", "its header is damaged" },            /* no NUL */
  { 1, 40, 1, 0, 512, NULL, "its header is damaged" },                  /* too small for the device */
  { 1, 48, 1, 8, 512, NULL, "its header is damaged" },                  /* too small for the text */
  { 1, 56, 1, 0, 512, NULL, "its header is damaged" },                  /* larger than it need be */
  { 1, 52, 1, 0, 512, NULL, "its header is damaged" },                  /* not aligned */
  { 1, 0, 1, 0, 512, NULL, "its header is damaged" },
  { 1, 48, 1, LOG_INFO_MAX + 1, 512, NULL, "its header is damaged" },
  { 1, 48, 1, UINT32_MAX, 512, NULL, "its header is damaged" },
  { 1, 48, UINT32_MAX, 0, 512, NULL, "its header is damaged" },
};

START_TEST (a_header_that_lies_is_refused)
{
  const struct log_header header = {
    .magic = LOG_MAGIC, .version = htole32 (headers[_i].version), .header_size = htole32 (headers[_i].header_size),
    .device_count = htole32 (headers[_i].device_count == UINT32_MAX ? 1 : headers[_i].device_count),
    .info_size = htole32 (headers[_i].info ? headers[_i].info_size : 0)
  };
  uint64_t sizes[LOG_DEVICES_MAX + 1];
  struct craft craft;

  for (size_t i = 0; i <= LOG_DEVICES_MAX; i++)
    sizes[i] = headers[_i].device_size;
  craft_header_of (&craft, &header, sizes, headers[_i].info);
  struct log_header *head = (struct log_header *) craft.bytes;
  size_t size = craft.size < sizeof *head ? sizeof *head : craft.size;
  head->device_count = htole32 (headers[_i].device_count);
  head->info_size = htole32 (headers[_i].info_size);
  head->checksum = htole64 (log_header_checksum (head, size));
  craft.size = size + 64;
  struct write_log *log = open_craft (&craft);
  ck_assert_msg ((log == NULL) == (headers[_i].reason != NULL), "header %d: '%s'", _i, message);
  if (headers[_i].reason)
    ck_assert_msg (strstr (message, headers[_i].reason) != NULL, "'%s' does not say '%s'", message, headers[_i].reason);
  write_log_close (log);
}
END_TEST

START_TEST (a_header_longer_than_the_file_is_refused)
{
  struct craft craft;

  craft_header (&craft);
  ((struct log_header *) craft.bytes)->header_size = htole32 (0xfffffff8);
  ck_assert_ptr_null (open_craft (&craft));
  ck_assert_ptr_nonnull (strstr (message, "its header is cut off"));
}
END_TEST

UNIT_TEST_MAIN ("format-fields",
                LOOP_OVER (a_record_with_a_right_checksum_and_wrong_fields_ends_the_log, bad_records),
                records_at_every_limit_are_valid, a_moved_record_is_not_valid, padding_that_is_not_zero_is_not_valid,
                nothing_may_stand_behind_the_end, LOOP_OVER (a_header_that_lies_is_refused, headers),
                a_header_longer_than_the_file_is_refused)
