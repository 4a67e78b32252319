/* SPDX-License-Identifier: BSD-3-Clause */
/* The crash model: what may be on a disk when the power is cut.
 *
 * Positions are event positions in the log.  For a write w (also a zero or trim, which count as writes of zeros) and a
 * crash at position t, after the event at t and before the next:
 *   - w is durable if and only if it completed without error and either
 *       it had FUA and its completion is at t or before, or
 *       some flush f of the same device completed without error at t or before, and w had completed before f was
 *       issued.
 *     FUA is no barrier: it makes its own write durable and orders nothing else.  A flush promises nothing about a
 *     write that completed after the flush was issued, even if it completed before the flush did.
 *   - w is pending if and only if it is issued at t or before and is not durable.  A write that failed, or never
 *     completed, stays pending: it may be there or not.
 *   - A trim promises nothing about what is read there: it is pending from its issue on, for ever, unless nothing was
 *     written below it before, or the user trusts the device (log/trims.h).
 *   - Every subset of the pending writes is a legal crash state.  In each sector the latest write that is there wins,
 *     in the order of issue; but two overlapping writes that were in flight together have no order, so that either may
 *     lie over the other, durable or not (log/orders.h).  A write may be torn (log/choice.h): any leading part of it
 *     may be there, or any of its units, or it is there whole or not at all.
 * (NBD protocol, `Ordering of messages and writes` and NBD_CMD_FLAG_FUA; Linux
 * Documentation/block/writeback_cache_control.rst.)
 *
 * Crash points worth visiting are the positions just before each flush or FUA completion that makes a write durable,
 * just before each mark that changes what is expected, and the end.  Such marks are `begin` and `commit` and, where the
 * log has a workload (info `workload`, checker/workload/language.h), `op N` between them: persistence operation N has
 * returned, and what it promises counts.  Where there is a checker it is every public mark, as the checker is told
 * them.  From one of them to the next nothing becomes durable and nothing else is
 * expected, while writes are only issued: the pending set grows, and a subset of the smaller set is one of the larger.
 * So every state of a position in between is a state of the crash point that follows it.
 *
 * A device that breaks its promise, once, is a log in which it has (replay/fault.h).
 */
#ifndef POWERCUT_REPLAY_SEARCH_MODEL_H
#define POWERCUT_REPLAY_SEARCH_MODEL_H

#include <gmp.h>
#include <stdbool.h>

#include "log/choice.h"

/* Whether write number WRITE is durable at POSITION. */
extern bool model_is_durable (const struct write_log *log, uint32_t write, uint32_t position);

/* The position from which on each write is durable, LOG_NEVER where it never is: as many as the log has writes, to
 * free.  NULL with errno ENOMEM.
 */
extern uint32_t *model_durable_from (const struct write_log *log);

/* The pending writes at POSITION, ascending, in *pending, to free.  Returns their number, or -1 with errno ENOMEM.
 * Looks at every write; for more than one position there is an index (replay/search/pending.h).
 */
extern int64_t model_pending (const struct write_log *log, uint32_t position, uint32_t **pending);

/* Where the number WRITE is in the ascending list PENDING, or NULL. */
extern const uint32_t *model_find_pending (const uint32_t *pending, uint32_t count, uint32_t write);

/* The number of legal states at POSITION, where these COUNT writes are pending, into STATES.  Returns 0, or -1 after a
 * message if it has more than MODEL_STATES_BITS binary digits, which only large trims that are torn to any of their
 * units have.
 */
#define MODEL_STATES_BITS (1 << 24)
extern int model_count_states (const struct write_log *log, uint32_t position, const uint32_t *pending, uint32_t count,
                               const struct tear *tear, mpz_t states);

/* Multiply STATES by the number of orders in which the writes issued at POSITION may lie, ORDERS (of each of the log's
 * groups) being known.
 */
extern void model_multiply_orders (const struct write_log *log, uint32_t position, const struct order *orders,
                                   mpz_t states);

/* The positions that are explored, *first to *last: from the mark `begin` (without one: `base`; without that: the
 * start) to the event before the mark `end` (without one: the end of the log).  Returns -1 if there is no event.
 */
extern int model_range (const struct write_log *log, uint32_t *first, uint32_t *last);

#endif
