/* SPDX-License-Identifier: BSD-3-Clause */
/* The bytes that the operations of a workload write: they follow from the operation's number and the place alone. */
#ifndef POWERCUT_CHECKER_WORKLOAD_PATTERN_H
#define POWERCUT_CHECKER_WORKLOAD_PATTERN_H

#include <stddef.h>
#include <stdint.h>

/* The byte at OFFSET of what operation NUMBER writes; never 0. */
extern uint8_t workload_byte (uint32_t number, uint64_t offset);

/* The same for LENGTH bytes from OFFSET. */
extern void workload_fill (uint32_t number, uint64_t offset, uint8_t *bytes, size_t length);

#endif
