/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <string.h>

#include "checker/workload/forms.h"
#include "common/message.h"

#define GROUP_VERBS_MAX 12

const struct gen_path_facts gen_paths[] = {
  [GEN_FOO] = { "foo", GEN_ROOT, GEN_BAR },
  [GEN_BAR] = { "bar", GEN_ROOT, GEN_FOO },
  [GEN_A_FOO] = { "A/foo", GEN_FOLDER_A, GEN_A_BAR },
  [GEN_A_BAR] = { "A/bar", GEN_FOLDER_A, GEN_A_FOO },
  [GEN_FOLDER_A] = { "A", GEN_ROOT, GEN_FOLDER_B },
  [GEN_FOLDER_B] = { "B", GEN_ROOT, GEN_FOLDER_A },
  [GEN_ROOT] = { ".", GEN_ROOT, GEN_ROOT },
  [GEN_B_FOO] = { "B/foo", GEN_FOLDER_B, GEN_B_BAR },
  [GEN_B_BAR] = { "B/bar", GEN_FOLDER_B, GEN_B_FOO },
};

const enum gen_path gen_images[][GEN_PATH_COUNT] = {
  { GEN_BAR, GEN_FOO, GEN_A_FOO, GEN_A_BAR, GEN_FOLDER_A, GEN_FOLDER_B, GEN_ROOT, GEN_B_FOO, GEN_B_BAR },
  { GEN_FOO, GEN_BAR, GEN_A_BAR, GEN_A_FOO, GEN_FOLDER_A, GEN_FOLDER_B, GEN_ROOT, GEN_B_BAR, GEN_B_FOO },
  { GEN_BAR, GEN_FOO, GEN_A_BAR, GEN_A_FOO, GEN_FOLDER_A, GEN_FOLDER_B, GEN_ROOT, GEN_B_BAR, GEN_B_FOO },
};

const struct gen_form gen_forms[] = {
  { "creat", "", ABOUT_ONE_FILE, NEED_NO_FIRST },
  { "mkdir", "", ABOUT_FOLDER, NEED_NO_FIRST },
  { "write", " 0 8K", ABOUT_ONE_FILE, NEED_NO_FIRST },
  { "write", " 16K 4K", ABOUT_ONE_FILE, NEED_FIRST },
  { "write", " 1000 5000", ABOUT_ONE_FILE, NEED_FIRST },
  { "write", " 13000 8K", ABOUT_ONE_FILE, NEED_FIRST },
  { "dwrite", " 16K 4K", ABOUT_ONE_FILE, NEED_FIRST },
  { "dwrite", " 8K 4K", ABOUT_ONE_FILE, NEED_FIRST },
  { "mmapwrite", " 12K 4K", ABOUT_ONE_FILE, NEED_FIRST },
  { "mmapwrite", " 1000 5000", ABOUT_ONE_FILE, NEED_FIRST },
  { "falloc", " alloc 16K 4K", ABOUT_ONE_FILE, NEED_FIRST },
  { "falloc", " alloc 13000 8K", ABOUT_ONE_FILE, NEED_FIRST },
  { "falloc", " keep 16K 4K", ABOUT_ONE_FILE, NEED_FIRST },
  { "falloc", " keep 13000 8K", ABOUT_ONE_FILE, NEED_FIRST },
  { "falloc", " zero 16K 4K", ABOUT_ONE_FILE, NEED_FIRST },
  { "falloc", " zero 1000 5000", ABOUT_ONE_FILE, NEED_FIRST },
  { "falloc", " zero 13000 8K", ABOUT_ONE_FILE, NEED_FIRST },
  { "falloc", " zero+keep 16K 4K", ABOUT_ONE_FILE, NEED_FIRST },
  { "falloc", " zero+keep 1000 5000", ABOUT_ONE_FILE, NEED_FIRST },
  { "falloc", " zero+keep 13000 8K", ABOUT_ONE_FILE, NEED_FIRST },
  { "falloc", " punch 0 4K", ABOUT_ONE_FILE, NEED_FIRST },
  { "falloc", " punch 1000 5000", ABOUT_ONE_FILE, NEED_FIRST },
  { "falloc", " punch 13000 8K", ABOUT_ONE_FILE, NEED_FIRST },
  { "truncate", " 8K", ABOUT_ONE_FILE, NEED_FIRST },
  { "truncate", " 5000", ABOUT_ONE_FILE, NEED_FIRST },
  { "truncate", " 20000", ABOUT_ONE_FILE, NEED_FIRST },
  { "link", "", ABOUT_TWO_FILES, NEED_FIRST | NEED_NO_SECOND },
  { "symlink", "", ABOUT_TWO_FILES, NEED_NO_SECOND },
  { "rename", "", ABOUT_TWO_FILES, NEED_FIRST | NEED_NO_SECOND },
  { "rename", "", ABOUT_TWO_FILES, NEED_FIRST | NEED_SECOND },
  { "rename", "", ABOUT_TWO_FOLDERS, NEED_FIRST | NEED_NO_SECOND },
  { "rename", "", ABOUT_TWO_FOLDERS, NEED_FIRST | NEED_SECOND },
  { "exchange", "", ABOUT_TWO_FILES, NEED_FIRST | NEED_SECOND | NEED_NO_ORDER },
  { "unlink", "", ABOUT_ONE_FILE, NEED_FIRST },
  { "rmdir", "", ABOUT_FOLDER, NEED_FIRST },
  { "setxattr", " user.a new", ABOUT_EITHER, NEED_FIRST },
  { "removexattr", " user.a", ABOUT_EITHER, NEED_FIRST | NEED_XATTR },
};

/* Of what is in a group, only those operations count that are made. */
static const struct {
  const char *name, *verbs[GROUP_VERBS_MAX];
} groups[] = {
  { "data", { "write", "dwrite", "append", "mmapwrite", "falloc", "truncate", "reflink", "clone", "copyrange", "dedupe",
              "sync_file_range" } },
  { "names", { "creat", "mkdir", "mkfifo", "mknod", "link", "symlink", "rename", "exchange", "unlink", "rmdir",
               "tmpfile", "linktmp" } },
  { "xattrs", { "setxattr", "removexattr", "chmod", "chown", "utimes", "chattr", "project" } },
  { "subvolumes", { "subvolume", "snapshot", "delete-subvolume" } },
};

/* Whether NAME is the word of LENGTH bytes at WORD. */
static bool
is_word (const char *name, const char *word, size_t length)
{
  return strlen (name) == length && memcmp (name, word, length) == 0;
}

/* Whether the word of LENGTH bytes at WORD is VERB or a group that has it. */
static bool
means (const char *word, size_t length, const char *verb)
{
  for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++)
    for (size_t j = 0; is_word (groups[i].name, word, length) && j < GROUP_VERBS_MAX && groups[i].verbs[j]; j++)
      if (strcmp (groups[i].verbs[j], verb) == 0)
        return true;
  return is_word (verb, word, length);
}

int
gen_want (const char *set, const char *const *verbs, size_t count, bool *wanted)
{
  for (const char *at = set;; at++) {
    size_t length = strcspn (at, ",");
    bool found = false;

    for (size_t i = 0; i < count; i++)
      if (means (at, length, verbs[i]))
        found = wanted[i] = true;
    if (!found) {
      error_message ("--set=%s: %.*s is none of data, names, xattrs, subvolumes or one of the operations in them: "
                     "see powercut gen --help", set, (int) length, at);
      return -1;
    }
    at += length;
    if (*at == '\0')
      return 0;
  }
}
