/* SPDX-License-Identifier: BSD-3-Clause */
/* How many states agree with what a search has decided. */
#include <config.h>

#include <assert.h>

#include "replay/search/inside.h"
#include "replay/search/model.h"

size_t
search_find_pending (const struct search *search, uint32_t write)
{
  const uint32_t *found = model_find_pending (search->config.pending, search->config.pending_count, write);

  assert (found);
  return (size_t) (found - search->config.pending);
}

uint32_t
search_piece_of (const struct search *search, uint32_t write, uint32_t sector)
{
  struct log_write part = search->config.log->writes[write];

  part.length_bytes = (sector + 1) * LOG_SECTOR;
  return tear_pieces (&search->config.tear, &part) - 1;
}

/* Narrow what is left of a write, for TEAR_PREFIX, to what DECISION leaves of it. */
static void
narrow_by (struct search *search, const struct choice *decision)
{
  if (choice_kind_is_of_order (decision->kind))
    return;
  struct left *left = &search->left[search_find_pending (search, decision->write)];
  if (decision->kind == CHOICE_PRESENT) {
    uint32_t least = search_piece_of (search, decision->write, decision->last) + 1;

    if (left->low < least)
      left->low = least;
  }
  else {
    uint32_t most = search_piece_of (search, decision->write, decision->first);

    if (left->high > most)
      left->high = most;
  }
}

static bool
same_left (struct left a, struct left b)
{
  return a.low == b.low && a.high == b.high;
}

/* Undo what was narrowed by the decisions above LEAF, dividing STATES, all there are, down to those that agree with
 * them.
 */
static void
widen (struct search *search, const struct node *leaf, mpz_t states)
{
  for (; leaf->parent; leaf = leaf->parent) {
    if (choice_kind_is_of_order (leaf->decision.kind))
      continue;
    size_t place = search_find_pending (search, leaf->decision.write);
    const struct left all = search->left_at_first[place], left = search->left[place];

    if (same_left (all, left))
      continue;                 /* seen before */
    mpz_divexact_ui (states, states, (unsigned long) all.high - all.low + 1);
    mpz_mul_ui (states, states, (unsigned long) left.high - left.low + 1);
    search->left[place] = all;
  }
}

uint32_t
search_choose_orders (struct search *search, const struct node *leaf)
{
  uint32_t count = 0;

  chosen_orders_restart (&search->orders);
  chosen_orders_add (&search->orders, search->config.given, search->config.given_count);
  for (; leaf->parent; leaf = leaf->parent)
    if (choice_kind_is_of_order (leaf->decision.kind)) {
      chosen_orders_add (&search->orders, &leaf->decision, 1);
      count++;
    }
  return count;
}

void
search_count_agreeing (struct search *search, const struct node *leaf, mpz_t states)
{
  if (search->config.prefix_only) {
    mpz_set_ui (states, 1);
    return;
  }
  const uint32_t about_orders = search_choose_orders (search, leaf);
  mpz_set (states, search->pieces);
  if (search->config.tear.mode == TEAR_PREFIX) {
    for (const struct node *node = leaf; node->parent; node = node->parent)
      narrow_by (search, &node->decision);
    widen (search, leaf, states);
  }
  else
    mpz_tdiv_q_2exp (states, states, leaf->present + leaf->absent - about_orders);
  model_multiply_orders (search->config.log, search->config.point, search->orders.orders, states);
}

void
search_begin_count (struct search *search)
{
  const struct search_config *config = &search->config;
  uint32_t about_orders = 0;

  model_count_states (config->log, config->point, config->pending, config->pending_count, &config->tear,
                      search->states);
  chosen_orders_restart (&search->orders);
  mpz_set_ui (search->pieces, 1);
  model_multiply_orders (config->log, config->point, search->orders.orders, search->pieces);
  mpz_divexact (search->pieces, search->states, search->pieces);
  for (size_t i = 0; i < config->given_count; i++)
    about_orders += choice_kind_is_of_order (config->given[i].kind);
  if (config->tear.mode == TEAR_PREFIX)
    mpz_set_ui (search->pieces, 1);
  else
    mpz_tdiv_q_2exp (search->pieces, search->pieces, config->given_count - about_orders);
  for (uint32_t i = 0; i < config->pending_count; i++)
    search->left[i].high = tear_pieces (&config->tear, &config->log->writes[config->pending[i]]);
  for (size_t i = 0; i < config->given_count && config->tear.mode == TEAR_PREFIX; i++)
    narrow_by (search, &config->given[i]);
  for (uint32_t i = 0; i < config->pending_count; i++) {
    search->left_at_first[i] = search->left[i];
    if (config->tear.mode == TEAR_PREFIX)
      mpz_mul_ui (search->pieces, search->pieces, (unsigned long) search->left[i].high - search->left[i].low + 1);
  }
  if (!config->prefix_only)
    search_count_agreeing (search, search->root, search->states);
}
