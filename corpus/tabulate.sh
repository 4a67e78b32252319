#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Print in Markdown, as docs/corpus.md is, what `powercut corpus run --json` has written: the cells of each kernel and file system, and
# each case that is not as good as it should be somewhere, with the reason.
#
#   tabulate.sh RESULTS.json...
set -e -u -o pipefail

cat << 'END'
# What the corpus says

Each case of the directories that the command names, on each file system that it is about. A cell is a case on one file system and kernel:
`pass` is right, `known` the failure that its `case.ini` expects, `FAIL` any other, `FIXED` one that is expected and did not come, `n/a`
what the case is not about or the file system or kernel does not have, `error` what could not be measured.

Bounds: unless the command says otherwise, each case is recorded three times, with a device that answers as late as it may and with
nothing else going on, a commit, or a writeback of everything after each operation. Every crash state of these recordings was covered (else
the cell is an `error`), with each write torn after any 4096 bytes, and after each recovery the file system was checked (not xfs) and used.
What the same kernel sends another time may differ.

END
jq -r -s '
    def number: [scan ("[0-9]+") | tonumber];
    def column ($word): map (select (.outcome == $word)) | length;
    "Made by powercut \(map (.powercut) | unique | join (", ")) with", "", (.[] | "    \(.command)"), "",
    # A cell is told by its kernel, its file system and its case; of several results the last counts.
    ([.[].cells[]] | group_by ([.kernel, .filesystem, .case]) | map (last)
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
         " | \(map (.why // .reason // "") | map (select (. != "")) | unique | join ("; ")) |"))' "$@"
