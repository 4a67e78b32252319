#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# `powercut show` and `replay --list` list what their filters let through; show fits the terminal, and has colours on one alone.
. "${srcdir:?run the tests with make check}/tests/functions.sh" || exit 1
requires script

"$builddir/tests/hostile-reports" "$tmp"
mv "$tmp"/log*.bin "$tmp/log.bin"
unset COLUMNS NO_COLOR
export TERM=xterm

# positions COMMAND [OPTION...]: where the listed events and crash points are
positions ()
{
  local command=$1

  shift
  # shellcheck disable=SC2086
  expect_status 0 $command "$@" "$tmp/log.bin"
  sed -n 's/^-* *\(crash point \)*\([0-9][0-9]*\)[ :].*/\2/p' "$tmp/out" | grep -v '^18$' | tr '\n' ' '
}

# same EXPECTED ACTUAL WHAT
same ()
{
  [ "$1" = "$2" ] || fail "$3: expected '$1' and got '$2'"
}

# The whole log: 0 base, 1 write, 3 flush, 5 begin, 6 mark, 7 write, 9 FUA, 11 flush, 13 commit, 14 write, 16 mark, 17 write.
list="$replay --list" show="$powercut show"
same '0 1 2 3 4 5 6 7 8 9 9 10 11 11 12 12 13 14 15 16 17 17 ' "$(positions "$list")" '--list'
same '0 1 3 5 6 7 9 9 11 11 12 13 14 16 17 17 ' "$(positions "$show")" 'show: an operation is one line'
for command in "$list" "$show"; do
  same '1 7 9 14 17 ' "$(positions "$command" --kind=write)" "$command --kind=write"
  same '9 ' "$(positions "$command" --kind=fua)" "$command --kind=fua"
  same '3 11 ' "$(positions "$command" --kind=flush)" "$command --kind=flush"
  same '2 4 8 10 12 15 ' "$(positions "$command" --kind=done)" "$command --kind=done"
  same '0 3 5 6 11 13 16 ' "$(positions "$command" --kind=flush,mark)" "$command --kind=flush,mark"
  same '9 11 12 17 ' "$(positions "$command" --kind=point)" "$command --kind=point"
  same '9 11 12 ' "$(positions "$command" --kind=point --from=9 --to=12)" "$command --kind=point --from --to"
  same '' "$(positions "$command" --kind=zero,trim)" "$command --kind=zero,trim"
  same '7 ' "$(positions "$command" --from=7 --to=7)" "$command --from=7 --to=7"
  same '17 ' "$(positions "$command" --from=17 --device=0 --kind=write,done)" "$command --from=17"
done
expect_status 2 "$powercut" show --device=1 "$tmp/log.bin"
expect_one_line "$tmp/err"
grep -q 'no such device: the last one' "$tmp/err" || fail 'a device that is not there'

# What became of an operation.
expect_status 0 "$powercut" show --kind=write,flush "$tmp/log.bin"
grep -q '^  1 .* write  *0K  *0.5K  done 2, durable 4$' "$tmp/out" || fail "a write that a flush made durable: $(cat "$tmp/out")"
grep -q '^  9 .* write FUA  *20K  *0.5K  done 10$' "$tmp/out" || fail "a write with FUA: $(cat "$tmp/out")"
grep -q '^ 14 .* write  *8K  *0.5K  done 15$' "$tmp/out" || fail "a write that never is durable: $(cat "$tmp/out")"
grep -q '^ 17 .* write  *8.5K  *0.5K  never done$' "$tmp/out" || fail "a write in flight: $(cat "$tmp/out")"

# width COLUMNS: of the longest line
width ()
{
  COLUMNS=$1 expect_status 0 "$powercut" show "$tmp/log.bin"
  awk '{ if (length > most) most = length } END { print most }' "$tmp/out"
}
same 60 "$(width 60)" 'lines in 60 columns'
same 80 "$(width '')" 'lines without a terminal'
same 80 "$(width nonsense)" 'lines without a number of columns'
same 40 "$(width 1)" 'lines in one column'

# on_terminal COMMAND...: what it prints on a terminal of 50 columns
on_terminal ()
{
  script -qec "stty cols 50; $(printf '%q ' "$@")" /dev/null < /dev/null
}
escape=$'\e['
on_terminal "$powercut" show "$tmp/log.bin" > "$tmp/out"
grep -qF "$escape" "$tmp/out" || fail 'no colours on a terminal'
[ "$(sed "s/$escape[0-9;]*m//g; s/\r//" "$tmp/out" | awk '{ if (length > most) most = length } END { print most }')" = 50 ] ||
  fail 'lines on a terminal of 50 columns'
NO_COLOR=1 on_terminal "$powercut" show "$tmp/log.bin" > "$tmp/out"
! grep -qF "$escape" "$tmp/out" || fail 'colours in spite of NO_COLOR'
NO_COLOR='' on_terminal "$powercut" show "$tmp/log.bin" > "$tmp/out"
grep -qF "$escape" "$tmp/out" || fail 'no colours with an empty NO_COLOR'
expect_status 0 "$powercut" show "$tmp/log.bin"
! grep -qF "$escape" "$tmp/out" || fail 'colours without a terminal'
