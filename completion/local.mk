# SPDX-License-Identifier: BSD-3-Clause
# Completion for bash and zsh, made of the programs' --help, so that it cannot go stale.
bashcompletiondir = $(bashcompdir)
bashcompletion_DATA = completion/bash/powercut completion/bash/replay
zshcompletiondir = $(zshcompdir)
zshcompletion_DATA = completion/zsh/_powercut
EXTRA_DIST += completion/generate.sh completion/complete.bash completion/complete.zsh
CLEANFILES += $(bashcompletion_DATA) $(zshcompletion_DATA)

completion_sources = completion/generate.sh completion/complete.bash completion/complete.zsh \
	record/powercut$(EXEEXT)

completion/bash/powercut: $(completion_sources)
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(srcdir)/completion/generate.sh bash record/powercut > $@.tmp && mv $@.tmp $@
# bash looks for a file by the name of the command.
completion/bash/replay: completion/bash/powercut
	$(AM_V_GEN)cp completion/bash/powercut $@
completion/zsh/_powercut: $(completion_sources)
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(srcdir)/completion/generate.sh zsh record/powercut > $@.tmp && mv $@.tmp $@
