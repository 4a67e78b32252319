/* SPDX-License-Identifier: BSD-3-Clause */
/* What was observed in how many states. */
#ifndef POWERCUT_TESTS_UNIT_REPLAY_SEARCH_SIGHTINGS_H
#define POWERCUT_TESTS_UNIT_REPLAY_SEARCH_SIGHTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Runs, or states that share an observation. */
struct sightings {
  struct entry {
    uint64_t observation, states;
    char *place;                /* of a run, to free; or NULL */
  } *entries;
  size_t count;
};

/* Takes PLACE over. */
extern void sightings_add (struct sightings *sightings, uint64_t observation, uint64_t states, char *place);
extern void sightings_free (struct sightings *sightings);

/* Each observation is in as many states of A as of B.  Sorts both. */
extern void assert_same_observations (struct sightings *a, struct sightings *b);

/* Whether the same runs were made, in any order.  Sorts both. */
extern bool are_same_runs (struct sightings *a, struct sightings *b);

#endif
