/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include "checker/persistence/doing.h"

int
doing_begin (struct doing *doing, const struct workload *workload, uint32_t rules, struct workload_state *state)
{
  *doing = (struct doing) { .workload = workload, .promiser = { .rules = rules, .state = state } };
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
  if (!(doing->promiser.rules & RULE_BIT (RULE_REMOVED)))
    workload_state_forget_removed (state);
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
  const size_t last = progress.returned[0];

  if (last == 0 || last > workload->count || operation->block == 0
      || workload->operations[last - 1].block != operation->block)
    return index < last;
  for (size_t i = 0; i < WORKLOAD_PROCESSES_MAX && progress.returned[i]; i++)
    if (workload->operations[progress.returned[i] - 1].process == operation->process)
      return index < progress.returned[i];
  return false;
}

bool
doing_can_come_to (const struct doing *doing, struct workload_progress progress)
{
  return doing->next < doing->workload->count && has_returned (doing->workload, progress, doing->next);
}

/* Operation INDEX comes next; with IS_NEXT it has not returned. */
static int
come_past (struct doing *doing, size_t index, bool is_next)
{
  const struct workload_operation *operation = &doing->workload->operations[index];
  const bool begun = doing->started;

  if (!begun && sync_before (doing, index) == -1)
    return -1;
  doing->started = is_next && workload_changes (operation);     /* some of it may be there before it returns */
  if (!begun && (!is_next || doing->started) && do_one (doing, index) == -1)
    return -1;
  return is_next ? 0 : return_from (doing, index);
}

int
doing_come_to (struct doing *doing, struct workload_progress progress, size_t limit)
{
  const struct workload *workload = doing->workload;
  bool stopped[WORKLOAD_PROCESSES_MAX] = { false };
  uint32_t block = 0;           /* in which a process was stopped */

  for (; doing->next < limit; doing->next++) {
    const struct workload_operation *operation = &workload->operations[doing->next];
    const bool is_next = promises (workload, doing->next) && !has_returned (workload, progress, doing->next);

    if (block && operation->block != block)
      break;
    if (stopped[operation->process])
      continue;
    if (come_past (doing, doing->next, is_next) == -1)
      return -1;
    if (is_next && operation->block == 0)
      return 0;
    doing->started = false;
    stopped[operation->process] = is_next;
    block = is_next ? operation->block : block;
  }
  doing->next = block ? DOING_IN_BLOCK : doing->next;
  return 0;
}

/* Each function that visits returns as doing_visit_all does. */
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
  const int r = promises (visiting->doing->workload, index) ? visit_now (visiting) : 0;

  return r ? r : return_from (visiting->doing, index);
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
    const int r = pass_return (visiting, *stopped);
    if (r)
      return r;
  }
  return 0;
}

/* Let the process that has come to *stopped, not to END, go on up to END. */
static int
pass_rest (const struct visiting *visiting, size_t *stopped, size_t end)
{
  const unsigned process = visiting->doing->workload->operations[*stopped].process;
  const int r = pass_return (visiting, *stopped);

  return r ? r : pass_process (visiting, *stopped + 1, end, process, false, stopped);
}

/* Do a block, the operations from FIRST up to END. */
static int
pass_block (const struct visiting *visiting, size_t first, size_t end, unsigned last)
{
  const unsigned count = visiting->doing->workload->operations[end - 1].process + 1;
  size_t stopped[WORKLOAD_PROCESSES_MAX];
  int r = 0;

  last = last < count ? last : count - 1;
  for (unsigned i = 0; i < count && r == 0; i++)
    if (i != last)
      r = pass_process (visiting, first, end, i, true, &stopped[i]);
  if (r == 0)
    r = pass_process (visiting, first, end, last, false, &stopped[last]);
  if (r == 0)
    r = visit_now (visiting);
  for (unsigned i = 0; i < count && r == 0; i++)
    if (stopped[i] < end)
      r = pass_rest (visiting, &stopped[i], end);
  return r;
}

/* Do operation INDEX, which is in no block. */
static int
pass_one (const struct visiting *visiting, size_t index)
{
  return do_one (visiting->doing, index) == -1 ? -1 : pass_return (visiting, index);
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
    const int r = workload->operations[i].block ? pass_block (&visiting, i, end, last) : pass_one (&visiting, i);
    if (r)
      return r;
  }
  return visit_now (&visiting);
}
