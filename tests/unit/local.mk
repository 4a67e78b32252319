# SPDX-License-Identifier: BSD-3-Clause
# One program a module, linked to the same convenience library as the program that uses it.
unit_cflags = $(AM_CFLAGS) $(CHECK_CFLAGS)

UNIT_TESTS += tests/unit/test-number
tests_unit_test_number_SOURCES = tests/unit/test-number.c tests/unit/unit.h
tests_unit_test_number_CFLAGS = $(unit_cflags)
tests_unit_test_number_LDADD = common/libcommon.la common/libmessage.la $(CHECK_LIBS)
