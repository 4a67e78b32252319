/* SPDX-License-Identifier: BSD-3-Clause */
/* Which language an interpreter understands. */
#ifndef POWERCUT_GUEST_INITRAMFS_LANGUAGE_H
#define POWERCUT_GUEST_INITRAMFS_LANGUAGE_H

enum language {
  LANGUAGE_NONE,                /* no interpreter that is known here */
  LANGUAGE_SHELL,
  LANGUAGE_PYTHON,
  LANGUAGE_PERL,
  LANGUAGE_OTHER,               /* one whose words are no programs, either */
};

/* The language of PROGRAM, a name or path such as python3.11. */
extern enum language language_of (const char *program);

/* The language of the file PATH by its suffix, such as .py. */
extern enum language language_of_suffix (const char *path);

#endif
