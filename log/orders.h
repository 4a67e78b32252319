/* SPDX-License-Identifier: BSD-3-Clause */
/* Overlapping writes that were in flight together have no order of their own: either may lie over the other.
 *
 * A write lies below another for certain if it had ended (completed or failed) when the other was issued.  An order is
 * a permutation of the writes that keeps to that; two orders are the same one if each two overlapping writes lie the
 * same way round in both.  Pairs of writes without an order that hang together, through writes that they have in
 * common, are a group.  No write of one group says anything about another group: orders are chosen group by group.
 *
 * Usually there is none at all, as kernels wait for a block before they write it again.  Of a group that is too large
 * the order of issue alone is taken, and its pairs are counted as left out.
 */
#ifndef POWERCUT_LOG_ORDERS_H
#define POWERCUT_LOG_ORDERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct write_log;

#define ORDER_WRITES_MAX 16     /* of a group */
#define ORDERS_MAX 4096         /* of a group */
#define ORDER_PAIRS_MAX 65536   /* of a log; those beyond are left out */

/* Two overlapping writes in flight together, by number: LOWER was issued first. */
struct order_pair {
  uint32_t lower, upper;
};

struct order_group {
  uint32_t writes[ORDER_WRITES_MAX];    /* numbers, ascending: a write's place in the group is its place in here */
  unsigned count;
  uint16_t free[ORDER_WRITES_MAX];      /* by place: a bit for each later one with which it is a pair */
  uint16_t certain[ORDER_WRITES_MAX];   /* by place: a bit for each that lies below it for certain */
  uint16_t counts[ORDER_WRITES_MAX];    /* by place: the orders of the writes up to it; none is above ORDERS_MAX */
};

/* Where a write is. */
struct order_place {
  uint32_t write, group, place;
};

struct log_orders {
  struct order_group *groups;
  size_t count;
  struct order_place *places;   /* by write */
  size_t place_count;
  uint32_t left_out;            /* pairs of which the order of issue alone is taken */
};

/* Find the groups of LOG, whose PAIRS these are, and give LOG_UNORDERED to the writes in them.  Returns 0, or -1 with
 * errno ENOMEM.  Free with log_orders_free.
 */
extern int log_orders_build (struct write_log *log, const struct order_pair *pairs, size_t count);
extern void log_orders_free (struct log_orders *orders);

/* Where write number WRITE is, or NULL if it is in no group. */
extern const struct order_place *log_order_place (const struct log_orders *orders, uint32_t write);

/* What is known of a group's order: by place, a bit for each write that lies below it. */
struct order {
  uint16_t below[ORDER_WRITES_MAX];
};

/* What is certain of GROUP's order. */
extern struct order order_begin (const struct order_group *group);

/* Let what is at place UPPER lie over what is at place LOWER, with all that follows from it.  It must not be known to
 * lie the other way round.
 */
extern void order_decide (struct order *order, unsigned upper, unsigned lower);

static inline bool
order_has (const struct order *order, unsigned upper, unsigned lower)
{
  return order->below[upper] >> lower & 1;
}

/* Whether what is at places LOWER and UPPER, the later one, is a pair of which nothing is known. */
extern bool order_is_open (const struct order_group *group, const struct order *order, unsigned lower, unsigned upper);

/* Let the order of issue decide what is open in ORDER, as far as that is legal: pair by pair, by the places of both.
 * So it is enough to know which pairs do not lie as issued to find all others again.
 */
extern void order_complete (const struct order_group *group, struct order *order);

/* How many orders of the COUNT first writes of GROUP there are in which holds what is known of ORDER. */
extern uint32_t order_count (const struct order_group *group, const struct order *order, unsigned count);

#endif
