/* SPDX-License-Identifier: BSD-3-Clause */
/* Where there are many writes they are drawn on a raster, as one path for each colour, which is small and quick to show
 * whatever the size of the log.
 */
#include <config.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/escape.h"
#include "common/plural.h"
#include "replay/explain/reason.h"
#include "replay/report/html-scale.h"

#define BARS_MAX 1000           /* more are drawn on the raster */
#define FLUSHES_MAX 300         /* more are no lines over the whole height */
#define FLUSHES_STRONG_MAX 40   /* more would hide the bars */
#define DOTS_MAX 150            /* more crash points are strokes */
#define MARKS_MAX 60
#define MARK_CHARACTERS 24
#define TICKS 8

#define COLUMNS 551
#define ROWS 60

const char chart_style[] =
  ".wide { overflow-x: auto }\n"
  ".chart { display: block; width: 100%; min-width: 1000px; font: 12px system-ui, sans-serif; fill: var(--ink) }\n"
  ".chart .band { fill: var(--none); opacity: .5 } .chart .axis { fill: var(--soft) }\n"
  ".chart .write { fill: var(--write) } .chart .fua { fill: var(--fua) } .chart .zero { fill: var(--zero) }\n"
  ".chart .durable { fill: var(--soft); opacity: .45 } .chart .there { fill: var(--write) }\n"
  ".chart .torn { fill: var(--half-ink) } .chart .lost { fill: var(--bad-ink) }\n"
  ".chart .risk { stroke: var(--soft); stroke-width: 1; fill: none; opacity: .7 }\n"
  ".chart .raster { stroke-width: 1.04; fill: none }\n"
  ".raster.write, .raster.there { stroke: var(--write) } .raster.fua { stroke: var(--fua) }"
  " .raster.zero { stroke: var(--zero) }\n"
  ".raster.durable { stroke: var(--soft); opacity: .45 } .raster.torn { stroke: var(--half-ink) }\n"
  ".raster.lost { stroke: var(--bad-ink) } .raster.pending { stroke: var(--mark) }\n"
  ".chart .flush { stroke: var(--flush); stroke-width: 1 } .chart .many { opacity: .4 }"
  " .chart .tick { stroke: var(--line); stroke-width: 1 }\n"
  ".chart .mark { stroke: var(--mark); stroke-width: 1; stroke-dasharray: 3 2 } .chart .name { fill: var(--mark) }\n"
  ".chart .crash { stroke: var(--bad-ink); stroke-width: 2 }\n"
  ".chart .dot.good { fill: var(--good-ink) } .chart .dot.bad { fill: var(--bad-ink) }\n"
  ".chart .dot.half { fill: var(--half-ink) } .chart .dot.none { fill: var(--soft) }\n"
  ".chart .at { display: none } .chart .at:target { display: inline }\n"
  ".chart .at .pending { fill: none; stroke: var(--mark); stroke-width: 2 } .chart .at .raster.pending {"
  " stroke-width: 1.04 }\n"
  ".chart a { cursor: pointer }\n";

const char *
chart_result_class (enum test_verdict result)
{
  static const char *const classes[] = {
    [TEST_RIGHT] = "good", [TEST_VIOLATION] = "bad", [TEST_UNFINISHED] = "half", [TEST_ERROR] = "none"
  };

  return classes[result];
}

/* An offset or a length, a multiple of 512, short. */
static void
format_bytes (uint64_t bytes, char *text, size_t size)
{
  static const char *const units[] = { "KiB", "MiB", "GiB", "TiB" };
  double value = (double) bytes / 1024;
  size_t unit = 0;

  for (; value >= 1024 && unit < 3; unit++)
    value /= 1024;
  snprintf (text, size, value == (double) (uint64_t) value ? "%.0f %s" : "%.4g %s", value, units[unit]);
}

static void
draw_bands (const struct drawing *drawing)
{
  double last = HEIGHT;

  for (size_t i = 0; i < drawing->band_count; i++) {
    const struct band *band = &drawing->bands[i];
    char text[32];

    fprintf (drawing->file, "<rect class=\"band\" x=\"%d\" y=\"%.1f\" width=\"%d\" height=\"%.1f\"/>", LEFT, band->top,
             PLOT_WIDTH,
             band->bottom - band->top);
    if (last - band->bottom < 12)
      continue;
    last = band->bottom;
    format_bytes (band->begin, text, sizeof text);
    fprintf (drawing->file, "<text class=\"axis\" x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>\n", LEFT - 6,
             band->bottom, text);
  }
}

static void
draw_ticks (const struct drawing *drawing)
{
  const struct chart *chart = drawing->chart;
  uint32_t length = chart->last - chart->first, step = 1;

  while (length / step > TICKS)
    step *= length / step > 5 * TICKS ? 10 : length / step > 2 * TICKS ? 5 : 2;
  for (uint64_t at = (uint64_t) chart->first + (step - chart->first % step) % step; at <= chart->last; at += step) {
    double x = drawing_x (drawing, (uint32_t) at);

    fprintf (drawing->file, "<path class=\"tick\" d=\"M%.1f %dv4\"/><text class=\"axis\" x=\"%.1f\" y=\"%d\" "
             "text-anchor=\"middle\">%" PRIu64 "</text>\n", x, TOP + PLOT_HEIGHT, x, HEIGHT - 4, at);
  }
}

/* A flush takes from FROM to TO; what it makes durable is durable from its end on. */
static void
draw_flush (const struct drawing *drawing, const struct log_flush *flush, double from, double to)
{
  fprintf (drawing->file, "<g><title>flush %u, ", flush->issue);
  if (flush->completion == LOG_NEVER)
    fputs (flush->failed ? "failed" : "never done", drawing->file);
  else
    fprintf (drawing->file, "done %u", flush->completion);
  fprintf (drawing->file, "</title><path d=\"M%.1f %dH%.1fV%d\" fill=\"none\"/></g>\n", from, TOP - 4, to,
           TOP + PLOT_HEIGHT);
}

static void
draw_flushes (const struct drawing *drawing)
{
  const struct chart *chart = drawing->chart;
  const struct log_flush *flushes = drawing->log->flushes;
  uint32_t count = 0;

  for (uint32_t i = 0; i < drawing->log->flush_count; i++)
    count += flushes[i].issue >= chart->first && flushes[i].issue <= chart->last;
  fprintf (drawing->file, "<g class=\"flush%s\">", count > FLUSHES_STRONG_MAX ? " many" : "");
  if (count > FLUSHES_MAX)
    fputs ("<path d=\"", drawing->file);
  for (uint32_t i = 0; i < drawing->log->flush_count; i++) {
    const struct log_flush *flush = &flushes[i];
    bool done = flush->completion != LOG_NEVER && flush->completion <= chart->last;

    if (flush->issue < chart->first || flush->issue > chart->last)
      continue;
    double from = drawing_x (drawing, flush->issue);
    double to = done ? drawing_x (drawing, flush->completion) : LEFT + PLOT_WIDTH;
    if (count > FLUSHES_MAX)
      fprintf (drawing->file, "M%.1f %dv8", to, TOP - 8);
    else
      draw_flush (drawing, flush, from, to);
  }
  fputs (count > FLUSHES_MAX ? "\"/></g>\n" : "</g>\n", drawing->file);
}

/* What a bar is, in words, for who points at it. */
static void
put_title (const struct drawing *drawing, uint32_t number)
{
  static const char *const words[] = {
    [FATE_DURABLE] = ": durable", [FATE_ZERO] = "", [FATE_WRITE] = "", [FATE_FUA] = "", [FATE_THERE] = ": there",
    [FATE_TORN] = ": there in part", [FATE_LOST] = ": lost"
  };
  const struct log_write *write = &drawing->log->writes[number];
  char offset[32], length[32];

  format_bytes (write->offset_bytes, offset, sizeof offset);
  format_bytes (write->length_bytes, length, sizeof length);
  fprintf (drawing->file, "<title>%s%s %u: %s at %s", reason_kind_name (write),
           write->flags & LOG_FLAG_FUA ? " FUA" : "", write->issue, length, offset);
  if (write->completion == LOG_NEVER)
    fputs (write->flags & LOG_FAILED ? ", failed" : ", never done", drawing->file);
  else
    fprintf (drawing->file, ", done %u", write->completion);
  if (drawing->durable[number] != LOG_NEVER)
    fprintf (drawing->file, ", durable from %u", drawing->durable[number]);
  fprintf (drawing->file, "%s</title>", words[drawing->chart->fates[number]]);
}

/* From its completion until it is durable, a write is at risk. */
static void
draw_risk (const struct drawing *drawing, uint32_t number)
{
  const struct log_write *write = &drawing->log->writes[number];
  uint32_t durable = drawing->durable[number];
  double x, y, width, height, until = durable == LOG_NEVER ? LEFT + PLOT_WIDTH : drawing_x (drawing, durable);

  if (write->completion == LOG_NEVER || durable == write->completion)
    return;
  drawing_box (drawing, number, &x, &y, &width, &height);
  fprintf (drawing->file, "M%.1f %.1fH%.1f", x + width, y + height / 2, until);
}

static void
draw_bars (const struct drawing *drawing)
{
  fputs ("<path class=\"risk\" d=\"", drawing->file);
  for (uint32_t i = 0; i < drawing->log->write_count; i++)
    if (drawing_shows (drawing, i) && drawing->chart->fates[i] != FATE_DURABLE)
      draw_risk (drawing, i);
  fputs ("\"/>\n", drawing->file);
  for (enum fate fate = FATE_DURABLE; fate < FATE_COUNT; fate++)
    for (uint32_t i = 0; i < drawing->log->write_count; i++)
      if (drawing->chart->fates[i] == fate && drawing_shows (drawing, i)) {
        double x, y, width, height;

        drawing_box (drawing, i, &x, &y, &width, &height);
        fprintf (drawing->file, "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\">",
                 fate_class (fate), x, y,
                 width, height);
        put_title (drawing, i);
        fputs ("</rect>\n", drawing->file);
      }
}

/* A picture of squares. */
struct raster {
  uint8_t cells[ROWS][COLUMNS];
};

static void
fill_raster (const struct drawing *drawing, struct raster *raster, uint32_t number, uint8_t value)
{
  const double column_width = (double) PLOT_WIDTH / COLUMNS, row_height = (double) PLOT_HEIGHT / ROWS;
  double x, y, width, height;

  drawing_box (drawing, number, &x, &y, &width, &height);
  int left = (int) ((x - LEFT) / column_width), right = (int) ((x + width - LEFT - 0.01) / column_width);
  int top = (int) ((y - TOP) / row_height), bottom = (int) ((y + height - TOP - 0.01) / row_height);
  for (int row = top < 0 ? 0 : top; row <= bottom && row < ROWS; row++)
    for (int column = left < 0 ? 0 : left; column <= right && column < COLUMNS; column++)
      if (raster->cells[row][column] < value)
        raster->cells[row][column] = value;
}

/* The cells with VALUE, as a path of the class. */
static void
draw_raster (const struct drawing *drawing, const struct raster *raster, uint8_t value, const char *class)
{
  bool begun = false;

  for (int row = 0; row < ROWS; row++)
    for (int column = 0, length; column < COLUMNS; column += length) {
      length = 1;
      if (raster->cells[row][column] != value)
        continue;
      while (column + length < COLUMNS && raster->cells[row][column + length] == value)
        length++;
      if (!begun)
        fprintf (drawing->file, "<path class=\"raster %s\" transform=\"translate(%d %g) scale(%g %g)\" d=\"", class,
                 LEFT,
                 TOP + 0.5 * PLOT_HEIGHT / ROWS, (double) PLOT_WIDTH / COLUMNS, (double) PLOT_HEIGHT / ROWS);
      begun = true;
      fprintf (drawing->file, "M%d %dh%d", column, row, length);
    }
  if (begun)
    fputs ("\"/>\n", drawing->file);
}

static int
draw_rastered_bars (const struct drawing *drawing)
{
  CLEANUP_FREE struct raster *raster = calloc (1, sizeof *raster);

  if (raster == NULL)
    return -1;
  for (uint32_t i = 0; i < drawing->log->write_count; i++)
    if (drawing_shows (drawing, i))
      fill_raster (drawing, raster, i, drawing->chart->fates[i]);
  for (uint8_t fate = FATE_DURABLE; fate < FATE_COUNT; fate++)
    draw_raster (drawing, raster, fate, fate_class (fate));
  return 0;
}

/* The marks that fit; each in the first of three rows in which there is room for its name. */
static void
draw_marks (const struct drawing *drawing)
{
  const struct chart *chart = drawing->chart;
  double free_from[3] = { 0, 0, 0 };
  unsigned drawn = 0;

  for (uint32_t i = 0; i < drawing->log->mark_count && drawn < MARKS_MAX; i++) {
    const struct log_mark *mark = &drawing->log->marks[i];
    uint32_t length = mark->length < MARK_CHARACTERS ? mark->length : MARK_CHARACTERS;
    int row = 0;

    if (mark->position < chart->first || mark->position > chart->last || !log_mark_is_public (mark))
      continue;
    double x = drawing_x (drawing, mark->position), width = 7.2 * length + 12;
    bool left = x + width > WIDTH;
    while (row < 3 && free_from[row] > (left ? x - width : x))
      row++;
    if (row < 3)
      free_from[row] = left ? x : x + width;
    int y = row < 3 ? 12 + 14 * row : TOP - 6;
    fprintf (drawing->file, "<g><title>mark %u: ", mark->position);
    print_markup_safely (mark->text, mark->length < 200 ? mark->length : 200, drawing->file);
    fprintf (drawing->file, "</title><path class=\"mark\" d=\"M%.1f %dV%d\"/>", x, y - 10, TOP + PLOT_HEIGHT);
    if (row < 3) {
      fprintf (drawing->file, "<text class=\"name\" x=\"%.1f\" y=\"%d\"%s>", left ? x - 3 : x + 3, y,
               left ? " text-anchor=\"end\"" : "");
      print_markup_safely (mark->text, length, drawing->file);
      fputs (length < mark->length ? "...</text>" : "</text>", drawing->file);
    }
    fputs ("</g>\n", drawing->file);
    drawn++;
  }
}

/* The power is cut between the event at POSITION and the next. */
static double
x_of_crash (const struct drawing *drawing, uint32_t position)
{
  return drawing_x (drawing, position) + 0.5 * PLOT_WIDTH / ((double) drawing->chart->last - drawing->chart->first + 1);
}

static void
draw_crash (const struct drawing *drawing, uint32_t position)
{
  fprintf (drawing->file, "<path class=\"crash\" d=\"M%.1f %dV%d\"><title>crash at %u</title></path>\n",
           x_of_crash (drawing, position), TOP - 10, TOP + PLOT_HEIGHT + 8, position);
}

/* What is pending at a crash point, shown when its dot was clicked. */
static void
draw_overlay (const struct drawing *drawing, const struct crash_point *point, struct raster *raster)
{
  const struct pending_index *index = &drawing->chart->report->results->points.pending;
  FILE *file = drawing->file;

  fprintf (file, "<g class=\"at\" id=\"%sat%u\">", drawing->chart->prefix, point->position);
  draw_crash (drawing, point->position);
  if (drawing->bars > BARS_MAX) {
    memset (raster, 0, sizeof *raster);
    for (uint32_t write = 0; pending_index_next (index, point->position, &write); write++)
      fill_raster (drawing, raster, write, 1);
    draw_raster (drawing, raster, 1, "pending");
  }
  else if (point->pending_count > 0) {
    fputs ("<path class=\"pending\" d=\"", file);
    for (uint32_t write = 0; pending_index_next (index, point->position, &write); write++) {
      double x, y, width, height;

      drawing_box (drawing, write, &x, &y, &width, &height);
      fprintf (file, "M%.1f %.1fh%.1fv%.1fh%.1fz", x - 1, y - 1, width + 2, height + 2, -width - 2);
    }
    fputs ("\"/>\n", file);
  }
  fprintf (file, "<a href=\"#%sp%u\"><text x=\"%d\" y=\"%d\">Crash at %u: %u pending %s, outlined; click here for the "
           "list</text></a></g>\n", drawing->chart->prefix, point->position, LEFT, HEIGHT - 18, point->position,
           point->pending_count,
           plural (point->pending_count, "write", "writes"));
}

static int
draw_overlays (const struct drawing *drawing)
{
  const struct crash_points *points = &drawing->chart->report->results->points;
  CLEANUP_FREE struct raster *raster = malloc (sizeof *raster);

  if (raster == NULL)
    return -1;
  for (size_t i = 0; i < points->count; i++)
    if (drawing->chart->overlays[i])
      draw_overlay (drawing, &points->points[i], raster);
  return 0;
}

/* The crash points, the worse over the better. */
static void
draw_points (const struct drawing *drawing)
{
  static const enum test_verdict order[] = { TEST_RIGHT, TEST_UNFINISHED, TEST_ERROR, TEST_VIOLATION };
  static const char *const words[] = {
    [TEST_RIGHT] = "nothing wrong", [TEST_VIOLATION] = "violation", [TEST_UNFINISHED] = "not finished",
    [TEST_ERROR] = "not known"
  };
  const struct chart *chart = drawing->chart;
  const struct crash_points *points = &chart->report->results->points;
  double y = TOP + PLOT_HEIGHT + 12, last = 0;

  for (size_t k = 0; k < sizeof order / sizeof order[0]; k++, last = 0)
    for (size_t i = 0; i < points->count; i++) {
      uint32_t position = points->points[i].position;
      double x = x_of_crash (drawing, position);

      /* Of many that are alike and at one place, one is enough. */
      if (chart->results[i] != order[k] || (points->count > DOTS_MAX && x - last < 2))
        continue;
      last = x;
      if (chart->listed[i])
        fprintf (drawing->file, "<a href=\"#%s%s%u\">", chart->prefix, chart->overlays[i] ? "at" : "p", position);
      if (points->count > DOTS_MAX)
        fprintf (drawing->file, "<rect class=\"dot %s\" x=\"%.1f\" y=\"%.1f\" width=\"2\" height=\"12\">",
                 chart_result_class (order[k]), x - 1,
                 y - 6);
      else
        fprintf (drawing->file, "<circle class=\"dot %s\" cx=\"%.1f\" cy=\"%.1f\" r=\"5\">",
                 chart_result_class (order[k]), x, y);
      fprintf (drawing->file, "<title>crash point %u: %s</title>%s%s\n", position, words[order[k]],
               points->count > DOTS_MAX ? "</rect>" : "</circle>", chart->listed[i] ? "</a>" : "");
    }
}

static int
draw (struct drawing *drawing)
{
  const struct chart *chart = drawing->chart;
  int r;

  for (uint32_t i = 0; i < drawing->log->write_count; i++)
    drawing->bars += drawing_shows (drawing, i);
  if (drawing_find_bands (drawing) == -1)
    return -1;
  fprintf (drawing->file, "<div class=\"wide\">\n<svg class=\"chart\" xmlns=\"http://www.w3.org/2000/svg\" "
           "viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">\n", WIDTH, HEIGHT, chart->label);
  draw_bands (drawing);
  draw_ticks (drawing);
  draw_flushes (drawing);
  r = 0;
  if (drawing->bars > BARS_MAX)
    r = draw_rastered_bars (drawing);
  else
    draw_bars (drawing);
  draw_marks (drawing);
  if (r == 0 && chart->results)
    r = draw_overlays (drawing);
  if (chart->results)
    draw_points (drawing);
  if (chart->crash != LOG_NEVER)
    draw_crash (drawing, chart->crash);
  fputs ("</svg>\n</div>\n", drawing->file);
  return r;
}

int
chart_write (const struct chart *chart, FILE *file)
{
  const struct results *results = chart->report->results;
  struct drawing drawing = {
    .chart = chart, .log = results->config->log, .durable = pending_index_durable (&results->points.pending),
    .file = file
  };

  return draw (&drawing);
}
