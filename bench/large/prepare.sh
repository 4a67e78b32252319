#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Run as postgres: make the database that is loaded.
set -e
bin=/usr/lib/postgresql/15/bin
$bin/initdb -D /data --no-sync -E UTF8 --locale=C -A trust --wal-segsize=1 > /dev/null
$bin/pg_ctl -D /data -w -o "-k /data -h ''" -l /data/log start > /dev/null
$bin/createdb -h /data bench
$bin/pgbench -h /data -q -i -s 1 bench > /dev/null 2>&1
$bin/pg_ctl -D /data -m fast -w stop > /dev/null
