/* SPDX-License-Identifier: BSD-3-Clause */
/* Where the other parts of powercut are: beside this program in the build tree, or installed. */
#ifndef POWERCUT_COMMON_PARTS_H
#define POWERCUT_COMMON_PARTS_H

enum part {
  PART_AGENT,                   /* the guest's init, a static executable */
  PART_CASES,                   /* the folder of the cases of `powercut corpus` that come with it */
  PART_FINDINGS,                /* the folder of those that nobody had found before */
  PART_POWERCUT,                /* program `powercut` */
  PART_PROTOCOLS,               /* the updates of `powercut matrix`, a program */
  PART_WRITELOG,                /* nbdkit plugin */
  PART_CRASHSTATE,              /* nbdkit plugin */
  PART_UML_KEEPER,              /* a program */
};

/* The part's path, to free, or NULL after a message if it is missing. */
extern char *part_path (enum part part);

#endif
