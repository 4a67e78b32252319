/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/escape.h"
#include "common/ini.h"
#include "common/message.h"

#define BLANKS " \t\r\n"

struct ini_reader {
  struct ini_place place;
  char *section;                /* to free */
  ini_item *item;
  void *data;
};

int
ini_fault (const struct ini_place *place, const char *format, ...)
{
  CLEANUP_FREE char *text = NULL, *safe = NULL;
  va_list args;
  int length;

  va_start (args, format);
  length = vasprintf (&text, format, args);
  va_end (args);
  safe = length == -1 ? NULL : safe_text (text);
  error_message ("%s:%u: %s", place->path, place->line, safe ? safe : "out of memory");
  return -1;
}

/* TEXT, which is changed, without the blanks around it. */
static char *
strip (char *text)
{
  text += strspn (text, BLANKS);
  for (char *end = text + strlen (text); end > text && strchr (BLANKS, end[-1]);)
    *--end = '\0';
  return text;
}

static int
read_section (struct ini_reader *reader, char *line)
{
  size_t length = strlen (line);

  if (length < 3 || line[length - 1] != ']')
    return ini_fault (&reader->place, "%s: a section is a name between [ and ]", line);
  line[length - 1] = '\0';
  free (reader->section);
  reader->section = strdup (strip (line + 1));
  if (reader->section == NULL)
    return ini_fault (&reader->place, "out of memory");
  return reader->item (reader->data, &reader->place, reader->section, NULL, NULL);
}

/* LENGTH is that of LINE as it was read. */
static int
read_line (struct ini_reader *reader, char *line, size_t length)
{
  char *value;

  if (strlen (line) != length)
    return ini_fault (&reader->place, "has a NUL byte: it is no text");
  line = strip (line);
  if (*line == '\0' || *line == '#' || *line == ';')
    return 0;
  if (*line == '[')
    return read_section (reader, line);
  value = strchr (line, '=');
  if (value == NULL || value == line)
    return ini_fault (&reader->place, "%s: is neither KEY = VALUE nor [SECTION]", line);
  *value++ = '\0';
  return reader->item (reader->data, &reader->place, reader->section, strip (line), strip (value));
}

/* Open PATH, which may be anything, without waiting for anybody.  NULL after a message. */
static FILE *
open_settings (const char *path)
{
  CLEANUP_CLOSE int fd = open (path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  struct stat status;
  FILE *file = NULL;

  if (fd == -1 || fstat (fd, &status) == -1)
    error_message ("%s: %m", path);
  else if (!S_ISREG (status.st_mode))
    error_message ("%s: is no regular file", path);
  else if (status.st_size > INI_SIZE_MAX)
    error_message ("%s: is larger than %d KiB, as no file of settings is", path, INI_SIZE_MAX >> 10);
  else if ((file = fdopen (fd, "r")) == NULL)
    error_message ("%s: %m", path);
  else
    fd = -1;
  return file;
}

int
ini_read (const char *path, ini_item *item, void *data)
{
  struct ini_reader reader = { .place = { path, 0 }, .section = strdup (""), .item = item, .data = data };
  CLEANUP_FCLOSE FILE *file = open_settings (path);
  CLEANUP_FREE char *line = NULL;
  size_t room = 0;
  ssize_t length;
  int r = file && reader.section ? 0 : -1;

  if (file && reader.section == NULL)
    error_message ("out of memory");
  while (r == 0 && (length = getline (&line, &room, file)) != -1) {
    reader.place.line++;
    r = read_line (&reader, line, (size_t) length);
  }
  if (r == 0 && !feof (file)) {         /* an error of reading, or no memory for a line */
    error_message ("%s: %m", path);
    r = -1;
  }
  free (reader.section);
  return r;
}
