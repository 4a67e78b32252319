/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checker/observe/allocation.h"
#include "checker/persistence/match.h"
#include "checker/persistence/report.h"
#include "checker/persistence/walk.h"
#include "common/cleanup.h"
#include "common/escape.h"

static const struct tree_object *
find_seen (const struct hearing *hearing, const char *path)
{
  const struct tree_object key = { .field = { [TREE_PATH] = path } };
  const struct tree *tree = &hearing->tree;

  return tree->count ? bsearch (&key, tree->objects, tree->count, sizeof key, tree_compare_objects) : NULL;
}

/* What may be at a path, and the link by which it is there, or NOWHERE: there are several. */
struct candidate {
  const struct sim_inode *inode;
  uint32_t link;
};

/* A path, and what may be there: of several folders that may be above it, each has an entry, or none. */
struct seen_place {
  char *path;                   /* escaped */
  struct candidate *candidates; /* each inode once */
  size_t count;
  bool may_miss;
  const struct promise *promise;        /* of some entry; NULL: there is none */
};

/* PREFIX and NAME as a path that is escaped, to free, or NULL. */
static char *
join_path (const char *prefix, const char *name)
{
  CLEANUP_FREE char *word = escape_text (name);
  char *path;

  return word && asprintf (&path, "%s%s%s", prefix, *prefix ? "/" : "", word) != -1 ? path : NULL;
}

/* Add that INODE may be there by LINK. */
static void
add_candidate (struct seen_place *place, const struct sim_inode *inode, uint32_t link)
{
  for (size_t i = 0; i < place->count; i++)
    if (place->candidates[i].inode == inode) {
      if (place->candidates[i].link != link)
        place->candidates[i].link = NOWHERE;
      return;
    }
  place->candidates[place->count++] = (struct candidate) { inode, link };
}

/* Add where the entry of STATE may lead. */
static void
add_entry (const struct hearing *hearing, const struct entry_state *state, struct seen_place *place)
{
  if (state->promise.made)
    place->promise = &state->promise;
  for (size_t i = 0; i < state->count; i++) {
    const struct entry_lead *lead = &state->leads[i];

    if (lead->inode == NOWHERE)
      place->may_miss = true;
    else
      add_candidate (place, hearing->state->simulation.inodes[lead->inode], lead->link);
  }
}

/* Work out what may be at the path of ENTRIES, COUNT of the FOLDER_COUNT folders that may be above it. */
static int
make_place (const struct hearing *hearing, const char *prefix, struct sim_entry *const *entries, size_t count,
            size_t folder_count, struct seen_place *place)
{
  size_t room = 0;

  for (size_t i = 0; i < count; i++)
    room += hearing->state->entries[entries[i]->number].count;
  *place = (struct seen_place) {
    .path = join_path (prefix, entries[0]->name), .candidates = calloc (room + 1, sizeof *place->candidates),
    .may_miss = count < folder_count
  };
  if (place->path == NULL || place->candidates == NULL)
    return -1;
  for (size_t i = 0; i < count; i++)
    add_entry (hearing, &hearing->state->entries[entries[i]->number], place);
  return 0;
}

static void
free_place (struct seen_place *place)
{
  free (place->path);
  free (place->candidates);
}

static int visit_folders (struct hearing *hearing, const struct candidate *folders, size_t count, const char *prefix);

/* SEEN is there by LINK, which is in one place at any time. */
static void
note_link (struct hearing *hearing, uint32_t link, const struct tree_object *seen)
{
  if (hearing->by_link[link])
    report_twice (hearing, hearing->by_link[link], seen);
  else
    hearing->by_link[link] = seen;
}

/* SEEN is at PLACE: which of the inodes that may be there is it? */
static void
identify (struct hearing *hearing, const struct seen_place *place, const struct tree_object *seen)
{
  const struct sim_inode *nearest = NULL;
  enum match best = MATCH_NOT;
  uint32_t link = NOWHERE;

  for (size_t i = 0; i < place->count; i++) {
    const struct candidate *candidate = &place->candidates[i];
    enum match match = match_object (hearing, candidate->inode, seen);

    if (match == MATCH_ALL) {
      hearing->state->inodes[candidate->inode->number].found = true;
      link = best == MATCH_ALL ? NOWHERE : candidate->link;     /* two that look alike: nobody knows which it is */
    }
    if (nearest == NULL || match >= best) {
      nearest = candidate->inode;
      best = match;
    }
  }
  if (best != MATCH_ALL)
    report_wrong (hearing, place->path, seen, nearest, best);
  else if (link != NOWHERE)
    note_link (hearing, link, seen);
}

static int
visit_object (struct hearing *hearing, struct seen_place *place, const struct tree_object *seen)
{
  size_t folder_count = 0;

  identify (hearing, place, seen);
  if (seen->field[TREE_TYPE][0] != 'd' || seen->field[TREE_CONTENT][0] == '!')
    return 0;
  for (size_t i = 0; i < place->count; i++)
    if (place->candidates[i].inode->type == 'd')
      place->candidates[folder_count++] = place->candidates[i];
  return visit_folders (hearing, place->candidates, folder_count, place->path);
}

static int
visit_place (struct hearing *hearing, struct seen_place *place)
{
  const struct tree_object *seen = find_seen (hearing, place->path);

  if (seen && place->count > 0)
    return visit_object (hearing, place, seen);
  if (seen && place->promise)
    report_present (hearing, place->path, seen, place->promise);
  else if (seen == NULL && !place->may_miss && place->promise)
    report_missing (hearing, place->path, place->candidates[place->count - 1].inode, place->promise);
  return 0;
}

static int
compare_entries (const void *left, const void *right)
{
  return strcmp ((*(struct sim_entry *const *) left)->name, (*(struct sim_entry *const *) right)->name);
}

/* Judge all names in the folder PREFIX, which may be any of FOLDERS. */
static int
visit_folders (struct hearing *hearing, const struct candidate *folders, size_t count, const char *prefix)
{
  CLEANUP_FREE struct sim_entry **entries = NULL;
  size_t entry_count = 0, same, at = 0;

  for (size_t i = 0; i < count; i++)
    entry_count += folders[i].inode->entry_count;
  entries = calloc (entry_count + 1, sizeof *entries);
  if (entries == NULL)
    return -1;
  for (size_t i = 0; i < count; i++) {
    const struct sim_inode *folder = folders[i].inode;

    if (folder->entry_count > 0)
      memcpy (entries + at, folder->entries, folder->entry_count * sizeof *entries);
    at += folder->entry_count;
  }
  qsort (entries, entry_count, sizeof *entries, compare_entries);
  for (size_t i = 0; i < entry_count; i += same) {
    struct seen_place place;

    for (same = 1; i + same < entry_count && compare_entries (&entries[i], &entries[i + same]) == 0;)
      same++;
    int r = make_place (hearing, prefix, entries + i, same, count, &place);
    if (r == 0)
      r = visit_place (hearing, &place);
    free_place (&place);
    if (r == -1)
      return -1;
  }
  return 0;
}

static int
visit_root (struct hearing *hearing)
{
  const struct candidate folder = { hearing->state->simulation.inodes[0], NOWHERE };
  const struct tree_object *root = find_seen (hearing, ".");
  /* There is none where paths were watched. */
  enum match match = root ? match_object (hearing, folder.inode, root) : MATCH_ALL;

  if (match != MATCH_ALL)
    report_wrong (hearing, ".", root, folder.inode, match);
  return visit_folders (hearing, &folder, 1, "");
}

/* Hold what stat(2) says of the blocks of SEEN against those that it has. */
static void
judge_blocks (struct hearing *hearing, const struct tree_object *seen)
{
  const char *extents = tree_fact (seen, "extents");
  struct allocation allocation;
  uint64_t bytes = 0;

  if (extents == NULL || !(hearing->rules & RULE_BIT (RULE_BLOCKS)))
    return;
  if (allocation_parse (extents, &allocation) == -1) {
    hearing->out_of_memory = true;      /* tree_parse has found it to be right */
    return;
  }
  for (size_t i = 0; i < allocation.runs.count; i++)
    bytes += allocation.runs.list[i].to - allocation.runs.list[i].from;
  free (allocation.runs.list);
  if (allocation.sectors != bytes / 512)
    report_blocks (hearing, seen, allocation.sectors, bytes / 512);
}

int
walk_tree (struct hearing *hearing)
{
  struct workload_state *state = hearing->state;
  CLEANUP_FREE const struct tree_object **by_link = calloc (state->link_count + 1, sizeof *by_link);

  if (by_link == NULL)
    return -1;
  hearing->by_link = by_link;
  for (size_t i = 0; i < state->inode_count; i++)
    state->inodes[i].found = false;
  if (visit_root (hearing) == -1)
    return -1;
  /* What is missing or wrong under a name that it must have has been said already. */
  for (size_t i = 1; i < state->inode_count && hearing->detail == NULL; i++)
    if (state->inodes[i].name.made && !state->inodes[i].gone && !state->inodes[i].found)
      report_lost (hearing, state->simulation.inodes[i]);
  for (size_t i = 0; i < hearing->tree.count; i++) {
    const struct tree_object *seen = &hearing->tree.objects[i];

    if (tree_fact (seen, "links"))
      report_links (hearing, seen);
    if (tree_fact (seen, "quota"))
      report_quota (hearing, seen);
    judge_blocks (hearing, seen);
  }
  return hearing->out_of_memory ? -1 : 0;
}
