/* SPDX-License-Identifier: BSD-3-Clause */
/* Arrays that grow at their end: a pointer to elements, NULL while there are none, and their count beside it.  And what
 * is found in arrays.
 */
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

/* Let RELEASE free what each of the COUNT elements of LIST has (both lvalues without side effects), then free LIST,
 * which is NULL then, and COUNT 0.
 */
#define array_free(list, count, release)                       \
  do {                                                         \
    for (size_t array_at = 0; array_at < (count); array_at++)  \
      release (&(list)[array_at]);                             \
    free (list);                                               \
    (list) = NULL;                                             \
    (count) = 0;                                               \
  } while (0)

/* Where in a sorted array of COUNT elements something is, or belongs: the first index INDEX (a name of the caller's)
 * for which IS_BEFORE, an expression of INDEX, does not hold.
 */
#define array_place(count, index, is_before)                    \
  ({                                                            \
    size_t array_low = 0, array_high = (count);                 \
    while (array_low < array_high) {                            \
      size_t index = array_low + (array_high - array_low) / 2;  \
      if (is_before)                                            \
        array_low = index + 1;                                  \
      else                                                      \
        array_high = index;                                     \
    }                                                           \
    array_low;                                                  \
  })

/* Whether one of the COUNT elements of LIST is VALUE. */
#define array_has(list, count, value)                      \
  ({                                                       \
    size_t array_at = 0;                                   \
    while (array_at < (count) && (list)[array_at] != (value)) \
      array_at++;                                          \
    array_at < (count);                                    \
  })

/* The first of the COUNT elements of LIST whose member `name` is this text, or NULL. */
#define array_named(list, count, text)                                         \
  ({                                                                           \
    size_t array_at = 0;                                                       \
    while (array_at < (count) && strcmp ((list)[array_at].name, (text)) != 0)  \
      array_at++;                                                              \
    array_at < (count) ? &(list)[array_at] : NULL;                             \
  })

#endif
