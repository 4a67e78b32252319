/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checker/observe/flags.h"
#include "checker/persistence/report.h"
#include "common/cleanup.h"
#include "common/escape.h"
#include "common/plural.h"
#include "common/text.h"

/* Print what INODE should be. */
static void
print_expected (FILE *file, const struct hearing *hearing, const struct sim_inode *inode)
{
  const struct inode_state *state = &hearing->state->inodes[inode->number];
  struct tree_object object = {
    .field = { [TREE_TYPE] = "f", [TREE_SIZE] = state->size_text, [TREE_CONTENT] = state->word }
  };

  if (inode->type == 'f' && state->data.made && !state->data_touched)
    tree_print_contents (file, &object);
  else if (inode->target) {
    CLEANUP_FREE char *target = content_target (inode->target);

    fputs (inode->type == 'l' ? "link to " : "device ", file);
    tree_print_word (file, target ? target : "?");
  }
  else
    fputs (inode->subvolume == SUBVOLUME_READ_ONLY ? "read-only subvolume"
           : inode->subvolume == SUBVOLUME_WRITABLE ? "subvolume" : tree_type_name (inode->type), file);
}

/* Print by whom it was promised. */
static void
print_promise (FILE *file, const struct hearing *hearing, const struct promise *made)
{
  const struct workload *workload = hearing->workload;

  if (!made->made)
    return;
  if (made->operation == 0)
    fputs (" (synced before `begin')", file);
  else
    fprintf (file, " (%s at line %u)", workload_verb_name (workload->operations[made->operation - 1].verb),
             workload->operations[made->operation - 1].line);
}

/* A violation is described to DETAIL, which begins with rule and path, unless there is one already: then it is counted,
 * and this is false.
 */
static bool
begin_violation (struct hearing *hearing, enum persistence_rule rule, const char *path, struct text_stream *detail)
{
  if (hearing->detail) {
    hearing->more++;
    return false;
  }
  if (!text_begin (detail)) {
    hearing->out_of_memory = true;
    return false;
  }
  fprintf (detail->file, "%s: ", persistence_rule_name (rule));
  tree_print_word (detail->file, path);
  fputs (": ", detail->file);
  return true;
}

static void
end_violation (struct hearing *hearing, struct text_stream *detail, const struct promise *made)
{
  print_promise (detail->file, hearing, made);
  hearing->detail = text_end (detail);
  hearing->out_of_memory |= hearing->detail == NULL;
}

void
report_missing (struct hearing *hearing, const char *path, const struct sim_inode *inode, const struct promise *made)
{
  struct text_stream detail;

  if (!begin_violation (hearing, made->rule, path, &detail))
    return;
  fputs ("missing, should be ", detail.file);
  print_expected (detail.file, hearing, inode);
  end_violation (hearing, &detail, made);
}

void
report_present (struct hearing *hearing, const char *path, const struct tree_object *seen, const struct promise *made)
{
  struct text_stream detail;

  if (!begin_violation (hearing, made->rule, path, &detail))
    return;
  tree_print_contents (detail.file, seen);
  fputs (", should be gone", detail.file);
  end_violation (hearing, &detail, made);
}

void
report_twice (struct hearing *hearing, const struct tree_object *first, const struct tree_object *again)
{
  const struct promise nobody = { .rule = RULE_RENAME };
  struct text_stream detail;

  if (!(hearing->rules & RULE_BIT (RULE_RENAME))
      || !begin_violation (hearing, nobody.rule, again->field[TREE_PATH], &detail))
    return;
  tree_print_contents (detail.file, again);
  fputs (", is at ", detail.file);
  tree_print_word (detail.file, first->field[TREE_PATH]);
  fputs (", too, and was never at both", detail.file);
  end_violation (hearing, &detail, &nobody);
}

void
report_links (struct hearing *hearing, const struct tree_object *seen)
{
  const struct promise nobody = { .rule = RULE_LINKS };
  const char *links = tree_fact (seen, "links");
  struct text_stream detail;

  if (!(hearing->rules & RULE_BIT (RULE_LINKS))
      || !begin_violation (hearing, nobody.rule, seen->field[TREE_PATH], &detail))
    return;
  const char *names = strchr (links, '/') + 1;
  fprintf (detail.file, "link count %.*s, should be %s", (int) strcspn (links, "/"), links, names);
  end_violation (hearing, &detail, &nobody);
}

/* Print the numbers of FACT, each ended by one of `:/;` or a NUL, from number FIRST on with two between them. */
static void
print_usage (FILE *file, const char *fact, size_t first)
{
  const char *numbers[5];

  for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
    fact += strcspn (fact, ":/");
    numbers[i] = ++fact;
  }
  const uint64_t objects = strtoull (numbers[first], NULL, 10), bytes = strtoull (numbers[first + 2], NULL, 10);
  fprintf (file, "%" PRIu64 " %s with %" PRIu64 " %s", objects, plural (objects, "object", "objects"), bytes,
           plural (bytes, "byte", "bytes"));
}

void
report_quota (struct hearing *hearing, const struct tree_object *seen)
{
  const struct promise nobody = { .rule = RULE_QUOTA };
  const char *fact = tree_fact (seen, "quota");
  const char *id = strchr (fact, ':') + 1;      /* as tree_parse has found */
  struct text_stream detail;

  if (!(hearing->rules & RULE_BIT (RULE_QUOTA))
      || !begin_violation (hearing, nobody.rule, seen->field[TREE_PATH], &detail))
    return;
  fprintf (detail.file, "%.*s %.*s has ", (int) (id - 1 - fact), fact, (int) strcspn (id, ":"), id);
  print_usage (detail.file, fact, 1);
  fputs (", says the quota, should be ", detail.file);
  print_usage (detail.file, fact, 2);
  end_violation (hearing, &detail, &nobody);
}

void
report_blocks (struct hearing *hearing, const struct tree_object *seen, uint64_t sectors, uint64_t expected)
{
  const struct promise nobody = { .rule = RULE_BLOCKS };
  struct text_stream detail;

  if (!begin_violation (hearing, nobody.rule, seen->field[TREE_PATH], &detail))
    return;
  fprintf (detail.file, "has %ju sectors of 512 bytes, says stat(2), should be %ju", (uintmax_t) sectors,
           (uintmax_t) expected);
  end_violation (hearing, &detail, &nobody);
}

/* Print what was asked of a file whose data were touched after the promise. */
static void
print_bounds (FILE *file, const struct inode_state *state)
{
  const struct byte_range *ranges = state->dirty.list;
  const size_t count = state->dirty.count;

  fprintf (file, "%ju", (uintmax_t) state->size_min);
  if (state->size_max != state->size_min)
    fprintf (file, " to %ju", (uintmax_t) state->size_max);
  fputs (" bytes", file);
  if (count == 1 && ranges[0].to == UINT64_MAX) {
    fprintf (file, ", the first %ju as they were", (uintmax_t) ranges[0].from);
    return;
  }
  for (size_t i = 0; i < count; i++) {
    fprintf (file, "%s%ju ", i == 0 ? ", those outside " : i + 1 < count ? ", " : " and ", (uintmax_t) ranges[i].from);
    if (ranges[i].to == UINT64_MAX)
      fputs ("on", file);
    else
      fprintf (file, "to %ju", (uintmax_t) ranges[i].to);
  }
  fputs (" as they were", file);
}

/* Print the mode that SEEN has, and those that it may have. */
static void
print_modes (FILE *file, const struct inode_state *state, const struct tree_object *seen)
{
  fprintf (file, "mode %s, should be", seen->field[TREE_MODE]);
  for (size_t i = 0; i < state->attributes.modes.count; i++)
    fprintf (file, "%s %04o", i > 0 ? " or" : "", (unsigned) state->attributes.modes.list[i]);
}

/* Print whose SEEN is, and whose it may be. */
static void
print_owners (FILE *file, const struct inode_state *state, const struct tree_object *seen)
{
  fprintf (file, "owner %s:%s, should be", seen->field[TREE_UID], seen->field[TREE_GID]);
  for (size_t i = 0; i < state->attributes.owners.count; i++)
    fprintf (file, "%s %u:%u", i > 0 ? " or" : "", sim_owner_user (state->attributes.owners.list[i]),
             sim_owner_group (state->attributes.owners.list[i]));
}

/* Print the flags that SEEN has, and those that it may have, as far as they are known. */
static void
print_flags (FILE *file, const struct inode_state *state, const struct tree_object *seen)
{
  const char *letters = tree_fact (seen, "flags");

  fprintf (file, "flags %.*s, should be", letters ? (int) strcspn (letters, ";") : 4, letters ? letters : "none");
  for (size_t i = 0; i < state->attributes.flags.count; i++) {
    const uint32_t flags = (uint32_t) state->attributes.flags.list[i];

    fputs (i > 0 ? " or " : " ", file);
    if (flags == 0)
      fputs ("none", file);
    flags_print (flags, file);
  }
}

/* Print the number that SEEN has as fact NAME, and those of SET that it may have. */
static void
print_number_fact (FILE *file, const char *name, const struct number_set *set, const struct tree_object *seen)
{
  const char *value = tree_fact (seen, name);

  fprintf (file, "%s %.*s, should be", name, value ? (int) strcspn (value, ";") : 5, value ? value : "other");
  for (size_t i = 0; i < set->count; i++)
    fprintf (file, "%s %" PRId64, i > 0 ? " or" : "", set->list[i]);
}

/* Print the attributes that SEEN has, and those that it may have. */
static void
print_xattrs (FILE *file, const struct inode_state *state, const struct tree_object *seen)
{
  const struct attribute_set *attributes = &state->attributes;

  fprintf (file, "xattrs %.*s, should be %.*s", TREE_HASH_SHOWN, seen->field[TREE_XATTRS], TREE_HASH_SHOWN,
           attributes->words[0]);
  if (attributes->word_count > 1)
    fprintf (file, " or one of %zu others", attributes->word_count - 1);
}

/* Print which part of SEEN should have blocks, or none. */
static void
print_blocks (FILE *file, struct hearing *hearing, const struct inode_state *state, const struct tree_object *seen)
{
  struct byte_range wrong = { 0, 0 };
  bool reserved = false;

  match_blocks (hearing, state, seen, &wrong, &reserved);
  fprintf (file, reserved ? "not all blocks of bytes %ju " : "has blocks in bytes %ju ", (uintmax_t) wrong.from);
  if (wrong.to == UINT64_MAX)
    fputs ("on", file);
  else
    fprintf (file, "to %ju", (uintmax_t) wrong.to);
  fputs (reserved ? " are there, falloc has allocated them" : ", which were freed or never written", file);
}

/* SEEN is not what it leads to, INODE coming nearest. */
void
report_wrong (struct hearing *hearing, const char *path, const struct tree_object *seen, const struct sim_inode *inode,
              enum match match)
{
  const struct inode_state *state = &hearing->state->inodes[inode->number];
  const struct promise nobody = { .rule = match == MATCH_NOT ? RULE_OBJECT : RULE_STALE };
  const struct promise *made = match == MATCH_TYPE ? &state->data : match == MATCH_DATA ? &state->xattrs
    : match == MATCH_ATTRIBUTES ? &state->allocation : &nobody;
  struct text_stream detail;

  if (match == MATCH_NOT && !(hearing->rules & RULE_BIT (RULE_OBJECT)))
    return;
  if (!begin_violation (hearing, made->rule, path, &detail))
    return;
  if (match == MATCH_ATTRIBUTES)
    print_blocks (detail.file, hearing, state, seen);
  else if (match == MATCH_DATA && !match_mode (state, seen))
    print_modes (detail.file, state, seen);
  else if (match == MATCH_DATA && !match_owner (state, seen))
    print_owners (detail.file, state, seen);
  else if (match == MATCH_DATA && !match_flags (state, seen))
    print_flags (detail.file, state, seen);
  else if (match == MATCH_DATA && !match_project (state, seen))
    print_number_fact (detail.file, "project", &state->attributes.projects, seen);
  else if (match == MATCH_DATA && !match_time (hearing, state, seen))
    print_number_fact (detail.file, "mtime", &state->attributes.times, seen);
  else if (match == MATCH_DATA)
    print_xattrs (detail.file, state, seen);
  else if (match == MATCH_PROMISED) {
    tree_print_contents (detail.file, seen);
    fprintf (detail.file, ", has bytes at %ju that were never written to it",
             (uintmax_t) match_stale (hearing, inode, seen));
  }
  else {
    if (seen->field[TREE_XATTRS][0] == '!')
      fprintf (detail.file, "%s with unreadable xattrs (%s)", tree_type_name (seen->field[TREE_TYPE][0]),
               seen->field[TREE_XATTRS] + 1);
    else
      tree_print_contents (detail.file, seen);
    fputs (", should be ", detail.file);
    if (match == MATCH_TYPE && state->data_touched)
      print_bounds (detail.file, state);
    else
      print_expected (detail.file, hearing, inode);
  }
  end_violation (hearing, &detail, made);
}

/* INODE, which has had a name all the time, is under none of those that it may have. */
void
report_lost (struct hearing *hearing, const struct sim_inode *inode)
{
  const struct inode_state *state = &hearing->state->inodes[inode->number];
  const struct simulation *simulation = &hearing->state->simulation;
  enum persistence_rule rule = state->renamed ? RULE_RENAME_LOST : state->name.rule;
  const char *separator = "";
  struct text_stream paths, detail;

  if (!(hearing->rules & RULE_BIT (rule)))
    return;
  if (!text_begin (&paths)) {
    hearing->out_of_memory = true;
    return;
  }
  for (size_t i = 0; i < simulation->entry_count; i++) {
    CLEANUP_FREE char *path = NULL;

    if (!entry_may_lead (&hearing->state->entries[i], inode->number))
      continue;
    path = sim_entry_path (simulation->entries[i]);
    fputs (separator, paths.file);
    escape_word (path ? path : "?", path ? strlen (path) : 1, paths.file);
    separator = " or ";
  }
  CLEANUP_FREE char *joined = text_end (&paths);
  hearing->out_of_memory |= joined == NULL;
  if (joined == NULL || !begin_violation (hearing, rule, joined, &detail))
    return;
  fputs ("lost, should be ", detail.file);
  print_expected (detail.file, hearing, inode);
  end_violation (hearing, &detail, &state->name);
}
