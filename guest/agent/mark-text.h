/* SPDX-License-Identifier: BSD-3-Clause */
/* What a program in the guest may write as a mark. */
#ifndef POWERCUT_GUEST_AGENT_MARK_TEXT_H
#define POWERCUT_GUEST_AGENT_MARK_TEXT_H

/* Why TEXT cannot be a mark of a program's own, static; or NULL if it can. */
extern const char *mark_text_fault (const char *text);

#endif
