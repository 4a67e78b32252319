/* SPDX-License-Identifier: BSD-3-Clause */
/* The vertical axis leaves out what nothing was written to: a file system writes to a few places of a large device, and
 * each gets a band.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "replay/report/html-scale.h"

#define BAND_GAP 5.0
#define BAR_LEAST 3.0           /* so that it can be seen */

bool
drawing_shows (const struct drawing *drawing, uint32_t number)
{
  const struct chart *chart = drawing->chart;
  const struct log_write *write = &drawing->log->writes[number];

  return chart->fates[number] != FATE_NONE && write->issue <= chart->last
    && (write->issue >= chart->first || (write->completion != LOG_NEVER && write->completion > chart->first));
}

double
drawing_x (const struct drawing *drawing, uint32_t position)
{
  const struct chart *chart = drawing->chart;
  uint32_t inside = position > chart->last ? chart->last : position;
  uint32_t at = inside < chart->first ? 0 : inside - chart->first;

  return LEFT + (at + 0.5) / ((double) chart->last - chart->first + 1) * PLOT_WIDTH;
}

/* Bands in between are passed in the gap between them. */
static double
y_of (const struct drawing *drawing, uint64_t offset)
{
  double y = TOP + PLOT_HEIGHT;

  for (size_t i = 0; i < drawing->band_count; i++) {
    const struct band *band = &drawing->bands[i];

    if (offset < band->begin)
      return y;
    if (offset <= band->end)
      return band->bottom
        - (double) (offset - band->begin) / (double) (band->end - band->begin) * (band->bottom - band->top);
    y = band->top - BAND_GAP / 2;
  }
  return y > TOP ? y : TOP;
}

static int
compare_bands (const void *left, const void *right)
{
  const struct band *a = left, *b = right;

  return a->begin < b->begin ? -1 : a->begin > b->begin;
}

/* Join overlapping and touching ones of COUNT bands, and those that are at most GAP apart; sorted before and after.
 * Returns how many are left.
 */
static size_t
join_bands (struct band *bands, size_t count, uint64_t gap)
{
  size_t kept = 0;

  for (size_t i = 0; i < count; i++)
    if (kept > 0 && (bands[i].begin <= bands[kept - 1].end || bands[i].begin - bands[kept - 1].end <= gap)) {
      if (bands[i].end > bands[kept - 1].end)
        bands[kept - 1].end = bands[i].end;
    }
    else
      bands[kept++] = bands[i];
  return kept;
}

/* A larger stretch is higher, but not by as much as it is larger. */
static double
band_weight (const struct band *band)
{
  double weight = 1;

  for (uint64_t bytes = band->end - band->begin; bytes > 4096; bytes /= 2)
    weight += 0.6;
  return weight;
}

static void
place_bands (struct drawing *drawing)
{
  double y = TOP + PLOT_HEIGHT, total = 0, room = PLOT_HEIGHT - BAND_GAP * (double) (drawing->band_count - 1);

  for (size_t i = 0; i < drawing->band_count; i++)
    total += band_weight (&drawing->bands[i]);
  for (size_t i = 0; i < drawing->band_count; i++) {
    struct band *band = &drawing->bands[i];

    band->bottom = y;
    band->top = y - band_weight (band) / total * room;
    y = band->top - BAND_GAP;
  }
}

/* Find the places that are written to.  Zeros and trims make no places of their own, if there are writes. */
int
drawing_find_bands (struct drawing *drawing)
{
  const struct write_log *log = drawing->log;
  CLEANUP_FREE struct band *bands = calloc (log->write_count + 1, sizeof *bands);
  size_t count = 0;

  if (bands == NULL)
    return -1;
  for (int zeros = 0; zeros < 2 && count == 0; zeros++)
    for (uint32_t i = 0; i < log->write_count; i++)
      if (drawing_shows (drawing, i) && (zeros || log->writes[i].kind == LOG_WRITE))
        bands[count++] = (struct band) {
          .begin = log->writes[i].offset_bytes, .end = log->writes[i].offset_bytes + log->writes[i].length_bytes
        };
  if (count > 0)
    qsort (bands, count, sizeof *bands, compare_bands);
  count = join_bands (bands, count, 0);
  for (uint64_t gap = LOG_SECTOR; count > BANDS_MAX; gap *= 2)
    count = join_bands (bands, count, gap);
  drawing->band_count = count;
  memcpy (drawing->bands, bands, count * sizeof *bands);
  place_bands (drawing);
  return 0;
}

void
drawing_box (const struct drawing *drawing, uint32_t number, double *x, double *y, double *width, double *height)
{
  const struct log_write *write = &drawing->log->writes[number];
  double right = write->completion == LOG_NEVER ? LEFT + PLOT_WIDTH : drawing_x (drawing, write->completion);
  double bottom = y_of (drawing, write->offset_bytes);

  *x = drawing_x (drawing, write->issue);
  *y = y_of (drawing, write->offset_bytes + write->length_bytes);
  *width = right - *x < BAR_LEAST ? BAR_LEAST : right - *x;
  *height = bottom - *y;
  if (*height < BAR_LEAST) {
    *y -= (BAR_LEAST - *height) / 2;
    *height = BAR_LEAST;
  }
}
