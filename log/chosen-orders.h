/* SPDX-License-Identifier: BSD-3-Clause */
/* What choices say of how overlapping writes lie that were in flight together (log/orders.h).
 *
 * Where a choice of CHOICE_UNORDERED is about a group, what no other choice decides of it is open; of all other groups
 * that lies in the order of issue, as far as the choices let it.
 */
#ifndef POWERCUT_LOG_CHOSEN_ORDERS_H
#define POWERCUT_LOG_CHOSEN_ORDERS_H

#include "log/choice.h"

struct chosen_orders {
  const struct log_orders *groups;
  struct order *orders;         /* of each group */
  bool *open;                   /* whether something may be open there */
};

/* Nothing is chosen.  Returns 0, or -1 with errno ENOMEM.  Free with chosen_orders_free. */
extern int chosen_orders_begin (struct chosen_orders *chosen, const struct log_orders *groups);
extern void chosen_orders_free (struct chosen_orders *chosen);

/* Whether CHOICE, which is about an order, names two writes that are a pair, or with CHOICE_UNORDERED are in a group.
 */
extern bool choice_is_of_pair (const struct log_orders *groups, const struct choice *choice);

/* Choose anew: begin with chosen_orders_restart, and end with chosen_orders_settle.  In between let all hold that is
 * about orders among CHOICES, COUNT of them.  Returns -1 if one of them contradicts those before it, else 0.
 */
extern void chosen_orders_restart (struct chosen_orders *chosen);
extern int chosen_orders_add (struct chosen_orders *chosen, const struct choice *choices, size_t count);
extern void chosen_orders_settle (struct chosen_orders *chosen);

enum lie { LIE_OPEN, LIE_OVER, LIE_UNDER };

/* How write A lies to write B, which it overlaps. */
extern enum lie chosen_orders_lie (const struct chosen_orders *chosen, uint32_t a, uint32_t b);

/* The choice that says that write A lies over write B. */
extern struct choice choice_over (uint32_t a, uint32_t b);

/* Add to *LIST, an array of *LIST_COUNT choices, a choice of CHOICE_OVER for each pair of LOG that does not lie as
 * issued when CHOICES are settled.  Returns 0, or -1 with errno ENOMEM, or EINVAL if the choices contradict each other.
 */
extern int chosen_orders_turned (const struct write_log *log, const struct choice *choices, size_t count,
                                 struct choice **list, size_t *list_count);

#endif
