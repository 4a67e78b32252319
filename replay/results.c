/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "common/plural.h"
#include "replay/results.h"

void
nested_result_begin (struct nested_result *nested)
{
  *nested = (struct nested_result) { .recoveries = 0 };
  mpz_inits (nested->states, nested->covered, NULL);
}

void
nested_result_free (struct nested_result *nested)
{
  mpz_clears (nested->states, nested->covered, NULL);
}

/* Which part of crash point FOUND, number NUMBER of those that are chosen, is the session's. */
static void
share_point (const struct session_config *config, size_t number, unsigned parts, struct point_result *found)
{
  found->parts = parts;
  found->part = config->joined ? 0 : share_part (&config->share, number, parts);
  if (found->part >= 0)
    return;
  found->done = true;
  mpz_set_ui (found->states, 0);
}

/* Whether crash point number NUMBER is there only since the log ends there, for now. */
static bool
is_end_so_far (const struct results *results, size_t number)
{
  return results->config->growing && results->points.points[number].position + 1 == results->config->log->event_count;
}

/* Leave out the crash points that are not chosen, and what is another shard's. */
static int
leave_out (struct results *results)
{
  const struct session_config *config = results->config;
  CLEANUP_FREE bool *is_chosen = chosen_points_find (&config->chosen, config->log, &results->points);

  if (is_chosen == NULL)
    return out_of_memory ();
  for (size_t i = 0; i < results->points.count; i++) {
    is_chosen[i] &= results->points.points[i].position >= config->visit_from && !is_end_so_far (results, i);
    results->found[i].done = !is_chosen[i];
    results->left_out += !is_chosen[i];
  }
  const size_t chosen = results->points.count - results->left_out;
  const unsigned parts = config->prefixes_only ? 1 : share_parts (&config->share, chosen);
  for (size_t i = 0, number = 0; i < results->points.count; i++)
    if (is_chosen[i])
      share_point (config, number++, parts, &results->found[i]);
    else if (config->share.number > 1)
      mpz_set_ui (results->found[i].states, 0); /* they are the first shard's not to cover */
  return 0;
}

int
results_begin (struct results *results, const struct session_config *config)
{
  memset (results, 0, sizeof *results);
  results->config = config;
  for (unsigned i = 0; i < NESTED_MAX; i++)
    nested_result_begin (&results->nested[i]);
  oracle_init (&results->oracle, &config->trees, config->persistence, config->pages);
  if (config->pages && page_counts_begin (&results->pages, config->pages) == -1)
    return -1;
  if (model_crash_points (config->log, (config->prefixes_only ? POINTS_PREFIXES : 0)
                          | (config->runner.check ? POINTS_TOLD : 0), &results->points) == -1)
    return out_of_memory ();
  results->found = calloc (results->points.count ? results->points.count : 1, sizeof *results->found);
  if (results->found == NULL)
    return out_of_memory ();
  for (size_t i = 0; i < results->points.count; i++) {
    mpz_init (results->found[i].states);
    mpz_init (results->found[i].covered);
    mpz_init (results->found[i].own);
  }
  for (size_t i = 0; i < results->points.count; i++) {
    const struct crash_point *point = &results->points.points[i];
    CLEANUP_FREE uint32_t *pending = crash_point_pending (&results->points, point);

    if (pending == NULL)
      return out_of_memory ();
    if (model_count_states (config->log, point->position, pending, point->pending_count, &config->tear,
                            results->found[i].states) == -1)
      return -1;
  }
  return leave_out (results);
}

int
results_check_joined (const struct results *results, bool timed)
{
  const char *log = results->config->log->path;

  if (results->unknown > 0 && !timed) {
    error_message ("%s: no shard has an answer to %ju %s that all together should have: they did not divide the work "
                   "in the same way, since recovery does not read in the same order each time: replay it with fewer "
                   "shards", log, (uintmax_t) results->unknown, plural (results->unknown, "question", "questions"));
    return -1;
  }
  for (size_t i = 0; i < results->points.count; i++)
    if (results->found[i].part >= 0 && results->found[i].parts > 1 && results->unknown == 0
        && mpz_cmp (results->found[i].own, results->found[i].states) != 0) {
      error_message ("%s: at crash point %u the shards' states do not add up to all of them", log,
                     results->points.points[i].position);
      return -1;
    }
  return 0;
}

void
results_free (struct results *results)
{
  for (size_t i = 0; results->found && i < results->points.count; i++) {
    mpz_clear (results->found[i].states);
    mpz_clear (results->found[i].covered);
    mpz_clear (results->found[i].own);
    tally_free (&results->found[i].tally);
  }
  free (results->found);
  for (unsigned i = 0; i < NESTED_MAX; i++)
    nested_result_free (&results->nested[i]);
  crash_points_free (&results->points);
  oracle_free (&results->oracle);
  page_counts_free (&results->pages);
  findings_free (&results->findings);
  free (results->release);
}
