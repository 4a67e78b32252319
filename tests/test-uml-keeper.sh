#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The keeper of a guest of User Mode Linux leaves no process of it, however which of them ends.  A shell that starts others plays
# the guest; a kernel would do the same with the programs in it.
. "${srcdir:?run the tests with make check}/tests/functions.sh" || exit 1
requires pgrep setsid

cat > "$tmp/guest" << END
#!/bin/sh
: a guest of $tmp
sleep 1000 & sleep 1000 &
pgrep -g \$\$ > "$tmp/guest.pids"
\$(cat "$tmp/does")
END
chmod +x "$tmp/guest"

# begin WHAT: start a keeper, whose pid is in $keeper, of a guest that does WHAT after it has started others
begin ()
{
  echo "$1" > "$tmp/does"
  rm -f "$tmp/guest.pids"
  mkdir -p "$tmp/directory"
  setsid bash -c 'echo $$ > "$1/parent"
    "$2" "$1/directory" 64 3 -- "$1/guest" 3<> "$1/port" & echo $! > "$1/keeper"; wait $!; echo $? > "$1/status"' \
    bash "$tmp" "$builddir/guest/uml-keeper" 2> "$tmp/err" &
  for ((i = 0; i < 200; i++)); do
    [ ! -s "$tmp/guest.pids" ] || [ "$(wc -l < "$tmp/guest.pids")" -lt 3 ] || break
    sleep 0.05
  done
  keeper=$(cat "$tmp/keeper")
  [ "$(wc -l < "$tmp/guest.pids")" -ge 3 ] || fail "the guest did not start: $(cat "$tmp/err")"
}

# nothing_left CASE: no process that the guest had is there
nothing_left ()
{
  local pid alive

  for ((i = 0; i < 200; i++)); do
    alive=
    while read -r pid; do
      [ ! -d "/proc/$pid" ] || grep -qE '^[0-9]+ \([^)]*\) Z' "/proc/$pid/stat" 2> /dev/null || alive+=" $pid"
    done < "$tmp/guest.pids"
    [ -n "$alive" ] || return 0
    sleep 0.05
  done
  fail "$1: left:$alive"
}

# ended_with STATUS: the keeper did
ended_with ()
{
  wait
  [ "$(cat "$tmp/status")" = "$1" ] || fail "the keeper ended with $(cat "$tmp/status"), not $1"
}

mkfifo "$tmp/port"
begin 'exit 7'
nothing_left 'a guest that ends'
ended_with 7
begin 'kill -ABRT 0'
nothing_left 'a guest that aborts'
begin 'sleep 1000'
kill -KILL "$(head -n 1 "$tmp/guest.pids")"
nothing_left 'a guest whose first process is killed'
ended_with 137
begin 'sleep 1000'
kill "$keeper"
nothing_left 'a keeper that is told to end'
ended_with 0
begin 'sleep 1000'
kill -KILL "$keeper"
nothing_left 'a keeper that is killed'
begin 'sleep 1000'
kill -KILL "$(cat "$tmp/parent")"
nothing_left 'a keeper whose parent is killed'
