/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/message.h"
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

/* Leave out the crash points that are not chosen. */
static int
leave_out (struct results *results)
{
  const struct session_config *config = results->config;
  CLEANUP_FREE bool *is_chosen = chosen_points_find (&config->chosen, config->log, &results->points);

  if (is_chosen == NULL)
    return out_of_memory ();
  for (size_t i = 0; i < results->points.count; i++) {
    results->found[i].done = !is_chosen[i];
    results->left_out += !is_chosen[i];
  }
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

void
results_free (struct results *results)
{
  for (size_t i = 0; results->found && i < results->points.count; i++) {
    mpz_clear (results->found[i].states);
    mpz_clear (results->found[i].covered);
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
