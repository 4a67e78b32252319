/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include "checker/persistence/doing.h"

int
doing_begin (struct doing *doing, const struct workload *workload, uint32_t rules, struct workload_state *state)
{
  *doing = (struct doing) { workload, { .rules = rules, .state = state } };
  return workload_state_begin (state, workload);
}

/* Operation INDEX is the one that promises now. */
static struct promiser *
promiser_of (struct doing *doing, size_t index)
{
  const struct workload_operation *operation = &doing->workload->operations[index];

  doing->promiser.operation = (uint32_t) index + 1;
  doing->promiser.by = (struct last_touch) { operation->block, operation->process };
  return &doing->promiser;
}

/* Before operation INDEX there is a sync if it is the first of the update. */
static int
sync_before (struct doing *doing, size_t index)
{
  if (index != doing->workload->setup_count)
    return 0;
  doing->promiser.operation = 0;
  doing->promiser.by = (struct last_touch) { 0, 0 };
  return promise_all (&doing->promiser);
}

/* Do operation INDEX, which has not returned yet. */
static int
do_one (struct doing *doing, size_t index)
{
  struct workload_state *state = doing->promiser.state;

  if (workload_state_do (state, index) == -1)
    return -1;
  return doing->workload->operations[index].verb == WORKLOAD_SNAPSHOT
    ? promise_whole (promiser_of (doing, index), state->simulation.effect.snapshot) : 0;
}

static bool
promises (const struct workload *workload, size_t index)
{
  return index >= workload->setup_count && workload_is_persistence (&workload->operations[index]);
}

/* Operation INDEX, which was done, has returned. */
static int
return_from (struct doing *doing, size_t index)
{
  return promises (doing->workload, index)
    ? promise_by (promiser_of (doing, index), &doing->workload->operations[index]) : 0;
}

/* Whether operation INDEX, which persists, had returned at PROGRESS. */
static bool
has_returned (const struct workload *workload, struct workload_progress progress, size_t index)
{
  const struct workload_operation *operation = &workload->operations[index];
  const bool all = progress.operation > workload->count;
  const struct workload_operation *last = progress.operation && !all ? &workload->operations[progress.operation - 1]
    : NULL;

  return index < (operation->block == 0 || last == NULL || last->block != operation->block
                  || last->process == operation->process ? progress.operation : progress.beside);
}

int
doing_come_to (struct doing *doing, struct workload_progress progress, size_t limit)
{
  const struct workload *workload = doing->workload;
  bool stopped[WORKLOAD_PROCESSES_MAX] = { false }, any = false;
  uint32_t block = 0;           /* in which a process was stopped */

  for (size_t i = 0; i < limit; i++) {
    const struct workload_operation *operation = &workload->operations[i];
    const bool is_next = promises (workload, i) && !has_returned (workload, progress, i);

    if (sync_before (doing, i) == -1)
      return -1;
    if (any && (operation->block == 0 || operation->block != block))
      break;
    if (stopped[operation->process])
      continue;
    stopped[operation->process] = is_next;
    any |= is_next;
    block = operation->block;
    /* Of what changes something, some may be there before it returns. */
    if ((!is_next || workload_changes (operation)) && do_one (doing, i) == -1)
      return -1;
    if (!is_next && return_from (doing, i) == -1)
      return -1;
  }
  return 0;
}

struct visiting {
  struct doing *doing;
  doing_visit *visit;
  void *context;
};

static int
visit_now (const struct visiting *visiting)
{
  return visiting->visit (visiting->context, visiting->doing->promiser.state);
}

/* Operation INDEX, which was done, returns. */
static int
pass_return (const struct visiting *visiting, size_t index)
{
  if (promises (visiting->doing->workload, index) && visit_now (visiting) == -1)
    return -1;
  return return_from (visiting->doing, index);
}

/* Do what of the operations from FIRST up to END is PROCESS's; with STOP only up to the first that persists, which does
 * not return.  Its index, or END, into *stopped.
 */
static int
pass_process (const struct visiting *visiting, size_t first, size_t end, unsigned process, bool stop, size_t *stopped)
{
  const struct workload *workload = visiting->doing->workload;

  for (*stopped = first; *stopped < end; (*stopped)++) {
    if (workload->operations[*stopped].process != process)
      continue;
    if (do_one (visiting->doing, *stopped) == -1)
      return -1;
    if (stop && promises (workload, *stopped))
      break;
    if (pass_return (visiting, *stopped) == -1)
      return -1;
  }
  return 0;
}

/* Do a block, the operations from FIRST up to END. */
static int
pass_block (const struct visiting *visiting, size_t first, size_t end, unsigned last)
{
  const unsigned count = visiting->doing->workload->operations[end - 1].process + 1;
  size_t stopped[WORKLOAD_PROCESSES_MAX];

  last = last < count ? last : count - 1;
  for (unsigned i = 0; i < count; i++)
    if (i != last && pass_process (visiting, first, end, i, true, &stopped[i]) == -1)
      return -1;
  if (pass_process (visiting, first, end, last, false, &stopped[last]) == -1 || visit_now (visiting) == -1)
    return -1;
  for (unsigned i = 0; i < count; i++)
    if (stopped[i] < end
        && (pass_return (visiting, stopped[i]) == -1
            || pass_process (visiting, stopped[i] + 1, end, i, false, &stopped[i]) == -1))
      return -1;
  return 0;
}

int
doing_visit_all (struct doing *doing, unsigned last, doing_visit *visit, void *context)
{
  const struct workload *workload = doing->workload;
  const struct visiting visiting = { doing, visit, context };
  size_t end;

  for (size_t i = 0; i < workload->count; i = end) {
    end = workload_block_end (workload, i);
    if (sync_before (doing, i) == -1)
      return -1;
    if (workload->operations[i].block ? pass_block (&visiting, i, end, last) == -1
        : do_one (doing, i) == -1 || pass_return (&visiting, i) == -1)
      return -1;
  }
  return visit_now (&visiting);
}
