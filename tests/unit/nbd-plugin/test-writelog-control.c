/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "nbd-plugin/parameters.h"
#include "nbd-plugin/writelog-control.h"
#include "tests/unit/unit.h"

START_TEST (a_request_is_decoded_as_it_was_encoded)
{
  char *texts[] = { (char *) "log=a", (char *) "", (char *) "info=b=c d" };

  for (enum writelog_request request = 0; request < WRITELOG_UNKNOWN; request++)
    for (size_t count = 0; count <= 3; count++) {
      size_t size;
      CLEANUP_FREE char *bytes = writelog_encode (request, texts, count, &size);
      const char *text, *end;

      ck_assert_int_eq (writelog_decode (bytes, size, &text, &end), request);
      for (size_t i = 0; i < count && i != 1; i++, text += strlen (text) + 1)
        ck_assert_str_eq (text, texts[i]);
      ck_assert_ptr_eq (end, bytes + (count == 2 ? size - 1 : size));   /* an empty text at the end is filling */
    }
}
END_TEST

START_TEST (the_rest_of_a_sector_is_no_text)
{
  static const char bytes[512] = "save\0name";
  const char *text, *end;

  ck_assert_int_eq (writelog_decode (bytes, sizeof bytes, &text, &end), WRITELOG_SAVE);
  ck_assert_str_eq (text, "name");
  ck_assert_ptr_eq (end, text + sizeof "name");
}
END_TEST

START_TEST (what_does_not_end_or_is_no_request_is_told_apart)
{
  const char *text, *end;

  errno = 0;
  ck_assert_int_eq (writelog_decode ("end", 3, &text, &end), -1);
  ck_assert_int_eq (errno, EINVAL);
  ck_assert_int_eq (writelog_decode ("", 0, &text, &end), -1);
  ck_assert_int_eq (writelog_decode ("end\0more", 8, &text, &end), -1);
  ck_assert_int_eq (writelog_decode ("", 1, &text, &end), WRITELOG_UNKNOWN);
  ck_assert_int_eq (writelog_decode ("ends", 5, &text, &end), WRITELOG_UNKNOWN);
}
END_TEST

START_TEST (parameters_are_a_list_with_an_end)
{
  struct text_list parameters = { NULL, 0 };

  ck_assert_int_eq (parameters_add (&parameters, PARAMETER_LOG, "a=b"), 0);
  ck_assert_int_eq (parameters_add (&parameters, PARAMETER_SIZE, ""), 0);
  ck_assert_uint_eq (parameters.count, 2);
  ck_assert_str_eq (parameters.texts[0], "log=a=b");
  ck_assert_str_eq (parameters.texts[1], "size=");
  ck_assert_ptr_null (parameters.texts[2]);
  text_list_free (&parameters);
}
END_TEST

UNIT_TEST_MAIN ("writelog-control", a_request_is_decoded_as_it_was_encoded, the_rest_of_a_sector_is_no_text,
                what_does_not_end_or_is_no_request_is_told_apart, parameters_are_a_list_with_an_end)
