/* SPDX-License-Identifier: BSD-3-Clause */
/* How every page of HTML here looks: light or dark as the reader's system is, on a phone and on a wide screen. */
#ifndef POWERCUT_PAGE_STYLE_H
#define POWERCUT_PAGE_STYLE_H

/* The beginning of a page that is XML as well; its title comes next. */
#define PAGE_BEGIN                                                                                                          \
  "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"                                                 \
  "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"

/* The first rules of its style sheet. */
#define PAGE_STYLE                                                                                                          \
  ":root { color-scheme: light dark; --ink: #1b1b1b; --paper: #fff; --line: #c8c8c8; --good: #d5f0d8; --half: #fcefc4;\n"    \
  "  --bad: #f8d3d0; --none: #ececec }\n"                                                                                   \
  "@media (prefers-color-scheme: dark) {\n"                                                                                 \
  "  :root { --ink: #e6e6e6; --paper: #161616; --line: #454545; --good: #1d4426; --half: #54450f; --bad: #5e2320;\n"        \
  "    --none: #2b2b2b }\n}\n"                                                                                              \
  "body { font: 15px/1.45 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 2em auto;\n"          \
  "  padding: 0 1em }\n"                                                                                                    \
  "table { border-collapse: collapse; margin: 1em 0 }\n"                                                                    \
  "th, td { border: 1px solid var(--line); padding: .25em .6em; text-align: left; vertical-align: top }\n"                  \
  ".good { background: var(--good) } .half { background: var(--half) } .bad { background: var(--bad) }\n"                   \
  ".none { background: var(--none) }\n"                                                                                     \
  "pre { overflow-x: auto }\n"

#endif
