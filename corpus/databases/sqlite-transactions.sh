#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Transaction NUMBER on t.db in the current folder, with the given journal mode and synchronous setting: it adds a row and
# changes all others, so that a transaction that is there in part cannot be missed.  NUMBER 0 makes the database.
#
#     sqlite-transactions.sh JOURNAL SYNCHRONOUS NUMBER
set -e
if [ "$3" = 0 ]; then
    sqlite3 t.db "pragma journal_mode=$1; create table t (n integer primary key, last integer, filler text);
        insert into t values (0, 0, hex (zeroblob (2000)));"
else
    sqlite3 t.db "pragma journal_mode=$1; pragma synchronous=$2;
        begin; insert into t values ($3, 0, hex (zeroblob (2000))); update t set last = $3; commit;"
fi
