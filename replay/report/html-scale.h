/* SPDX-License-Identifier: BSD-3-Clause */
/* Where things are in a picture of a log: positions across, offsets on the device up. */
#ifndef POWERCUT_REPLAY_REPORT_HTML_SCALE_H
#define POWERCUT_REPLAY_REPORT_HTML_SCALE_H

#include "replay/report/html-chart.h"

#define WIDTH 1200
#define LEFT 84
#define RIGHT 14
#define TOP 52                  /* three rows of marks */
#define PLOT_HEIGHT 300
#define PLOT_WIDTH (WIDTH - LEFT - RIGHT)
#define BOTTOM 48
#define HEIGHT (TOP + PLOT_HEIGHT + BOTTOM)

#define BANDS_MAX 24

/* A stretch of the device that is written to. */
struct band {
  uint64_t begin, end;          /* bytes on the device */
  double bottom, top;           /* y of them: top is the smaller number */
};

struct drawing {
  const struct chart *chart;
  const struct write_log *log;
  const uint32_t *durable;      /* from where on each write is */
  FILE *file;
  struct band bands[BANDS_MAX];
  size_t band_count;
  uint32_t bars;                /* writes that are drawn */
};

/* Find the bands.  Zeros and trims make none of their own, if there are writes.  Returns 0, or -1 with errno ENOMEM. */
extern int drawing_find_bands (struct drawing *drawing);

/* Whether write number NUMBER is in the picture. */
extern bool drawing_shows (const struct drawing *drawing, uint32_t number);

/* Where the event at POSITION is; those before and after the picture are at its edges. */
extern double drawing_x (const struct drawing *drawing, uint32_t position);

/* The box of write number NUMBER. */
extern void drawing_box (const struct drawing *drawing, uint32_t number, double *x, double *y, double *width,
                         double *height);

#endif
