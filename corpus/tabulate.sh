#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Print in Markdown what `powercut corpus run --json` has written: the cells of each kernel and file system, and each case that is not as
# good as it should be somewhere, with the reason.
#
#   tabulate.sh RESULTS.json...
set -e -u -o pipefail

jq -r -s '
    def number: [scan ("[0-9]+") | tonumber];
    def column ($word): map (select (.outcome == $word)) | length;
    def words: map (.outcome) | unique | join (", ");
    # A cell is told by its kernel, its file system and its case; of several results the last counts.
    [.[].cells[]] | group_by ([.kernel, .filesystem, .case]) | map (last)
    | map (.kernel |= (split ("-")[0] + (if test ("-uml$") then " (UML)" else "" end))) as $cells
    | "| kernel | file system | pass | known | FAIL | FIXED | n/a | error | seconds |",
      "|---|---|---|---|---|---|---|---|---|",
      ($cells | group_by ([(.kernel | number), .kernel, .filesystem])[]
       | "| \(.[0].kernel) | \(.[0].filesystem) | \(column ("pass")) | \(column ("known")) | \(column ("FAIL")) | " +
         "\(column ("FIXED")) | \(column ("n/a")) | \(column ("error")) | \(map (.seconds) | add | round) |"),
      "",
      "| case | file system | outcome | why |",
      "|---|---|---|---|",
      ($cells | map (select (.outcome | IN ("known", "FAIL", "FIXED", "error"))) | group_by ([.case, .filesystem])[]
       | "| \(.[0].case) | \(.[0].filesystem) | " +
         (group_by (.outcome)
          | map ("\(.[0].outcome): \(sort_by (.kernel | number) | map (.kernel) | join (", "))") | join ("; ")) +
         " | \(map (.why // .reason // "") | map (select (. != "")) | unique | join ("; ")) |")' "$@"
