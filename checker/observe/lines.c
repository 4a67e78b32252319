/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdint.h>
#include <string.h>

#include "checker/observe/content.h"
#include "checker/observe/lines.h"
#include "common/escape.h"

void
tree_print_path (FILE *file, const struct tree_place *place)
{
  if (place->parent && place->parent->parent) {
    tree_print_path (file, place->parent);
    putc_unlocked ('/', file);
  }
  escape_word (place->name, strlen (place->name), file);
}

char
tree_type_letter (unsigned mode)
{
  switch (mode & S_IFMT) {
  case S_IFREG: return 'f';
  case S_IFDIR: return 'd';
  case S_IFLNK: return 'l';
  case S_IFCHR: return 'c';
  case S_IFBLK: return 'b';
  case S_IFIFO: return 'p';
  case S_IFSOCK: return 's';
  default: return '?';
  }
}

/* Put NUMBER, at least DIGITS long, and a space at TO.  Returns its end. */
static char *
put_number (char *to, uint64_t number, unsigned base, int digits)
{
  char text[24], *start = text + sizeof text;

  for (; number > 0 || digits > 0; number /= base, digits--)
    *--start = (char) ('0' + number % base);
  to = mempcpy (to, start, (size_t) (text + sizeof text - start));
  *to++ = ' ';
  return to;
}

/* By hand: where a guest's processor is emulated, printf would take as long for a small file as everything else. */
void
tree_print_head (FILE *file, const struct statx *status)
{
  char text[96], *end = text;

  *end++ = tree_type_letter (status->stx_mode);
  *end++ = ' ';
  end = put_number (end, status->stx_mode & 07777, 8, 4);
  end = put_number (end, status->stx_uid, 10, 1);
  end = put_number (end, status->stx_gid, 10, 1);
  if (S_ISREG (status->stx_mode))
    end = put_number (end, status->stx_size, 10, 1);
  else
    end = stpcpy (end, "- ");
  fwrite_unlocked (text, 1, (size_t) (end - text), file);
}

void
tree_print_tail (FILE *file, const char *xattrs, const struct tree_place *place)
{
  putc_unlocked (' ', file);
  fputs_unlocked (xattrs, file);
  putc_unlocked (' ', file);
  tree_print_path (file, place);
  putc_unlocked ('\n', file);
}

void
tree_print_unknown (FILE *file, const struct tree_place *place, int error)
{
  char text[CONTENT_WORD_SIZE];

  content_format_error (error, text);
  fprintf (file, "? - - - - %s", text);
  tree_print_tail (file, "-", place);
}
