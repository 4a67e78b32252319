# SPDX-License-Identifier: BSD-3-Clause
# One program a module, linked to the same convenience library as the program that uses it.
unit_cflags = $(AM_CFLAGS) $(CHECK_CFLAGS)

UNIT_TESTS += tests/unit/common/test-array
tests_unit_common_test_array_SOURCES = tests/unit/common/test-array.c tests/unit/unit.h
tests_unit_common_test_array_CFLAGS = $(unit_cflags)
tests_unit_common_test_array_LDADD = common/libcommon.la common/libmessage.la $(CHECK_LIBS)

UNIT_TESTS += tests/unit/common/test-number
tests_unit_common_test_number_SOURCES = tests/unit/common/test-number.c tests/unit/unit.h
tests_unit_common_test_number_CFLAGS = $(unit_cflags)
tests_unit_common_test_number_LDADD = common/libcommon.la common/libmessage.la $(CHECK_LIBS)

UNIT_TESTS += tests/unit/common/test-printable
tests_unit_common_test_printable_SOURCES = tests/unit/common/test-printable.c tests/unit/unit.h
tests_unit_common_test_printable_CFLAGS = $(unit_cflags)
tests_unit_common_test_printable_LDADD = common/libcommon.la common/libmessage.la $(CHECK_LIBS)

UNIT_TESTS += tests/unit/common/test-complaint
tests_unit_common_test_complaint_SOURCES = tests/unit/common/test-complaint.c tests/unit/unit.h
tests_unit_common_test_complaint_CFLAGS = $(unit_cflags)
tests_unit_common_test_complaint_LDADD = common/libcommon.la common/libmessage.la $(CHECK_LIBS)

UNIT_TESTS += tests/unit/common/test-process
tests_unit_common_test_process_SOURCES = tests/unit/common/test-process.c tests/unit/unit.h
tests_unit_common_test_process_CFLAGS = $(unit_cflags)
tests_unit_common_test_process_LDADD = common/libcommon.la common/libmessage.la $(CHECK_LIBS)

UNIT_TESTS += tests/unit/common/test-publish
tests_unit_common_test_publish_SOURCES = tests/unit/common/test-publish.c tests/unit/unit.h
tests_unit_common_test_publish_CFLAGS = $(unit_cflags)
tests_unit_common_test_publish_LDADD = common/libcommon.la common/libmessage.la $(CHECK_LIBS)

UNIT_TESTS += tests/unit/filesystem/test-filesystem
tests_unit_filesystem_test_filesystem_SOURCES = tests/unit/filesystem/test-filesystem.c tests/unit/unit.h
tests_unit_filesystem_test_filesystem_CFLAGS = $(unit_cflags)
tests_unit_filesystem_test_filesystem_LDADD = filesystem/libfilesystem.la $(CHECK_LIBS)

# It brings its own error_message, to see the messages.
UNIT_TESTS += tests/unit/record/test-log-part
tests_unit_record_test_log_part_SOURCES = tests/unit/record/test-log-part.c tests/unit/unit.h record/log-part.c record/log-part.h
tests_unit_record_test_log_part_CFLAGS = $(unit_cflags)
tests_unit_record_test_log_part_LDADD = common/libcommon.la $(CHECK_LIBS)

UNIT_TESTS += tests/unit/common/test-sandbox
tests_unit_common_test_sandbox_SOURCES = tests/unit/common/test-sandbox.c tests/unit/unit.h
tests_unit_common_test_sandbox_CFLAGS = $(unit_cflags)
tests_unit_common_test_sandbox_LDADD = common/libsandbox.la common/libmessage.la $(CHECK_LIBS)

# It brings its own error_message, to see the messages.
UNIT_TESTS += tests/unit/common/test-options
tests_unit_common_test_options_SOURCES = tests/unit/common/test-options.c tests/unit/unit.h
tests_unit_common_test_options_CFLAGS = $(unit_cflags)
tests_unit_common_test_options_LDADD = common/libcommon.la $(CHECK_LIBS)

UNIT_TESTS += tests/unit/checker/observe/test-tree
tests_unit_checker_observe_test_tree_SOURCES = tests/unit/checker/observe/test-tree.c tests/unit/unit.h
tests_unit_checker_observe_test_tree_CFLAGS = $(unit_cflags) $(XXHASH_CFLAGS)
tests_unit_checker_observe_test_tree_LDADD = checker/libobserve.la common/libcommon.la common/libmessage.la $(XXHASH_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/checker/test-kernel-fault
tests_unit_checker_test_kernel_fault_SOURCES = tests/unit/checker/test-kernel-fault.c tests/unit/unit.h
tests_unit_checker_test_kernel_fault_CFLAGS = $(unit_cflags)
tests_unit_checker_test_kernel_fault_LDADD = checker/libjudge.la $(CHECK_LIBS)

# It brings its own error_message, to see the messages.
UNIT_TESTS += tests/unit/checker/test-judge
tests_unit_checker_test_judge_SOURCES = tests/unit/checker/test-judge.c tests/unit/unit.h
tests_unit_checker_test_judge_CFLAGS = $(unit_cflags)
tests_unit_checker_test_judge_LDADD = checker/libjudge.la checker/libobserve.la common/libcommon.la $(XXHASH_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/checker/workload/test-language tests/unit/checker/test-persistence tests/unit/checker/workload/test-generate
tests_unit_checker_workload_test_generate_SOURCES = tests/unit/checker/workload/test-generate.c tests/unit/unit.h
tests_unit_checker_workload_test_generate_CFLAGS = $(unit_cflags) $(XXHASH_CFLAGS)
tests_unit_checker_workload_test_generate_LDADD = \
	checker/libjudge.la checker/libobserve.la common/libcommon.la common/libmessage.la $(XXHASH_LIBS) $(CHECK_LIBS)
tests_unit_checker_workload_test_language_SOURCES = tests/unit/checker/workload/test-language.c tests/unit/unit.h
tests_unit_checker_workload_test_language_CFLAGS = $(unit_cflags)
tests_unit_checker_workload_test_language_LDADD = checker/libobserve.la common/libcommon.la $(XXHASH_LIBS) $(CHECK_LIBS)
tests_unit_checker_test_persistence_SOURCES = tests/unit/checker/test-persistence.c tests/unit/unit.h
tests_unit_checker_test_persistence_CFLAGS = $(unit_cflags) $(XXHASH_CFLAGS)
tests_unit_checker_test_persistence_LDADD = \
	checker/libjudge.la checker/libobserve.la common/libcommon.la $(XXHASH_LIBS) $(CHECK_LIBS)

# These bring their own error_message, too.
UNIT_TESTS += tests/unit/guest/kernel/test-find tests/unit/guest/kernel/test-fetch tests/unit/guest/kernel/test-unpack tests/unit/guest/initramfs/test-initramfs
put_kernel = tests/unit/put-kernel.c tests/unit/put-kernel.h tests/unit/unit.h
tests_unit_guest_kernel_test_find_SOURCES = tests/unit/guest/kernel/test-find.c $(put_kernel)
tests_unit_guest_kernel_test_find_CFLAGS = $(unit_cflags)
tests_unit_guest_kernel_test_find_LDADD = guest/libguest.la common/libcommon.la $(ARCHIVE_LIBS) $(CHECK_LIBS)
tests_unit_guest_kernel_test_fetch_SOURCES = tests/unit/guest/kernel/test-fetch.c $(put_kernel)
tests_unit_guest_kernel_test_fetch_CFLAGS = $(unit_cflags)
tests_unit_guest_kernel_test_fetch_LDADD = guest/libguest.la common/libcommon.la $(ARCHIVE_LIBS) $(CHECK_LIBS)
tests_unit_guest_kernel_test_unpack_SOURCES = tests/unit/guest/kernel/test-unpack.c tests/unit/unit.h
tests_unit_guest_kernel_test_unpack_CFLAGS = $(unit_cflags) $(ARCHIVE_CFLAGS)
tests_unit_guest_kernel_test_unpack_LDADD = \
	guest/libguest.la common/libcommon.la common/libmessage.la $(ARCHIVE_LIBS) $(CHECK_LIBS)
tests_unit_guest_initramfs_test_initramfs_SOURCES = tests/unit/guest/initramfs/test-initramfs.c tests/unit/unit.h
tests_unit_guest_initramfs_test_initramfs_CFLAGS = $(unit_cflags) $(ARCHIVE_CFLAGS)
tests_unit_guest_initramfs_test_initramfs_LDADD = guest/libguest.la common/libcommon.la $(ARCHIVE_LIBS) $(CHECK_LIBS)
UNIT_TESTS += tests/unit/guest/initramfs/test-packed
tests_unit_guest_initramfs_test_packed_SOURCES = tests/unit/guest/initramfs/test-packed.c tests/unit/unit.h
tests_unit_guest_initramfs_test_packed_CFLAGS = $(unit_cflags) $(ARCHIVE_CFLAGS)
tests_unit_guest_initramfs_test_packed_LDADD = guest/libguest.la common/libcommon.la $(ARCHIVE_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/guest/test-missing
tests_unit_guest_test_missing_SOURCES = tests/unit/guest/test-missing.c tests/unit/unit.h
tests_unit_guest_test_missing_CFLAGS = $(unit_cflags)
tests_unit_guest_test_missing_LDADD = guest/libguest.la common/libcommon.la common/libmessage.la $(ARCHIVE_LIBS) $(CHECK_LIBS)

# Logs made by the writer itself.
make_log = tests/unit/make-log.c tests/unit/make-log.h tests/unit/unit.h
log_test_libs = log/liblog.la common/libcommon.la $(XXHASH_LIBS) $(CHECK_LIBS)
UNIT_TESTS += tests/unit/log/test-format tests/unit/log/test-index tests/unit/log/test-crash-state tests/unit/log/test-choice
tests_unit_log_test_format_SOURCES = tests/unit/log/test-format.c $(make_log)
tests_unit_log_test_format_CFLAGS = $(unit_cflags)
tests_unit_log_test_format_LDADD = $(log_test_libs)
tests_unit_log_test_index_SOURCES = tests/unit/log/test-index.c $(make_log)
tests_unit_log_test_index_CFLAGS = $(unit_cflags)
tests_unit_log_test_index_LDADD = $(log_test_libs) common/libmessage.la
tests_unit_log_test_crash_state_SOURCES = tests/unit/log/test-crash-state.c $(make_log)
tests_unit_log_test_crash_state_CFLAGS = $(unit_cflags)
tests_unit_log_test_crash_state_LDADD = $(log_test_libs) common/libmessage.la
tests_unit_log_test_choice_SOURCES = tests/unit/log/test-choice.c $(make_log)
tests_unit_log_test_choice_CFLAGS = $(unit_cflags)
tests_unit_log_test_choice_LDADD = $(log_test_libs)

UNIT_TESTS += tests/unit/replay/search/test-model tests/unit/replay/search/test-search tests/unit/replay/search/test-read-sets tests/unit/replay/test-findings
tests_unit_replay_search_test_model_SOURCES = tests/unit/replay/search/test-model.c $(make_log)
tests_unit_replay_search_test_model_CFLAGS = $(unit_cflags)
tests_unit_replay_search_test_model_LDADD = replay/libreplay.la common/libmessage.la $(CHECK_LIBS)
tests_unit_replay_search_test_search_SOURCES = tests/unit/replay/search/test-search.c $(make_log)
tests_unit_replay_search_test_search_CFLAGS = $(unit_cflags) $(XXHASH_CFLAGS)
tests_unit_replay_search_test_search_LDADD = replay/libreplay.la common/libmessage.la $(CHECK_LIBS)
tests_unit_replay_search_test_read_sets_SOURCES = tests/unit/replay/search/test-read-sets.c $(make_log)
tests_unit_replay_search_test_read_sets_CFLAGS = $(unit_cflags) $(XXHASH_CFLAGS)
tests_unit_replay_search_test_read_sets_LDADD = replay/libreplay.la common/libmessage.la $(CHECK_LIBS)
tests_unit_replay_test_findings_SOURCES = tests/unit/replay/test-findings.c tests/unit/unit.h
tests_unit_replay_test_findings_CFLAGS = $(unit_cflags)
tests_unit_replay_test_findings_LDADD = replay/libreplay.la common/libmessage.la $(CHECK_LIBS)

# It brings its own error_message.
UNIT_TESTS += tests/unit/checker/test-pages
tests_unit_checker_test_pages_SOURCES = tests/unit/checker/test-pages.c tests/unit/unit.h
tests_unit_checker_test_pages_CFLAGS = $(unit_cflags) $(CJSON_CFLAGS)
tests_unit_checker_test_pages_LDADD = replay/libreplay.la $(CHECK_LIBS)

UNIT_TESTS += tests/unit/replay/report/test-html
tests_unit_replay_report_test_html_SOURCES = tests/unit/replay/report/test-html.c $(make_log)
tests_unit_replay_report_test_html_CFLAGS = $(unit_cflags)
tests_unit_replay_report_test_html_LDADD = replay/libreplay.la common/libmessage.la $(CHECK_LIBS)

UNIT_TESTS += tests/unit/replay/test-freeze
tests_unit_replay_test_freeze_SOURCES = tests/unit/replay/test-freeze.c $(make_log)
tests_unit_replay_test_freeze_CFLAGS = $(unit_cflags)
tests_unit_replay_test_freeze_LDADD = replay/libreplay.la common/libmessage.la $(CHECK_LIBS)

# The agent's tools, with the kernel played by the test.
UNIT_TESTS += tests/unit/guest/agent/test-thaw
tests_unit_guest_agent_test_thaw_SOURCES = \
	tests/unit/guest/agent/test-thaw.c tests/unit/unit.h guest/agent/freeze.c guest/agent/mark.c \
	guest/agent/modprobe.c guest/agent/tools.c guest/agent/workload.c
tests_unit_guest_agent_test_thaw_CFLAGS = $(unit_cflags)
tests_unit_guest_agent_test_thaw_LDADD = \
	guest/libguest.la checker/libobserve.la common/libcommon.la $(ARCHIVE_LIBS) $(XXHASH_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/guest/agent/test-sync
tests_unit_guest_agent_test_sync_SOURCES = tests/unit/guest/agent/test-sync.c tests/unit/unit.h guest/agent/sync.c
tests_unit_guest_agent_test_sync_CFLAGS = $(unit_cflags)
tests_unit_guest_agent_test_sync_LDADD = common/libmessage.la $(CHECK_LIBS)

# QEMU is played by the test.
UNIT_TESTS += tests/unit/guest/test-vm
tests_unit_guest_test_vm_SOURCES = tests/unit/guest/test-vm.c tests/unit/unit.h
tests_unit_guest_test_vm_CFLAGS = $(unit_cflags)
tests_unit_guest_test_vm_LDADD = guest/libguest.la common/libcommon.la common/libmessage.la $(ARCHIVE_LIBS) $(CHECK_LIBS)

# The cases of the corpus; the first brings its own error_message.
UNIT_TESTS += tests/unit/batch/corpus/test-case tests/unit/batch/corpus/test-verdict
tests_unit_batch_corpus_test_case_SOURCES = tests/unit/batch/corpus/test-case.c tests/unit/unit.h batch/corpus/log.c batch/corpus/log.h
tests_unit_batch_corpus_test_case_CFLAGS = $(unit_cflags) $(ARCHIVE_CFLAGS)
tests_unit_batch_corpus_test_case_LDADD = batch/libcorpus.la guest/libguest.la common/libcommon.la $(ARCHIVE_LIBS) $(CHECK_LIBS)
tests_unit_batch_corpus_test_verdict_SOURCES = tests/unit/batch/corpus/test-verdict.c tests/unit/unit.h
tests_unit_batch_corpus_test_verdict_CFLAGS = $(unit_cflags) $(CJSON_CFLAGS)
tests_unit_batch_corpus_test_verdict_LDADD = batch/libcorpus.la $(CJSON_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/batch/matrix/test-matrix
tests_unit_batch_matrix_test_matrix_SOURCES = tests/unit/batch/matrix/test-matrix.c tests/unit/unit.h batch/matrix/html.c batch/matrix/verdict.c
tests_unit_batch_matrix_test_matrix_CFLAGS = $(unit_cflags) $(CJSON_CFLAGS)
tests_unit_batch_matrix_test_matrix_LDADD = batch/libcorpus.la common/libcommon.la common/libmessage.la $(CJSON_LIBS) $(CHECK_LIBS)

# Logs of other recorders, put together by the test.
foreign_log = tests/unit/foreign-log.c tests/unit/foreign-log.h $(make_log)
UNIT_TESTS += tests/unit/log/foreign/test-import
tests_unit_log_foreign_test_import_SOURCES = tests/unit/log/foreign/test-import.c $(foreign_log)
tests_unit_log_foreign_test_import_CFLAGS = $(unit_cflags)
tests_unit_log_foreign_test_import_LDADD = replay/libreplay.la $(log_test_libs) $(GMP_LIBS)
UNIT_TESTS += tests/unit/log/foreign/test-export
tests_unit_log_foreign_test_export_SOURCES = tests/unit/log/foreign/test-export.c $(foreign_log)
tests_unit_log_foreign_test_export_CFLAGS = $(unit_cflags)
tests_unit_log_foreign_test_export_LDADD = replay/libreplay.la $(log_test_libs) $(GMP_LIBS)
UNIT_TESTS += tests/unit/log/test-cut tests/unit/replay/explain/test-blame tests/unit/replay/explain/test-reason
UNIT_TESTS += tests/unit/replay/explain/test-minimal
tests_unit_replay_explain_test_blame_SOURCES = tests/unit/replay/explain/test-blame.c $(make_log)
tests_unit_replay_explain_test_blame_CFLAGS = $(unit_cflags)
tests_unit_replay_explain_test_blame_LDADD = replay/libreplay.la common/libmessage.la $(CHECK_LIBS)
tests_unit_replay_explain_test_minimal_SOURCES = tests/unit/replay/explain/test-minimal.c $(make_log)
tests_unit_replay_explain_test_minimal_CFLAGS = $(unit_cflags)
tests_unit_replay_explain_test_minimal_LDADD = replay/libreplay.la common/libmessage.la $(CHECK_LIBS)
tests_unit_replay_explain_test_reason_SOURCES = tests/unit/replay/explain/test-reason.c $(make_log)
tests_unit_replay_explain_test_reason_CFLAGS = $(unit_cflags)
tests_unit_replay_explain_test_reason_LDADD = replay/libreplay.la common/libmessage.la $(CHECK_LIBS)
tests_unit_log_test_cut_SOURCES = tests/unit/log/test-cut.c $(make_log)
tests_unit_log_test_cut_CFLAGS = $(unit_cflags)
tests_unit_log_test_cut_LDADD = replay/libreplay.la common/libmessage.la $(CHECK_LIBS)

UNIT_TESTS += tests/unit/checker/test-oracle
tests_unit_checker_test_oracle_SOURCES = tests/unit/checker/test-oracle.c $(make_log)
tests_unit_checker_test_oracle_CFLAGS = $(unit_cflags)
tests_unit_checker_test_oracle_LDADD = replay/libreplay.la common/libmessage.la $(CHECK_LIBS)

UNIT_TESTS += tests/unit/checker/test-outcome
tests_unit_checker_test_outcome_SOURCES = tests/unit/checker/test-outcome.c tests/unit/unit.h
tests_unit_checker_test_outcome_CFLAGS = $(unit_cflags)
tests_unit_checker_test_outcome_LDADD = checker/libjudge.la common/libmessage.la $(CHECK_LIBS)
