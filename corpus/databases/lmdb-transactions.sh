#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Transaction NUMBER on the LMDB environment `env` in the current folder: it sets key NUMBER, and `last`.  NUMBER 0 makes it.
#
#     lmdb-transactions.sh NUMBER
set -e
mkdir -p env
mdb_load env <<END
VERSION=3
format=print
type=btree
mapsize=1048576
HEADER=END
 key-$1
 transaction $1
 last
 $1
DATA=END
END
