#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Run as postgres: start the server, load it for SECONDS, stop it.
set -e
bin=/usr/lib/postgresql/15/bin
settings="-k /data -h '' -c shared_buffers=4MB -c max_wal_size=64MB -c autovacuum=off -c dynamic_shared_memory_type=mmap"
$bin/pg_ctl -D /data -w -t 60 -o "$settings" -l /data/log start > /dev/null
$bin/pgbench -h /data -n -c 1 -T "$1" -U postgres bench > /data/bench.out 2>&1
$bin/pg_ctl -D /data -m fast -w stop > /dev/null
