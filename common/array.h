/* SPDX-License-Identifier: BSD-3-Clause */
/* Arrays that grow at their end: a pointer to elements, NULL while there are none, and their count beside it. */
#ifndef POWERCUT_COMMON_ARRAY_H
#define POWERCUT_COMMON_ARRAY_H

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* LIST with room for more than COUNT elements of SIZE bytes.  It doubles where COUNT is a power of two, so that no room
 * has to be noted; an array that grows so must have grown so from its first element.  NULL with errno ENOMEM; LIST is
 * as it was then.
 */
static inline void *
array_with_room (void *list, size_t count, size_t size)
{
  return (count & (count - 1)) == 0 ? reallocarray (list, count ? 2 * count : 1, size) : list;
}

/* A new element, all zeros, at the end of LIST, which has COUNT (both lvalues without side effects): its address, valid
 * until the next one is added, or NULL with errno ENOMEM and nothing changed.
 */
#define array_add(list, count)                                                                                     \
  ({                                                                                                               \
    __typeof__ (list) array_larger = array_with_room ((list), (count), sizeof *(list));                            \
    if (array_larger)                                                                                              \
      (list) = array_larger;                                                                                       \
    array_larger ? memset (&array_larger[(count)++], 0, sizeof *array_larger), &array_larger[(count) - 1] : NULL;  \
  })

#endif
