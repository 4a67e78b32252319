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

# The guest finds nothing of ours but what it needs.
printf '#!/bin/sh\npwd\ncat /proc/self/personality\nulimit -c\nulimit -f\n/usr/bin/env | sort\n' > "$tmp/look"
chmod +x "$tmp/look"
ulimit -S -c "$(ulimit -H -c)"
mkdir "$tmp/directory"
SECRET=secret expect_status 0 "$builddir/guest/uml-keeper" "$tmp/directory" 64 2 -- "$tmp/look"
{ printf '%s\n' "$tmp/directory" 00040000 0 $(((64 + 64) << 11)) HOME=. LD_LIBRARY_PATH=libc "PWD=$tmp/directory"; } > "$tmp/expected"
diff "$tmp/expected" <(grep -v '^TMPDIR=' "$tmp/out") >&2 || fail 'the guest finds something else'
grep -qx 'TMPDIR=/dev/shm\|TMPDIR=.' "$tmp/out" || fail 'nobody says where its memory is'

# What it cannot do it says in a line, and runs nothing.
socket=$tmp/$(printf '%0108d' 0)
touch "$tmp/ports"
refused_words ()
{
  expect_status 1 "$builddir/guest/uml-keeper" "${@:2}"
  expect_one_line "$tmp/err"
  grep -qF -- "$1" "$tmp/err" || fail "no word of '$1': $(cat "$tmp/err")"
}
refused_words 'usage: uml-keeper ' "$tmp" 64 2 "$tmp/guest"
refused_words "$tmp/missing: No such file" "$tmp/missing" 64 2 -- "$tmp/guest"
refused_words 'x 2: Invalid argument' "$tmp" x 2 -- "$tmp/guest"
refused_words '64 -1: Invalid argument' "$tmp" 64 -1 -- "$tmp/guest"
refused_words 'nbd: which socket?' "$tmp" 64 2 nbd -- "$tmp/guest"
refused_words "$socket: File name too long" "$tmp" 64 2 "nbd=$socket" -- "$tmp/guest"
refused_words 'socket: No such file' "$tmp" 64 2 "nbd=$tmp/socket" -- "$tmp/guest"
refused_words 'guest: which socket?' "$tmp" 64 2 "$tmp/guest" more
[ -e "$tmp/ports" ] && [ ! -e "$tmp/guest.pids" ] || fail 'what it was told in vain has done something'

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
