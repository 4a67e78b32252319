/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <sys/mman.h>
#include <unistd.h>

#include "tests/unit/message.h"
#include "tests/unit/unit.h"
#include "vhost/memory.h"

#define FILE_BYTES 65536
#define GUEST UINT64_C (0x100000)
#define OWN UINT64_C (0x7f0000000000)

static struct vhost_memory memory;
static int fd;

static void
make_file (void)
{
  fd = memfd_create ("guest", 0);
  ck_assert_int_eq (ftruncate (fd, FILE_BYTES), 0);
  forget_messages ();
}

static void
end_memory (void)
{
  vhost_memory_release (&memory);
  ck_assert_uint_eq (memory.count, 0);
  close (fd);
}

START_TEST (bytes_are_found_by_both_addresses)
{
  char letter = 'x';

  ck_assert_int_eq (vhost_memory_add (&memory, fd, 12345, 1000, GUEST, OWN), 0);
  ck_assert_int_eq (pwrite (fd, &letter, 1, 12345 + 700), 1);
  ck_assert_int_eq (*(char *) vhost_memory_of_guest (&memory, GUEST + 700, 1), letter);
  ck_assert_int_eq (*(char *) vhost_memory_of_driver (&memory, OWN + 700, 300), letter);
  ck_assert_ptr_null (vhost_memory_of_guest (&memory, OWN + 700, 1));
  ck_assert_ptr_null (vhost_memory_of_driver (&memory, GUEST + 700, 1));
}
END_TEST

START_TEST (regions_are_told_apart)
{
  ck_assert_int_eq (vhost_memory_add (&memory, fd, 0, 4096, GUEST, OWN), 0);
  ck_assert_int_eq (vhost_memory_add (&memory, fd, 8192, 4096, GUEST + 4096, OWN + 4096), 0);
  char *second = vhost_memory_of_guest (&memory, GUEST + 4096, 1);
  ck_assert_ptr_nonnull (vhost_memory_of_guest (&memory, GUEST, 4096));
  ck_assert_ptr_nonnull (second);
  *second = 's';
  char letter;
  ck_assert_int_eq (pread (fd, &letter, 1, 8192), 1);
  ck_assert_int_eq (letter, 's');
  /* They follow each other for the guest alone. */
  ck_assert_ptr_null (vhost_memory_of_guest (&memory, GUEST + 4095, 2));
}
END_TEST

static const struct {
  uint64_t address, length;
} outside[] = {
  { GUEST - 1, 1 }, { GUEST - 1, 2 }, { GUEST + 4096, 1 }, { GUEST + 4095, 2 }, { GUEST, 4097 }, { GUEST, UINT64_MAX },
  { GUEST + 1, UINT64_MAX }, { GUEST + 4095, UINT64_MAX - GUEST - 4095 }, { UINT64_MAX, 1 }, { UINT64_MAX, UINT64_MAX },
  { 0, GUEST + 1 }, { 0, 0 },
};

START_TEST (nothing_is_outside)
{
  ck_assert_int_eq (vhost_memory_add (&memory, fd, 0, 4096, GUEST, GUEST), 0);
  ck_assert_ptr_null (vhost_memory_of_guest (&memory, outside[_i].address, outside[_i].length));
  ck_assert_ptr_null (vhost_memory_of_driver (&memory, outside[_i].address, outside[_i].length));
}
END_TEST

static const struct {
  uint64_t offset, size, guest, own;
} impossible[] = {
  { 0, 0, GUEST, OWN }, { 0, FILE_BYTES + 1, GUEST, OWN }, { FILE_BYTES, 1, GUEST, OWN }, { 1, FILE_BYTES, GUEST, OWN },
  { UINT64_MAX, 4096, GUEST, OWN }, { 4096, UINT64_MAX, GUEST, OWN }, { 0, 4096, UINT64_MAX - 100, OWN },
  { 0, 4096, GUEST, UINT64_MAX - 100 },
};

START_TEST (impossible_regions_are_refused)
{
  ck_assert_int_eq (vhost_memory_add (&memory, fd, impossible[_i].offset, impossible[_i].size, impossible[_i].guest,
                                      impossible[_i].own), -1);
  ck_assert_uint_eq (message_count, 1);
  ck_assert_uint_eq (memory.count, 0);
}
END_TEST

START_TEST (what_is_no_file_is_refused)
{
  int ends[2];

  ck_assert_int_eq (pipe (ends), 0);
  ck_assert_int_eq (vhost_memory_add (&memory, ends[0], 0, 4096, GUEST, OWN), -1);
  ck_assert_int_eq (vhost_memory_add (&memory, -1, 0, 4096, GUEST, OWN), -1);
  ck_assert_uint_eq (message_count, 2);
  close (ends[0]);
  close (ends[1]);
}
END_TEST

START_TEST (there_is_an_end_of_regions)
{
  for (uint64_t i = 0; i < VHOST_REGIONS_MAX; i++)
    ck_assert_int_eq (vhost_memory_add (&memory, fd, 0, 4096, GUEST + i * 4096, OWN + i * 4096), 0);
  ck_assert_int_eq (vhost_memory_add (&memory, fd, 0, 4096, 0, 0), -1);
}
END_TEST

UNIT_TEST_MAIN_WITH ("vhost memory", make_file, end_memory, bytes_are_found_by_both_addresses, regions_are_told_apart,
                     LOOP_OVER (nothing_is_outside, outside), LOOP_OVER (impossible_regions_are_refused, impossible),
                     what_is_no_file_is_refused, there_is_an_end_of_regions)
