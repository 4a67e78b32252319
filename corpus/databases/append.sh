#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Record NUMBER at the end of the file `journal` in the current folder, a line with its checksum before it, as log-structured
# stores do.
#
#     append.sh sync|nosync NUMBER
set -e
record="record $2 of a log that only ever grows"
echo "$(echo "$record" | cksum) $record" >> journal
[ "$1" = nosync ] || sync journal
