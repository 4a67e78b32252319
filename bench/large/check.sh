#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Run as postgres on what a crash left: recovery must do, and all tables must tell of the same transactions.
bin=/usr/lib/postgresql/15/bin
settings="-k /data -h '' -c shared_buffers=4MB -c dynamic_shared_memory_type=mmap"
rm -f /data/postmaster.pid /data/.s.*
$bin/pg_ctl -D /data -w -t 60 -o "$settings" -l /data/log start > /dev/null || { tail -n 3 /data/log; exit 1; }
same=$($bin/psql -h /data -U postgres -At -c 'with branches as (select sum(bbalance) as s from pgbench_branches)
  select (select sum(abalance) from pgbench_accounts) = s and (select sum(tbalance) from pgbench_tellers) = s
    and coalesce((select sum(delta) from pgbench_history), 0) = s from branches' bench 2>&1)
$bin/pg_ctl -D /data -m immediate -w stop > /dev/null
[ "$same" = t ] || { echo "the tables disagree: $same"; exit 1; }
