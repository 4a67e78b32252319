# SPDX-License-Identifier: BSD-3-Clause
# One program a module, linked to the same convenience library as the program that uses it.
unit_cflags = $(AM_CFLAGS) $(CHECK_CFLAGS)

UNIT_TESTS += tests/unit/test-number
tests_unit_test_number_SOURCES = tests/unit/test-number.c tests/unit/unit.h
tests_unit_test_number_CFLAGS = $(unit_cflags)
tests_unit_test_number_LDADD = common/libcommon.la common/libmessage.la $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test-printable
tests_unit_test_printable_SOURCES = tests/unit/test-printable.c tests/unit/unit.h
tests_unit_test_printable_CFLAGS = $(unit_cflags)
tests_unit_test_printable_LDADD = common/libcommon.la common/libmessage.la $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test-complaint
tests_unit_test_complaint_SOURCES = tests/unit/test-complaint.c tests/unit/unit.h
tests_unit_test_complaint_CFLAGS = $(unit_cflags)
tests_unit_test_complaint_LDADD = common/libcommon.la common/libmessage.la $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test-process
tests_unit_test_process_SOURCES = tests/unit/test-process.c tests/unit/unit.h
tests_unit_test_process_CFLAGS = $(unit_cflags)
tests_unit_test_process_LDADD = common/libcommon.la common/libmessage.la $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test-publish
tests_unit_test_publish_SOURCES = tests/unit/test-publish.c tests/unit/unit.h
tests_unit_test_publish_CFLAGS = $(unit_cflags)
tests_unit_test_publish_LDADD = common/libcommon.la common/libmessage.la $(CHECK_LIBS)

# It brings its own error_message, to see the messages.
UNIT_TESTS += tests/unit/test-log-part
tests_unit_test_log_part_SOURCES = tests/unit/test-log-part.c tests/unit/unit.h record/log-part.c record/log-part.h
tests_unit_test_log_part_CFLAGS = $(unit_cflags)
tests_unit_test_log_part_LDADD = common/libcommon.la $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test-sandbox
tests_unit_test_sandbox_SOURCES = tests/unit/test-sandbox.c tests/unit/unit.h
tests_unit_test_sandbox_CFLAGS = $(unit_cflags)
tests_unit_test_sandbox_LDADD = common/libsandbox.la common/libmessage.la $(CHECK_LIBS)

# It brings its own error_message, to see the messages.
UNIT_TESTS += tests/unit/test-options
tests_unit_test_options_SOURCES = tests/unit/test-options.c tests/unit/unit.h
tests_unit_test_options_CFLAGS = $(unit_cflags)
tests_unit_test_options_LDADD = common/libcommon.la $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test-tree
tests_unit_test_tree_SOURCES = tests/unit/test-tree.c tests/unit/unit.h
tests_unit_test_tree_CFLAGS = $(unit_cflags) $(XXHASH_CFLAGS)
tests_unit_test_tree_LDADD = checker/libobserve.la common/libcommon.la common/libmessage.la $(XXHASH_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test-kernel-fault
tests_unit_test_kernel_fault_SOURCES = tests/unit/test-kernel-fault.c tests/unit/unit.h
tests_unit_test_kernel_fault_CFLAGS = $(unit_cflags)
tests_unit_test_kernel_fault_LDADD = checker/libjudge.la $(CHECK_LIBS)

# It brings its own error_message, to see the messages.
UNIT_TESTS += tests/unit/test-judge
tests_unit_test_judge_SOURCES = tests/unit/test-judge.c tests/unit/unit.h
tests_unit_test_judge_CFLAGS = $(unit_cflags)
tests_unit_test_judge_LDADD = checker/libjudge.la checker/libobserve.la common/libcommon.la $(XXHASH_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test-workload tests/unit/test-persistence tests/unit/test-gen
tests_unit_test_gen_SOURCES = tests/unit/test-gen.c tests/unit/unit.h checker/workload/generate.c checker/workload/generate.h
tests_unit_test_gen_CFLAGS = $(unit_cflags) $(XXHASH_CFLAGS)
tests_unit_test_gen_LDADD = \
	checker/libjudge.la checker/libobserve.la common/libcommon.la common/libmessage.la $(XXHASH_LIBS) $(CHECK_LIBS)
tests_unit_test_workload_SOURCES = tests/unit/test-workload.c tests/unit/unit.h
tests_unit_test_workload_CFLAGS = $(unit_cflags)
tests_unit_test_workload_LDADD = checker/libobserve.la common/libcommon.la $(XXHASH_LIBS) $(CHECK_LIBS)
tests_unit_test_persistence_SOURCES = tests/unit/test-persistence.c tests/unit/unit.h
tests_unit_test_persistence_CFLAGS = $(unit_cflags) $(XXHASH_CFLAGS)
tests_unit_test_persistence_LDADD = \
	checker/libjudge.la checker/libobserve.la common/libcommon.la $(XXHASH_LIBS) $(CHECK_LIBS)

# These bring their own error_message, too.
UNIT_TESTS += tests/unit/test-kernel tests/unit/test-kernel-fetch tests/unit/test-kernel-unpack tests/unit/test-initramfs
put_kernel = tests/unit/put-kernel.c tests/unit/put-kernel.h tests/unit/unit.h
tests_unit_test_kernel_SOURCES = tests/unit/test-kernel.c $(put_kernel)
tests_unit_test_kernel_CFLAGS = $(unit_cflags)
tests_unit_test_kernel_LDADD = guest/libguest.la common/libcommon.la $(ARCHIVE_LIBS) $(CHECK_LIBS)
tests_unit_test_kernel_fetch_SOURCES = tests/unit/test-kernel-fetch.c $(put_kernel)
tests_unit_test_kernel_fetch_CFLAGS = $(unit_cflags)
tests_unit_test_kernel_fetch_LDADD = guest/libguest.la common/libcommon.la $(ARCHIVE_LIBS) $(CHECK_LIBS)
tests_unit_test_kernel_unpack_SOURCES = tests/unit/test-kernel-unpack.c tests/unit/unit.h
tests_unit_test_kernel_unpack_CFLAGS = $(unit_cflags) $(ARCHIVE_CFLAGS)
tests_unit_test_kernel_unpack_LDADD = \
	guest/libguest.la common/libcommon.la common/libmessage.la $(ARCHIVE_LIBS) $(CHECK_LIBS)
tests_unit_test_initramfs_SOURCES = tests/unit/test-initramfs.c tests/unit/unit.h
tests_unit_test_initramfs_CFLAGS = $(unit_cflags) $(ARCHIVE_CFLAGS)
tests_unit_test_initramfs_LDADD = guest/libguest.la common/libcommon.la $(ARCHIVE_LIBS) $(CHECK_LIBS)
UNIT_TESTS += tests/unit/test-packed
tests_unit_test_packed_SOURCES = tests/unit/test-packed.c tests/unit/unit.h
tests_unit_test_packed_CFLAGS = $(unit_cflags) $(ARCHIVE_CFLAGS)
tests_unit_test_packed_LDADD = guest/libguest.la common/libcommon.la $(ARCHIVE_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test-missing
tests_unit_test_missing_SOURCES = tests/unit/test-missing.c tests/unit/unit.h
tests_unit_test_missing_CFLAGS = $(unit_cflags)
tests_unit_test_missing_LDADD = guest/libguest.la common/libcommon.la common/libmessage.la $(ARCHIVE_LIBS) $(CHECK_LIBS)

# Logs made by the writer itself.
make_log = tests/unit/make-log.c tests/unit/make-log.h tests/unit/unit.h
log_test_libs = log/liblog.la common/libcommon.la $(XXHASH_LIBS) $(CHECK_LIBS)
UNIT_TESTS += tests/unit/test-format tests/unit/test-index tests/unit/test-crash-state tests/unit/test-choice
tests_unit_test_format_SOURCES = tests/unit/test-format.c $(make_log)
tests_unit_test_format_CFLAGS = $(unit_cflags)
tests_unit_test_format_LDADD = $(log_test_libs)
tests_unit_test_index_SOURCES = tests/unit/test-index.c $(make_log)
tests_unit_test_index_CFLAGS = $(unit_cflags)
tests_unit_test_index_LDADD = $(log_test_libs) common/libmessage.la
tests_unit_test_crash_state_SOURCES = tests/unit/test-crash-state.c $(make_log)
tests_unit_test_crash_state_CFLAGS = $(unit_cflags)
tests_unit_test_crash_state_LDADD = $(log_test_libs) common/libmessage.la
tests_unit_test_choice_SOURCES = tests/unit/test-choice.c $(make_log)
tests_unit_test_choice_CFLAGS = $(unit_cflags)
tests_unit_test_choice_LDADD = $(log_test_libs)

UNIT_TESTS += tests/unit/test-model tests/unit/test-search tests/unit/test-certificates tests/unit/test-findings
tests_unit_test_model_SOURCES = tests/unit/test-model.c $(make_log)
tests_unit_test_model_CFLAGS = $(unit_cflags)
tests_unit_test_model_LDADD = replay/libreplay.la common/libmessage.la $(CHECK_LIBS)
tests_unit_test_search_SOURCES = tests/unit/test-search.c $(make_log)
tests_unit_test_search_CFLAGS = $(unit_cflags) $(XXHASH_CFLAGS)
tests_unit_test_search_LDADD = replay/libreplay.la common/libmessage.la $(CHECK_LIBS)
tests_unit_test_certificates_SOURCES = tests/unit/test-certificates.c $(make_log)
tests_unit_test_certificates_CFLAGS = $(unit_cflags) $(XXHASH_CFLAGS)
tests_unit_test_certificates_LDADD = replay/libreplay.la common/libmessage.la $(CHECK_LIBS)
tests_unit_test_findings_SOURCES = tests/unit/test-findings.c tests/unit/unit.h
tests_unit_test_findings_CFLAGS = $(unit_cflags)
tests_unit_test_findings_LDADD = replay/libreplay.la common/libmessage.la $(CHECK_LIBS)

# It brings its own error_message.
UNIT_TESTS += tests/unit/test-pages
tests_unit_test_pages_SOURCES = tests/unit/test-pages.c tests/unit/unit.h
tests_unit_test_pages_CFLAGS = $(unit_cflags) $(CJSON_CFLAGS)
tests_unit_test_pages_LDADD = replay/libreplay.la $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test-page
tests_unit_test_page_SOURCES = tests/unit/test-page.c $(make_log)
tests_unit_test_page_CFLAGS = $(unit_cflags)
tests_unit_test_page_LDADD = replay/libreplay.la common/libmessage.la $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test-freeze
tests_unit_test_freeze_SOURCES = tests/unit/test-freeze.c $(make_log)
tests_unit_test_freeze_CFLAGS = $(unit_cflags)
tests_unit_test_freeze_LDADD = replay/libreplay.la common/libmessage.la $(CHECK_LIBS)

# The agent's tools, with the kernel played by the test.
UNIT_TESTS += tests/unit/test-thaw
tests_unit_test_thaw_SOURCES = \
	tests/unit/test-thaw.c tests/unit/unit.h guest/agent/modprobe.c guest/agent/tools.c guest/agent/workload.c
tests_unit_test_thaw_CFLAGS = $(unit_cflags)
tests_unit_test_thaw_LDADD = \
	guest/libguest.la checker/libobserve.la common/libcommon.la $(ARCHIVE_LIBS) $(XXHASH_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test-sync
tests_unit_test_sync_SOURCES = tests/unit/test-sync.c tests/unit/unit.h guest/agent/sync.c
tests_unit_test_sync_CFLAGS = $(unit_cflags)
tests_unit_test_sync_LDADD = common/libmessage.la $(CHECK_LIBS)

# QEMU is played by the test.
UNIT_TESTS += tests/unit/test-vm
tests_unit_test_vm_SOURCES = tests/unit/test-vm.c tests/unit/unit.h
tests_unit_test_vm_CFLAGS = $(unit_cflags)
tests_unit_test_vm_LDADD = guest/libguest.la common/libcommon.la common/libmessage.la $(ARCHIVE_LIBS) $(CHECK_LIBS)

# The cases of the corpus; the first brings its own error_message.
UNIT_TESTS += tests/unit/test-corpus-case tests/unit/test-corpus-verdict
tests_unit_test_corpus_case_SOURCES = tests/unit/test-corpus-case.c tests/unit/unit.h batch/corpus/log.c batch/corpus/log.h
tests_unit_test_corpus_case_CFLAGS = $(unit_cflags) $(ARCHIVE_CFLAGS)
tests_unit_test_corpus_case_LDADD = batch/libcorpus.la guest/libguest.la common/libcommon.la $(ARCHIVE_LIBS) $(CHECK_LIBS)
tests_unit_test_corpus_verdict_SOURCES = tests/unit/test-corpus-verdict.c tests/unit/unit.h
tests_unit_test_corpus_verdict_CFLAGS = $(unit_cflags) $(CJSON_CFLAGS)
tests_unit_test_corpus_verdict_LDADD = batch/libcorpus.la $(CJSON_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test-matrix
tests_unit_test_matrix_SOURCES = tests/unit/test-matrix.c tests/unit/unit.h batch/matrix/html.c batch/matrix/verdict.c
tests_unit_test_matrix_CFLAGS = $(unit_cflags) $(CJSON_CFLAGS)
tests_unit_test_matrix_LDADD = batch/libcorpus.la common/libcommon.la common/libmessage.la $(CJSON_LIBS) $(CHECK_LIBS)

# Logs of other recorders, put together by the test.
foreign_log = tests/unit/foreign-log.c tests/unit/foreign-log.h $(make_log)
UNIT_TESTS += tests/unit/test-import
tests_unit_test_import_SOURCES = tests/unit/test-import.c $(foreign_log)
tests_unit_test_import_CFLAGS = $(unit_cflags)
tests_unit_test_import_LDADD = replay/libreplay.la $(log_test_libs) $(GMP_LIBS)
UNIT_TESTS += tests/unit/test-export
tests_unit_test_export_SOURCES = tests/unit/test-export.c $(foreign_log)
tests_unit_test_export_CFLAGS = $(unit_cflags)
tests_unit_test_export_LDADD = replay/libreplay.la $(log_test_libs) $(GMP_LIBS)
UNIT_TESTS += tests/unit/test-cut tests/unit/test-blame tests/unit/test-reason
UNIT_TESTS += tests/unit/test-minimize
tests_unit_test_blame_SOURCES = tests/unit/test-blame.c $(make_log)
tests_unit_test_blame_CFLAGS = $(unit_cflags)
tests_unit_test_blame_LDADD = replay/libreplay.la common/libmessage.la $(CHECK_LIBS)
tests_unit_test_minimize_SOURCES = tests/unit/test-minimize.c $(make_log)
tests_unit_test_minimize_CFLAGS = $(unit_cflags)
tests_unit_test_minimize_LDADD = replay/libreplay.la common/libmessage.la $(CHECK_LIBS)
tests_unit_test_reason_SOURCES = tests/unit/test-reason.c $(make_log)
tests_unit_test_reason_CFLAGS = $(unit_cflags)
tests_unit_test_reason_LDADD = replay/libreplay.la common/libmessage.la $(CHECK_LIBS)
tests_unit_test_cut_SOURCES = tests/unit/test-cut.c $(make_log)
tests_unit_test_cut_CFLAGS = $(unit_cflags)
tests_unit_test_cut_LDADD = replay/libreplay.la common/libmessage.la $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test-oracle
tests_unit_test_oracle_SOURCES = tests/unit/test-oracle.c $(make_log)
tests_unit_test_oracle_CFLAGS = $(unit_cflags)
tests_unit_test_oracle_LDADD = replay/libreplay.la common/libmessage.la $(CHECK_LIBS)
