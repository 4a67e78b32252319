/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include "checker/workload/pattern.h"

/* A mixer of 64 bits (the last step of SplitMix64): nothing about it matters but that the bytes of two operations, or
 * of two places, are not the same.
 */
static uint64_t
pattern_word (uint32_t number, uint64_t index)
{
  uint64_t word = ((uint64_t) number << 40) + index;

  word = (word ^ word >> 30) * UINT64_C (0xbf58476d1ce4e5b9);
  word = (word ^ word >> 27) * UINT64_C (0x94d049bb133111eb);
  return word ^ word >> 31;
}

uint8_t
workload_byte (uint32_t number, uint64_t offset)
{
  uint8_t byte = (uint8_t) (pattern_word (number, offset / 8) >> offset % 8 * 8);

  return byte ? byte : UINT8_MAX;
}

void
workload_fill (uint32_t number, uint64_t offset, uint8_t *bytes, size_t length)
{
  for (size_t i = 0; i < length; i++)
    bytes[i] = workload_byte (number, offset + i);
}
