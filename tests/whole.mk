# SPDX-License-Identifier: BSD-3-Clause
# What `./quickstart check` runs, with as many jobs at once as make is given: all tests, unit tests under valgrind, and unit tests with
# sanitizers.  The build directories are $(build), which is built, and $(build)-asan, which is configured.  Of each there is $(build)/check-NAME.log,
# $(build)/check-NAME.seconds (what each test took: see tests/timed-driver), and, if make failed, $(build)/check-NAME.failed.
SHELL = /bin/bash
.SHELLFLAGS = -o pipefail -c

all: plain valgrind sanitized
plain: target = -C $(build) check
valgrind: target = -C $(build) check-valgrind
sanitized: target = -C $(build)-asan check-sanitized
# Their logs have the same names.
valgrind: plain

plain valgrind sanitized:
	@echo "quickstart: make $(target)"
	@TEST_SECONDS=$(build)/check-$@.seconds $(MAKE) -s $(target) 2>&1 | tee $(build)/check-$@.log | sed -u 's/^/$@: /' || touch $(build)/check-$@.failed

.PHONY: all plain valgrind sanitized
