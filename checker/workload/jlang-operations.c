/* SPDX-License-Identifier: BSD-3-Clause */
/* How each operation of J-lang is said in our language. */
#include <config.h>

#include <string.h>
#include <sys/sysmacros.h>

#include "checker/workload/jlang-parts.h"
#include "common/cleanup.h"
#include "common/escape.h"
#include "common/number.h"
#include "common/text.h"

#define WORDS_MAX 8
#define DEFAULT_XATTR "user.xattr1"
#define DEFAULT_VALUE "val1"

/* Whether the flags FLAGS, joined by `|`, have FLAG. */
static bool
has_flag (const char *flags, const char *flag)
{
  return text_lists (flags, '|', flag);
}

/* Each of these converts an operation with its words, words[0] being the verb; those that are not there are "". */

static int
convert_open (struct jlang *jlang, const char *const *words)
{
  const char *path = jlang_path (jlang, words[1]);
  bool there;

  if (jlang_look (jlang) == -1)
    return -1;
  there = jlang_find (jlang, path) != NULL;
  if (!there && has_flag (words[2], "O_CREAT"))
    jlang_emit (jlang, "creat", path);
  if (there && has_flag (words[2], "O_TRUNC"))
    jlang_emit_words (jlang, "truncate", path, "0");
  return jlang_open (jlang, words[1]);
}

static int
convert_opendir (struct jlang *jlang, const char *const *words)
{
  return jlang_open (jlang, words[1]);
}

static int
convert_close (struct jlang *jlang, const char *const *words)
{
  jlang_close (jlang, words[1]);
  return 0;
}

static int
convert_nothing (struct jlang *jlang, const char *const *words)
{
  (void) jlang, (void) words;
  return 0;
}

static int
convert_path (struct jlang *jlang, const char *const *words)
{
  return jlang_emit (jlang, words[0], jlang_path (jlang, words[1]));
}

static int
convert_two_paths (struct jlang *jlang, const char *const *words)
{
  CLEANUP_FREE char *second = escape_text (jlang_path (jlang, words[2]));

  return second ? jlang_emit_words (jlang, words[0], jlang_path (jlang, words[1]), "%s", second)
    : refuse_memory (&jlang->place);
}

static int
convert_remove (struct jlang *jlang, const char *const *words)
{
  const char *path = jlang_path (jlang, words[1]);
  const struct sim_inode *inode;

  if (jlang_look (jlang) == -1)
    return -1;
  inode = jlang_find (jlang, path);
  return jlang_emit (jlang, inode && inode->type == 'd' ? "rmdir" : "unlink", path);
}

static int
convert_write (struct jlang *jlang, const char *const *words)
{
  CLEANUP_FREE char *path = jlang_descriptor_path (jlang, words[1]);

  return path ? jlang_emit_words (jlang, "write", path, "%s %s", words[2], words[3]) : -1;
}

static int
convert_dwrite (struct jlang *jlang, const char *const *words)
{
  const char *path = jlang_path (jlang, words[1]);

  jlang_emit_words (jlang, "dwrite", path, "%s %s", words[2], words[3]);
  return jlang_emit (jlang, "fsync", path);
}

static int
convert_mmapwrite (struct jlang *jlang, const char *const *words)
{
  CLEANUP_FREE char *path = jlang_descriptor_path (jlang, words[1]);

  if (path == NULL)
    return -1;
  jlang_emit_words (jlang, "falloc", path, "alloc %s %s", words[2], words[3]);
  jlang_emit_words (jlang, "mmapwrite", path, "%s %s", words[2], words[3]);
  return jlang_emit_words (jlang, "msync", path, "%s %s", words[2], words[3]);
}

static int
convert_msync (struct jlang *jlang, const char *const *words)
{
  CLEANUP_FREE char *path = jlang_descriptor_path (jlang, words[1]);
  const struct sim_inode *inode = path ? jlang_find (jlang, path) : NULL;

  if (path == NULL)
    return -1;
  if (*words[2])
    return jlang_emit_words (jlang, "msync", path, "%s %s", words[2], words[3]);
  return jlang_emit_words (jlang, "msync", path, "0 %ju", (uintmax_t) (inode ? inode->data.size : 0));
}

static int
convert_falloc (struct jlang *jlang, const char *const *words)
{
  static const struct {
    const char *flag, *word;
  } flags[] = {
    { "FALLOC_FL_KEEP_SIZE", "keep" }, { "FALLOC_FL_PUNCH_HOLE", "punch" }, { "FALLOC_FL_ZERO_RANGE", "zero" },
    { "FALLOC_FL_COLLAPSE_RANGE", "collapse" }, { "FALLOC_FL_INSERT_RANGE", "insert" },
  };
  CLEANUP_FREE char *path = jlang_descriptor_path (jlang, words[1]);
  char mode[64] = "";

  if (path == NULL)
    return -1;
  for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
    if (has_flag (words[2], flags[i].flag)) {
      strcat (mode, *mode ? "+" : "");
      strcat (mode, flags[i].word);
    }
  if (*mode == '\0' && strcmp (words[2], "0") != 0)
    return refuse (&jlang->place, "%s: no such mode of fallocate here", words[2]);
  return jlang_emit_words (jlang, "falloc", path, "%s %s %s", *mode ? mode : "alloc", words[3], words[4]);
}

/* Its modes are as those of mknod(2); the dev is in the kernel's form, all in one number. */
static int
convert_mknod (struct jlang *jlang, const char *const *words)
{
  const char *path = jlang_path (jlang, words[1]);
  const bool blocks = has_flag (words[2], "S_IFBLK");
  uint64_t device;

  if (has_flag (words[2], "S_IFIFO"))
    return jlang_emit (jlang, "mkfifo", path);
  if (!blocks && !has_flag (words[2], "S_IFCHR"))
    return jlang_emit (jlang, "creat", path);
  if (parse_unsigned (words[3], UINT32_MAX, &device) == -1)
    return refuse (&jlang->place, "%s: is no device: give its number", words[3]);
  return jlang_emit_words (jlang, "mknod", path, "%c %u %u", blocks ? 'b' : 'c', major (device), minor (device));
}

static int
convert_sync (struct jlang *jlang, const char *const *words)
{
  CLEANUP_FREE char *path = jlang_descriptor_path (jlang, words[1]);

  return path ? jlang_emit (jlang, words[0], path) : -1;
}

static int
convert_words (struct jlang *jlang, const char *const *words)
{
  return *words[1] ? jlang_emit_words (jlang, words[0], "", "%s", words[1]) : jlang_emit (jlang, words[0], "");
}

static int
convert_truncate (struct jlang *jlang, const char *const *words)
{
  return jlang_emit_words (jlang, "truncate", jlang_path (jlang, words[1]), "%s", words[2]);
}

static int
convert_setxattr (struct jlang *jlang, const char *const *words)
{
  CLEANUP_FREE char *path = jlang_descriptor_path (jlang, words[1]);

  return path ? jlang_emit_words (jlang, "setxattr", path, "%s %s", *words[2] ? words[2] : DEFAULT_XATTR,
                                  *words[3] ? words[3] : DEFAULT_VALUE) : -1;
}

static int
convert_removexattr (struct jlang *jlang, const char *const *words)
{
  return jlang_emit_words (jlang, "removexattr", jlang_path (jlang, words[1]), "%s",
                           *words[2] ? words[2] : DEFAULT_XATTR);
}

static const struct {
  const char *verb;
  size_t least, most;           /* words after it */
  int (*convert) (struct jlang *jlang, const char *const *words);
} conversions[] = {
  { "checkpoint", 0, 1, convert_words }, { "close", 1, 1, convert_close }, { "dwrite", 3, 3, convert_dwrite },
  { "falloc", 4, 4, convert_falloc }, { "fdatasync", 1, 1, convert_sync }, { "fsetxattr", 1, 3, convert_setxattr },
  { "fsync", 1, 1, convert_sync }, { "link", 2, 2, convert_two_paths }, { "mkdir", 1, 2, convert_path },
  { "mknod", 3, 3, convert_mknod },
  { "mmapwrite", 3, 3, convert_mmapwrite }, { "msync", 1, 3, convert_msync }, { "none", 0, 0, convert_nothing },
  { "open", 2, 3, convert_open }, { "opendir", 1, 2, convert_opendir }, { "remove", 1, 1, convert_remove },
  { "removexattr", 1, 2, convert_removexattr }, { "rename", 2, 2, convert_two_paths }, { "rmdir", 1, 1, convert_path },
  { "setxattr", 1, 3, convert_setxattr }, { "symlink", 2, 2, convert_two_paths }, { "sync", 0, 0, convert_words },
  { "truncate", 2, 2, convert_truncate }, { "unlink", 1, 1, convert_path }, { "write", 3, 3, convert_write },
};

int
jlang_operation (struct jlang *jlang, char *line)
{
  const char *words[WORDS_MAX] = { "", "", "", "", "", "", "", "" };
  const char *word;
  size_t count = 0;

  while (count < WORDS_MAX && (word = next_word (&line)) != NULL)
    words[count++] = word;
  if (count == 0)
    return 0;
  for (size_t i = 0; i < sizeof conversions / sizeof conversions[0]; i++)
    if (strcmp (conversions[i].verb, words[0]) == 0) {
      if (count - 1 < conversions[i].least || count - 1 > conversions[i].most)
        return refuse (&jlang->place, "%s: %zu words behind it are too few or too many", words[0], count - 1);
      return conversions[i].convert (jlang, words);
    }
  return refuse (&jlang->place,
                 "%s: has no equivalent here: take it out, or write the workload anew, see powercut-workload(5)",
                 words[0]);
}
