/* SPDX-License-Identifier: BSD-3-Clause */
/* How every page of HTML here looks: light or dark as the reader's system is, on a phone and on a wide screen. */
#ifndef POWERCUT_COMMON_HTML_STYLE_H
#define POWERCUT_COMMON_HTML_STYLE_H

/* The beginning of a page that is XML as well; its title comes next. */
#define HTML_BEGIN                                                                                                     \
  "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"                                           \
  "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"

/* The first rules of its style sheet. */
#define HTML_STYLE                                                                                                     \
  ":root { color-scheme: light dark; --ink: #1b1b1b; --paper: #fff; --line: #c8c8c8; --good: #d5f0d8;"                 \
  " --half: #fcefc4;\n  --bad: #f8d3d0; --none: #ececec }\n"                                                           \
  "@media (prefers-color-scheme: dark) {\n"                                                                            \
  "  :root { --ink: #e6e6e6; --paper: #161616; --line: #454545; --good: #1d4426; --half: #54450f; --bad: #5e2320;\n"   \
  "    --none: #2b2b2b }\n}\n"                                                                                         \
  "body { font: 15px/1.45 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 2em auto;\n"     \
  "  padding: 0 1em }\n"                                                                                               \
  "table { border-collapse: collapse; margin: 1em 0 }\n"                                                               \
  "th, td { border: 1px solid var(--line); padding: .25em .6em; text-align: left; vertical-align: top }\n"             \
  ".good { background: var(--good) } .half { background: var(--half) } .bad { background: var(--bad) }\n"              \
  ".none { background: var(--none) }\n"                                                                                \
  "pre { overflow-x: auto }\n"

/* The last rules of its style sheet.  A screen that is too narrow for tables has a box for each row, one cell below the
 * other, each after the head of its column (data-head); text wraps, and pictures are as wide as the screen: nothing has
 * to be scrolled sideways.
 */
#define HTML_STYLE_NARROW                                                                                              \
  "@media (max-width: 40em) {\n"                                                                                       \
  "  body { margin: 1em auto } body, pre, code { overflow-wrap: anywhere } pre { white-space: pre-wrap }\n"            \
  "  table, tbody, tr, td { display: block } thead { display: none }\n"                                                \
  "  tr { border: 1px solid var(--line); margin: .7em 0 } td:empty { display: none }\n"                                \
  "  td, td.n, td.result, .paths td { border: 0; min-width: 0; text-align: left; white-space: normal }\n"              \
  "  td[data-head]::before { content: attr(data-head) \": \"; opacity: .7 }\n"                                         \
  "  td details, td summary { display: inline } summary { text-decoration: underline dotted }\n"                       \
  "  .wide, .chart { overflow: visible } .chart { min-width: 0; font-size: 16px }\n}\n"

#endif
