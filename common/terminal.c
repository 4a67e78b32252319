/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/number.h"
#include "common/terminal.h"

#define WIDTH_USUAL 80
#define WIDTH_LEAST 40
#define WIDTH_MOST 4096

unsigned
terminal_width (FILE *file)
{
  const char *columns = getenv ("COLUMNS");
  struct winsize size;
  uint64_t width = 0;

  if ((columns == NULL || parse_unsigned (columns, WIDTH_MOST, &width) == -1 || width == 0)
      && ioctl (fileno (file), TIOCGWINSZ, &size) == 0)
    width = size.ws_col;
  return width == 0 ? WIDTH_USUAL : width < WIDTH_LEAST ? WIDTH_LEAST : (unsigned) width;
}

bool
terminal_has_colours (FILE *file)
{
  const char *refused = getenv ("NO_COLOR"), *type = getenv ("TERM");

  return isatty (fileno (file)) && (refused == NULL || *refused == '\0')
         && (type == NULL || strcmp (type, "dumb") != 0);
}
