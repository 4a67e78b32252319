/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <linux/fiemap.h>
#include <stdio.h>
#include <string.h>

#include "checker/observe/layout.h"
#include "common/text.h"
#include "tests/unit/unit.h"

#define DEVICE_BYTES (100 * LAYOUT_SECTOR)

static void
assert_prints (const struct file_layout *layout, const char *expected)
{
  struct text_stream stream;

  ck_assert (text_begin (&stream));
  layout_print (layout, stream.file);
  char *text = text_end (&stream);
  ck_assert_str_eq (text, expected);
  free (text);
}

START_TEST (a_layout_is_read_as_it_was_written)
{
  static const struct {
    uint64_t size;
    const char *word;
  } cases[] = { { 1, "@0+1" }, { 512, "@99+1" }, { 513, "@z2" }, { 6 * 512, "@10+2,z3,98+1" }, { 2048, "@9+2,8+2" } };

  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct file_layout layout;

    ck_assert_int_eq (layout_parse (cases[i].word, cases[i].size, DEVICE_BYTES, &layout), 0);
    ck_assert_uint_eq (layout.sectors, (cases[i].size + 511) / 512);
    assert_prints (&layout, cases[i].word);
    layout_free (&layout);
  }
}
END_TEST

static const struct {
  uint64_t size;
  const char *word;
} wrong[] = {
  { 512, "" }, { 512, "0+1" }, { 512, "@" }, { 512, "@0" }, { 512, "@+1" }, { 512, "@0+" }, { 512, "@0+0" },
  { 512, "@0+2" }, { 1024, "@0+1" },
  { 1024, "@0+1," }, { 512, "@0+1,5+1" }, { 512, "@100+1" }, { 1024, "@99+2" }, { 512, "@z" },
  { 512, "@-1+1" }, { 512, "@0+1x" }, { 512, "@18446744073709551615+1" }, { 512, "@18446744073709551616+1" },
  { 512, "@1+18446744073709551617" }, { 0, "@" }, { 0, "@0+1" },
  { UINT64_C (1) << 40, "@z2147483648" }, { INT64_MAX, "@z18014398509481984" },
};

START_TEST (what_is_no_layout_of_the_file_is_refused)
{
  struct file_layout layout;

  ck_assert_int_eq (layout_parse (wrong[_i].word, wrong[_i].size, DEVICE_BYTES, &layout), -1);
  ck_assert_int_eq (errno, EINVAL);
  ck_assert_ptr_null (layout.runs);
}
END_TEST

/* An extent, in sectors. */
static struct fiemap_extent
extent_of (uint64_t logical, uint64_t physical, uint64_t length, uint32_t flags)
{
  return (struct fiemap_extent) {
    .fe_logical = logical * 512, .fe_physical = physical * 512, .fe_length = length * 512, .fe_flags = flags
  };
}

START_TEST (extents_make_a_layout_up_to_the_end_of_the_file)
{
  const struct fiemap_extent extents[] = {
    extent_of (0, 40, 2, 0), extent_of (2, 42, 2, FIEMAP_EXTENT_MERGED), extent_of (6, 80, 2, FIEMAP_EXTENT_SHARED),
    extent_of (8, 90, 1, FIEMAP_EXTENT_UNWRITTEN), extent_of (9, 10, 8, FIEMAP_EXTENT_LAST),
    extent_of (17, 60, 8, FIEMAP_EXTENT_UNWRITTEN)
  };
  struct file_layout layout = { .runs = NULL };

  for (size_t i = 0; i < sizeof extents / sizeof extents[0]; i++)
    ck_assert (layout_add_extent (&layout, 11, &extents[i]));
  assert_prints (&layout, "@40+4,z2,80+2,z1,10+2");
  layout_free (&layout);
}
END_TEST

static const struct fiemap_extent not_plain[] = {
  { .fe_length = 512, .fe_flags = FIEMAP_EXTENT_ENCODED }, { .fe_length = 512, .fe_flags = FIEMAP_EXTENT_UNKNOWN },
  { .fe_length = 512, .fe_flags = FIEMAP_EXTENT_DELALLOC },
  { .fe_length = 512, .fe_flags = FIEMAP_EXTENT_NOT_ALIGNED },
  { .fe_length = 512, .fe_flags = FIEMAP_EXTENT_DATA_INLINE },
  { .fe_length = 512, .fe_flags = FIEMAP_EXTENT_DATA_TAIL },
  { .fe_length = 512, .fe_flags = FIEMAP_EXTENT_DATA_ENCRYPTED }, { .fe_length = 512, .fe_flags = 0x80000000 },
  { .fe_length = 100 }, { .fe_physical = 1, .fe_length = 512 },
};

START_TEST (what_is_not_just_what_is_there_has_to_be_read)
{
  struct file_layout layout = { .runs = NULL };

  ck_assert (!layout_add_extent (&layout, 4, &not_plain[_i]));
  layout_free (&layout);
}
END_TEST

UNIT_TEST_MAIN ("layout", a_layout_is_read_as_it_was_written,
                LOOP_OVER (what_is_no_layout_of_the_file_is_refused, wrong),
                extents_make_a_layout_up_to_the_end_of_the_file,
                LOOP_OVER (what_is_not_just_what_is_there_has_to_be_read, not_plain))
