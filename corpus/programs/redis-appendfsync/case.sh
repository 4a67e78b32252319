#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
set -e
wrong () { echo "$1"; exit 1; }

start ()
{
    redis-server --port 0 --unixsocket /tmp/redis.socket --dir "$PWD" --appendonly yes --appendfsync always --save '' \
        --daemonize no > /tmp/redis.log 2>&1 &
    for i in $(seq 100); do
        [ "$(redis-cli -s /tmp/redis.socket ping 2> /dev/null)" != PONG ] || return 0
        kill -0 $! 2> /dev/null || return 1
        sleep 0.05
    done
    return 1
}
setup ()
{
    start
    [ "$(redis-cli -s /tmp/redis.socket set first one)" = OK ]
    kill -9 $!
    wait $! || true
}
update ()
{
    start
    [ "$(redis-cli -s /tmp/redis.socket set second two)" = OK ]
    powercut-mark answered
    kill -9 $!
    wait $! || true
}
check ()
{
    start || wrong "redis-server does not start: $(tail -n 1 /tmp/redis.log)"
    seen=$(redis-cli -s /tmp/redis.socket mget first second | tr '\n' ' ')
    kill -9 $!
    wait $! 2> /dev/null || true
    case $seen in
    'one two ') ;;
    'one  ') ! grep -q '^answered' "$POWERCUT_MARKS_FILE" ||
        wrong 'redis-server has answered OK, and the key is not there' ;;
    *) wrong "the keys are: $seen" ;;
    esac
}
"$@"
