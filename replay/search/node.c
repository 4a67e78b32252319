/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>

#include "replay/search/node.h"

struct node *
node_next (const struct node *root, struct node *node, bool skip)
{
  if (!skip && node->children[0])
    return node->children[0];
  while (node != root) {
    if (node == node->parent->children[0])
      return node->parent->children[1];
    node = node->parent;
  }
  return NULL;
}

void
node_free (struct node *node)
{
  while (node) {
    struct node *parent = node->parent;

    if (node->children[0] || node->children[1]) {
      node = node->children[0] ? node->children[0] : node->children[1];
      continue;
    }
    if (parent)
      parent->children[parent->children[1] == node] = NULL;
    free (node);
    node = parent;
  }
}

void
node_change_open (struct node *node, int change)
{
  for (; node; node = node->parent)
    node->open += (uint64_t) (int64_t) change;
}

static struct node *
add_child (struct node *node, struct choice decision)
{
  struct node *child = calloc (1, sizeof *child);

  if (child == NULL)
    return NULL;
  child->parent = node;
  child->decision = decision;
  child->present = node->present + (choice_side (decision.kind) == 0);
  child->absent = node->absent + (choice_side (decision.kind) == 1);
  node->children[choice_side (decision.kind)] = child;
  return child;
}

int
node_grow (struct node **node, struct choice decision, struct choice turned)
{
  struct node *child = add_child (*node, decision), *other = child ? add_child (*node, turned) : NULL;

  if (other == NULL) {
    free (child);
    (*node)->children[0] = (*node)->children[1] = NULL;
    return -1;
  }
  other->open = 1;
  *node = child;
  return 0;
}

void
node_note_open (struct node *leaf, const struct node *top)
{
  uint64_t opened = 0;
  bool below = true;

  for (; leaf; leaf = leaf->parent) {
    leaf->open += opened;
    below = below && leaf != top;
    opened += below;
  }
}

bool
node_is_open (const struct node *node)
{
  return node->open == 1 && node->children[0] == NULL;
}

struct choice *
node_decided (const struct node *leaf, size_t *count)
{
  struct choice *decided;

  *count = leaf->present + leaf->absent;
  decided = calloc (*count ? *count : 1, sizeof *decided);
  if (decided == NULL)
    return NULL;
  for (size_t i = *count; i > 0; leaf = leaf->parent)
    decided[--i] = leaf->decision;
  return decided;
}

char *
node_place (const struct node *leaf)
{
  size_t depth = leaf->present + leaf->absent;
  char *place = malloc (depth + 1);

  if (place == NULL)
    return NULL;
  place[depth] = '\0';
  for (; depth > 0; leaf = leaf->parent)
    place[--depth] = choice_side (leaf->decision.kind) == 0 ? '+' : '-';
  return place;
}
