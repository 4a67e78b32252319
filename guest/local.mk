# SPDX-License-Identifier: BSD-3-Clause
# The agent is the guest's init: static, so that the initramfs needs nothing else, and never sanitized, because a sanitizer's
# runtime is not static.  It therefore compiles what it takes from the libraries itself.
pkglibexec_PROGRAMS += guest/agent/agent
guest_agent_agent_SOURCES = \
	guest/agent/activity.c guest/agent/activity.h guest/agent/agent.h guest/agent/answer.c guest/agent/answer.h guest/agent/assembly.c guest/agent/background.c guest/agent/background.h \
	guest/agent/baseline.c guest/agent/boot.c guest/agent/call-place.c guest/agent/call-text.c guest/agent/copy.c \
	guest/agent/devices.c guest/agent/disks.c guest/agent/disturb.c guest/agent/disturb.h guest/agent/environment.c guest/agent/etc.c \
	guest/agent/freeze.c guest/agent/fsck.c guest/agent/original.c guest/agent/original.h guest/agent/program.c guest/agent/usable.c \
	guest/agent/log.c guest/agent/main.c guest/agent/mark.c guest/agent/mark-text.c guest/agent/mark-text.h \
	guest/agent/message.c guest/agent/modprobe.c guest/agent/modules.c guest/agent/mount.c \
	guest/agent/multipath.c guest/agent/nbd.c guest/agent/other-root.c guest/agent/path-tool.c \
	guest/agent/observe.c guest/agent/pace.c guest/agent/pace.h guest/agent/port.c guest/agent/protocol.h guest/agent/readonly.c \
	guest/agent/recover.c guest/agent/relay.c guest/agent/repair.c guest/agent/reset.c guest/agent/root.c guest/agent/run.c \
	guest/agent/settings.c guest/agent/shell.c \
	guest/agent/sleep.c guest/agent/stack.c guest/agent/sync.c guest/agent/system-calls.c guest/agent/system-calls.h guest/agent/tools.c \
	guest/agent/call-stop.c guest/agent/call-stop.h \
	guest/agent/trace-tool.c guest/agent/tracee.c guest/agent/tracee.h guest/agent/tracer.c guest/agent/tracer.h \
	guest/agent/traces.c guest/agent/unpack.c guest/agent/workload.c guest/agent/workload.h guest/agent/workload-files.c guest/agent/workload-files.h \
	guest/agent/workload-sharing.c guest/agent/workload-sharing.h \
	guest/agent/workload-subvolumes.c guest/agent/workload-subvolumes.h \
	guest/agent/workload-operations.c \
	filesystem/filesystem.c filesystem/filesystem.h filesystem/fsck.c filesystem/fsck.h filesystem/rules.h \
	$(observe_sources) \
	common/array.h common/cleanup.h common/clock.h common/complaint.c common/complaint.h \
	common/escape.c common/escape.h common/message.h common/number.c common/number.h \
	common/printable.c common/printable.h common/process.c common/process.h common/text.h
# Where the guest's processor is emulated, hashing takes a third of the time without vectors.
guest_agent_agent_CFLAGS = $(WARN_CFLAGS) $(XXHASH_CFLAGS) -DXXH_INLINE_ALL -DXXH_VECTOR=XXH_SCALAR
guest_agent_agent_LDFLAGS = -all-static
guest_agent_agent_LDADD =

# The keeper of a guest of User Mode Linux, which outlives powercut as long as it takes to end that guest.
pkglibexec_PROGRAMS += guest/uml-keeper
guest_uml_keeper_SOURCES = guest/uml-keeper.c guest/uml.h
guest_uml_keeper_LDADD = vhost/libvhost.la common/libmessage.la

noinst_LTLIBRARIES += guest/libguest.la
guest_libguest_la_SOURCES = \
	guest/accel.c guest/accel.h guest/base.c guest/base.h guest/boot.c guest/checker-there.c guest/checker-there.h \
	guest/fsck-there.c guest/fsck-there.h \
	guest/console.c guest/disks.c guest/disks.h guest/identity.c guest/identity.h guest/image.c guest/image.h guest/jobs.c guest/jobs.h guest/launch.h guest/machine.h \
	guest/machine-state.c guest/machine-state.h guest/missing.c guest/missing.h guest/options.c guest/options.h \
	guest/qemu.c guest/qemu.h guest/qemu-machine.c guest/qmp.c guest/qmp.h guest/saved.c guest/saved.h guest/shell.c \
	guest/snapshot.c guest/snapshot.h guest/snapshot-key.c guest/snapshot-key.h guest/start.c guest/uml.h guest/uml-machine.c \
	guest/user-terminal.c guest/user-terminal.h guest/vm.c guest/vm.h \
	guest/initramfs/checker.c guest/initramfs/confine.c guest/initramfs/elf-file.c guest/initramfs/elf-file.h \
	guest/initramfs/entry.c guest/initramfs/entry.h guest/initramfs/environment.c \
	guest/initramfs/host.c guest/initramfs/host.h guest/initramfs/import.c guest/initramfs/import.h \
	guest/initramfs/imports.c guest/initramfs/imports.h guest/initramfs/initramfs.c guest/initramfs/initramfs.h \
	guest/initramfs/language.c guest/initramfs/language.h guest/initramfs/languages.c guest/initramfs/languages.h \
	guest/initramfs/libraries.c guest/initramfs/libraries.h \
	guest/initramfs/loader-cache.c guest/initramfs/loader-cache.h guest/initramfs/modules.c \
	guest/initramfs/needs.c guest/initramfs/needs.h guest/initramfs/packed.c guest/initramfs/programs.c \
	guest/initramfs/shell-words.c guest/initramfs/shell-words.h guest/initramfs/signature.c guest/initramfs/size.c \
	guest/initramfs/terminals.c guest/initramfs/terminals.h guest/initramfs/tree.c guest/initramfs/tree.h \
	guest/initramfs/write.c \
	guest/kernel/apt.c guest/kernel/apt.h guest/kernel/asked.c guest/kernel/asked.h \
	guest/kernel/fetch.c guest/kernel/fetch.h guest/kernel/fetch-program.c guest/kernel/fetch-program.h \
	guest/kernel/find.c guest/kernel/find.h guest/kernel/image.c guest/kernel/image.h \
	guest/kernel/kernel.c guest/kernel/kernel.h guest/kernel/list.c guest/kernel/list.h \
	guest/kernel/modules.c guest/kernel/modules.h guest/kernel/program.c guest/kernel/program.h \
	guest/kernel/release.c guest/kernel/release.h \
	guest/kernel/softdep.c guest/kernel/softdep.h guest/kernel/store.c guest/kernel/store.h \
	guest/kernel/unpack.c guest/kernel/unpack.h \
	guest/agent/answer.c guest/agent/answer.h guest/agent/background.c guest/agent/background.h \
	guest/agent/mark-text.c guest/agent/mark-text.h guest/agent/pace.h guest/agent/protocol.h
guest_libguest_la_CFLAGS = $(AM_CFLAGS) $(ARCHIVE_CFLAGS) $(CJSON_CFLAGS) $(XXHASH_CFLAGS)
guest_libguest_la_LIBADD = filesystem/libfilesystem.la
