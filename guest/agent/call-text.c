/* SPDX-License-Identifier: BSD-3-Clause */
/* System calls written down, as strace(1) does it. */
#include <config.h>

#include <fcntl.h>
#include <inttypes.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/text.h"
#include "guest/agent/tracee.h"

#define SHOWN_MAX 256           /* bytes of a text */

struct flag {
  uint64_t bits;
  const char *name;
};

#define FLAG(name) { name, #name }

static const struct flag open_flags[] = {
  FLAG (O_CREAT), FLAG (O_EXCL), FLAG (O_TRUNC), FLAG (O_APPEND), FLAG (O_NONBLOCK), FLAG (O_SYNC), FLAG (O_DSYNC),
  FLAG (O_DIRECT), FLAG (O_TMPFILE), FLAG (O_DIRECTORY), FLAG (O_NOFOLLOW), FLAG (O_NOATIME), FLAG (O_NOCTTY),
  FLAG (O_CLOEXEC), { 0, NULL }
};

static const struct flag rename_flags[] = {
  FLAG (RENAME_NOREPLACE), FLAG (RENAME_EXCHANGE), FLAG (RENAME_WHITEOUT), { 0, NULL }
};

/* AT_REMOVEDIR is for unlinkat alone, where AT_EACCESS, which has the same bit, is of no use. */
static const struct flag at_flags[] = {
  FLAG (AT_SYMLINK_NOFOLLOW), FLAG (AT_REMOVEDIR), FLAG (AT_SYMLINK_FOLLOW), FLAG (AT_EMPTY_PATH), { 0, NULL }
};

static const struct flag falloc_flags[] = {
  FLAG (FALLOC_FL_KEEP_SIZE), FLAG (FALLOC_FL_PUNCH_HOLE), FLAG (FALLOC_FL_COLLAPSE_RANGE),
  FLAG (FALLOC_FL_ZERO_RANGE), FLAG (FALLOC_FL_INSERT_RANGE), FLAG (FALLOC_FL_UNSHARE_RANGE), { 0, NULL }
};

static const struct {
  unsigned long request;
  const char *name;
} requests[] = {
  FLAG (FICLONE), FLAG (FICLONERANGE), FLAG (FIDEDUPERANGE), FLAG (FS_IOC_FSSETXATTR), FLAG (FS_IOC_SETFLAGS),
};

/* The names of the bits of VALUE, with BASE, if it is not NULL, before them. */
static void
put_flags (const struct flag *flags, const char *base, uint64_t value, FILE *file)
{
  const char *separator = base ? "|" : "";

  fputs (base ? base : "", file);
  for (; flags->name; flags++)
    if ((value & flags->bits) == flags->bits) {
      fprintf (file, "%s%s", separator, flags->name);
      value &= ~flags->bits;
      separator = "|";
    }
  if (value || *separator == '\0')
    fprintf (file, *separator ? "%s%#" PRIx64 : "%s%" PRIx64, separator, value);
}

static void
put_open_flags (uint64_t flags, FILE *file)
{
  static const char *const access[] = { "O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE" };

  /* The kernel sets it where files may be large. */
  put_flags (open_flags, access[flags & O_ACCMODE], flags & ~(uint64_t) (O_ACCMODE | 0100000), file);
}

/* LENGTH bytes at TEXT between quotes. */
static void
put_quoted (const char *text, size_t length, FILE *file)
{
  putc ('"', file);
  for (size_t i = 0; i < length; i++) {
    const unsigned char c = (unsigned char) text[i];

    if (c == '"' || c == '\\')
      fprintf (file, "\\%c", c);
    else if (c == '\n')
      fputs ("\\n", file);
    else if (c < ' ' || c > '~')
      fprintf (file, "\\%03o", c);
    else
      putc (c, file);
  }
  putc ('"', file);
}

/* The text at ADDRESS of THREAD's memory. */
static void
put_text (int thread, uint64_t address, FILE *file)
{
  char text[SHOWN_MAX + 2];
  ssize_t length = address ? tracee_read_text (thread, address, text, sizeof text) : -1;

  if (length == -1) {
    fprintf (file, address ? "%#" PRIx64 : "NULL", address);
    return;
  }
  put_quoted (text, length > SHOWN_MAX ? SHOWN_MAX : (size_t) length, file);
  if (length > SHOWN_MAX)
    fputs ("...", file);
}

static void
put_descriptor (int thread, int fd, FILE *file)
{
  char link[64], target[SHOWN_MAX];

  if (fd == AT_FDCWD) {
    fputs ("AT_FDCWD", file);
    return;
  }
  snprintf (link, sizeof link, "/proc/%d/fd/%d", thread, fd);
  ssize_t length = readlink (link, target, sizeof target);
  fprintf (file, "%d", fd);
  if (length > 0) {
    putc ('<', file);
    for (ssize_t i = 0; i < length; i++)
      fprintf (file, target[i] < ' ' || target[i] > '~' ? "\\%03o" : "%c", (unsigned char) target[i]);
    fputs (length == sizeof target ? "...>" : ">", file);
  }
}

static void
put_socket (const struct call *call, unsigned number, FILE *file)
{
  char path[PATH_MAX];

  if (tracee_read_socket (call->thread, call->arguments[number], call->arguments[number + 1], path))
    put_quoted (path, strlen (path), file);
  else
    fputs ("...", file);
}

static void
put_request (uint64_t request, FILE *file)
{
  for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++)
    if (requests[i].request == request) {
      fputs (requests[i].name, file);
      return;
    }
  fprintf (file, "%#" PRIx64, request);
}

static void
put_how (const struct call *call, unsigned number, FILE *file)
{
  uint64_t flags, mode;

  tracee_read_how (call, number, &flags, &mode);
  fputs ("{flags=", file);
  put_open_flags (flags, file);
  fprintf (file, ", mode=0%" PRIo64 "}", mode);
}

/* Argument NUMBER, which is what LETTER says. */
static void
put_argument (const struct call *call, char letter, unsigned number, FILE *file)
{
  const uint64_t value = call->arguments[number];

  switch (letter) {
  case 'p':
  case 'P':
  case 's': put_text (call->thread, value, file); break;
  case 'd':
  case 'i':
  case 'j': put_descriptor (call->thread, (int) value, file); break;
  case 'a': put_socket (call, number, file); break;
  case 'b': fputs ("...", file); break;
  case 'n': fprintf (file, "%" PRId64, (int64_t) value); break;
  case 'u': fprintf (file, "%" PRIu64, value); break;
  case 'm': fprintf (file, "0%" PRIo64, value & 0177777); break;
  case 'x': put_request (value & UINT32_MAX, file); break;
  case 'O': put_open_flags (value & UINT32_MAX, file); break;
  case 'H': put_how (call, number, file); break;
  case 'R': put_flags (rename_flags, NULL, value & UINT32_MAX, file); break;
  case 'A': put_flags (at_flags, NULL, value & UINT32_MAX, file); break;
  case 'F': put_flags (falloc_flags, NULL, value & UINT32_MAX, file); break;
  default: fprintf (file, "%#" PRIx64, value);
  }
}

/* How many of the arguments of CALL mean anything: the mode of a file is one if a file may be made. */
static size_t
count_arguments (const struct call *call)
{
  const size_t count = strlen (call->what->form);
  const char *flags = strstr (call->what->form, "Om");

  if (flags == NULL)
    return count;
  const uint64_t value = call->arguments[flags - call->what->form];
  return (value & O_CREAT) || (value & O_TMPFILE) == O_TMPFILE ? count : count - 1;
}

char *
call_text (const struct call *call, int64_t result)
{
  const size_t count = count_arguments (call);
  struct text_stream text;

  if (!text_begin (&text))
    return NULL;
  fprintf (text.file, "%s(", call->what->name);
  for (unsigned i = 0; i < count; i++) {
    fputs (i ? ", " : "", text.file);
    put_argument (call, call->what->form[i], i, text.file);
  }
  putc (')', text.file);
  if (result > 0)
    fprintf (text.file, " = %" PRId64, result);
  return text_end (&text);
}
