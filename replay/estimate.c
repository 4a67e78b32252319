/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include "replay/estimate.h"
#include "replay/worker.h"

#define LASTING 0.99            /* what each answer leaves of those before it */
#define GROWTH_MOST 0.98        /* with more, there would be no end */

void
estimate_note (struct estimate *estimate, uint64_t opened)
{
  estimate->opened = estimate->opened * LASTING + (double) opened;
  estimate->answers = estimate->answers * LASTING + 1;
}

double
estimate_of_search (const struct estimate *estimate, uint64_t open, double most)
{
  const double growth = estimate->answers > 0 ? estimate->opened / estimate->answers : 0;
  const double left = (double) open / (1 - (growth < GROWTH_MOST ? growth : GROWTH_MOST));

  return left < most ? left : most;
}

/* How many answers SEARCH of a crash point with STATES may have in all: there are no more than states. */
static double
most_of (const struct session_config *config, mpz_srcptr states)
{
  const double all = mpz_get_d (states);

  return config->limit > 0 && (double) config->limit < all ? (double) config->limit : all;
}

double
estimate_runs_left (const struct session *session)
{
  const struct results *results = &session->results;
  double begun = 0, answers = 0, left = 0, untouched = 0;

  for (size_t i = session->first_point; i < results->points.count; i++) {
    const struct point_result *found = &results->found[i];
    const struct search *search = session->searches[i];

    if (search) {
      const double given = (double) search_given (search);
      left += estimate_of_search (&session->estimate, search_waiting (search), most_of (session->config, found->states)
                                  - given);
      begun++;
    }
    else if (!found->done)
      untouched++;
  }
  begun += (double) session->points_done;
  answers = (double) (results->runs + results->remembered);
  if (begun > 0)
    left += untouched * (answers + left) / begun;
  return answers > 0 ? left * (double) results->runs / answers : left;
}
