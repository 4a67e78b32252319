# SPDX-License-Identifier: BSD-3-Clause
# One program a module, linked to the same convenience library as the program that uses it.
unit_cflags = $(AM_CFLAGS) $(CHECK_CFLAGS)

UNIT_TESTS += tests/unit/test-number
tests_unit_test_number_SOURCES = tests/unit/test-number.c tests/unit/unit.h
tests_unit_test_number_CFLAGS = $(unit_cflags)
tests_unit_test_number_LDADD = common/libcommon.la common/libmessage.la $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test-tree
tests_unit_test_tree_SOURCES = tests/unit/test-tree.c tests/unit/unit.h
tests_unit_test_tree_CFLAGS = $(unit_cflags) $(XXHASH_CFLAGS)
tests_unit_test_tree_LDADD = checker/libobserve.la common/libcommon.la common/libmessage.la $(XXHASH_LIBS) $(CHECK_LIBS)

# It brings its own error_message, to see the messages.
UNIT_TESTS += tests/unit/test-judge
tests_unit_test_judge_SOURCES = tests/unit/test-judge.c tests/unit/unit.h
tests_unit_test_judge_CFLAGS = $(unit_cflags)
tests_unit_test_judge_LDADD = checker/libjudge.la common/libcommon.la $(CHECK_LIBS)

# These two bring their own error_message, too.
UNIT_TESTS += tests/unit/test-kernel tests/unit/test-initramfs
tests_unit_test_kernel_SOURCES = tests/unit/test-kernel.c tests/unit/unit.h
tests_unit_test_kernel_CFLAGS = $(unit_cflags)
tests_unit_test_kernel_LDADD = guest/libguest.la common/libcommon.la $(ARCHIVE_LIBS) $(CHECK_LIBS)
tests_unit_test_initramfs_SOURCES = tests/unit/test-initramfs.c tests/unit/unit.h
tests_unit_test_initramfs_CFLAGS = $(unit_cflags) $(ARCHIVE_CFLAGS)
tests_unit_test_initramfs_LDADD = guest/libguest.la common/libcommon.la $(ARCHIVE_LIBS) $(CHECK_LIBS)
