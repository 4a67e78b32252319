#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The unit tests of outcome, session, interrupted recoveries, model, search, read sets, smallest states, freeze, pages and the late
# device notice when one of the rules that they are for is broken: each mutant is a source file with one change, in the place of the
# library's own.
. "${srcdir:?run the tests with make check}/tests/functions.sh" || exit 1

# Also what a test leaves that is ended.
export TMPDIR=$tmp

# Where the test of each unit is, below tests/unit.
units=(checker/observe/layout checker/observe/pages checker/outcome checker/watched-pages nbd-plugin/hold replay/explain/minimal
  replay/freeze
  replay/located replay/report/page-table replay/search/data-classes replay/search/model replay/search/model-naive
  replay/search/pending replay/search/read-sets replay/search/search replay/search/state-counts
  replay/session replay/interrupt log/index)

# concerned FILE: the units whose tests are about it
concerned ()
{
  case $1 in
    replay/search/model.c | replay/search/crash-points.c | replay/search/moments.c | replay/search/pending.c | log/trims.c)
      echo replay/search/model replay/search/model-naive replay/search/pending replay/search/search ;;
    replay/search/state-counts.c) echo replay/search/state-counts ;;
    log/index.c) echo log/index ;;
    replay/search/search.c | replay/search/agreeing.c | replay/search/node.c) echo replay/search/search ;;
    replay/answer.c | replay/confirm.c) echo replay/session ;;
    replay/interrupt.c | replay/enter.c | replay/session.c | log/aftermath.c) echo replay/interrupt ;;
    replay/explain/minimal.c) echo replay/explain/minimal ;;
    replay/search/data-classes.c | replay/search/data-groups.c) echo replay/search/data-classes ;;
    replay/expand.c | replay/located.c | replay/located-pages.c | filesystem/filesystem.c) echo replay/located ;;
    checker/observe/extents.c) echo checker/observe/layout ;;
    checker/outcome.c) echo checker/outcome ;;
    replay/freeze.c) echo replay/freeze ;;
    nbd-plugin/hold.c) echo nbd-plugin/hold ;;
    checker/observe/pages.c | checker/watched-pages.c) echo checker/observe/pages checker/watched-pages ;;
    replay/page-counts.c) echo replay/report/page-table ;;
    *) echo replay/search/read-sets replay/search/search ;;
  esac
}

# The compiler and its flags, as configure found them.
cat > "$tmp/build.in" << 'END'
compiler=(@CC@ @DEFS@ @CPPFLAGS@ @CFLAGS@ @SANITIZE_CFLAGS@ @CHECK_CFLAGS@ @XXHASH_CFLAGS@ @LIBNBD_CFLAGS@ @CJSON_CFLAGS@)
libraries=(@LDFLAGS@ @CHECK_LIBS@ @LIBS@)
END
(cd "$tmp" && "$builddir/config.status" -q --file=build:build.in)
. "$tmp/build"

# compile SOURCE OBJECT [FLAG...]
compile ()
{
  "${compiler[@]}" -DHAVE_VFPRINTF_PERCENT_M=1 -I"$builddir" -I"$srcdir" "${@:3}" -c "$1" -o "$2"
}

# link UNIT: its test, to which the loader gives what can be broken: of libmutant.so what is there, else of liboriginal.so
link ()
{
  local command

  [ -e "$tmp/link" ] || "$builddir/libtool" --tag=CC --mode=link --dry-run "${compiler[@]}" -o OUTPUT.x OBJECTS.o \
    "$builddir/tests/unit/libunit.la" "$builddir/replay/libreplay.la" "$builddir/common/libmessage.la" "${libraries[@]}" |
    sed -n 's/^libtool: link: //p' > "$tmp/link"
  command=$(cat "$tmp/link")
  command=${command/OUTPUT.x/'"$tmp/test-${1##*/}"'}
  eval "${command/OBJECTS.o/'"$tmp/test-${1##*/}.o" -Wl,--no-as-needed -L"$tmp/none" -lmutant -L"$tmp" -loriginal -Wl,--as-needed'}"
}

# Changes: name, source file and sed script.
names=() files=() scripts=()
while IFS= read -r line; do
  names+=("${line%%: *}")
  line=${line#*: }
  files+=("${line%%: *}")
  scripts+=("${line#*: }")
done < <(grep -v '^\(#.*\|\)$' "$srcdir/tests/mutants")

for unit in "${units[@]}"; do
  compile "$srcdir/tests/unit/${unit%/*}/test-${unit##*/}.c" "$tmp/test-${unit##*/}.o"
done
# Their guests are played.
compile "$srcdir/tests/unit/replay/played-runner.c" "$tmp/played-runner.o"
for unit in session interrupt; do
  ld -r -o "$tmp/$unit.o" "$tmp/test-$unit.o" "$tmp/played-runner.o"
  mv "$tmp/$unit.o" "$tmp/test-$unit.o"
done

# Without a change, but built in the same way, everything passes, with a tenth of the random inputs: the tests themselves are run with all.
# Assertions are off: the tests alone are to notice.  Little is optimized, since most of what is built here runs for a moment.
changed=(-DNDEBUG -w -O1 -g0 -fPIC)
originals=()
for file in $(printf '%s\n' "${files[@]}" | sort -u); do
  originals+=("$tmp/${file//\//-}.o")
  compile "$srcdir/$file" "${originals[-1]}" "${changed[@]}"
done
"${compiler[@]}" -shared -o "$tmp/liboriginal.so" "${originals[@]}"
mkdir "$tmp/none"
"${compiler[@]}" -shared -o "$tmp/none/libmutant.so" -x c /dev/null
for unit in "${units[@]}"; do
  link "$unit"
  UNIT_ROUNDS_PERCENT=10 LD_LIBRARY_PATH=$tmp/none:$tmp expect_status 0 "$tmp/test-${unit##*/}"
done

# first_failure UNIT FOLDER PERCENT: the first that fails with the mutant in FOLDER and so many of the random inputs, at which the test
# is ended: what is next may go on for ever with this mutant
first_failure ()
{
  local output test line failure=1

  exec {output}< <(UNIT_ROUNDS_PERCENT=$3 LD_LIBRARY_PATH=$2:$tmp exec timeout 120 "$tmp/test-${1##*/}" 2>&1)
  test=$!
  while read -r line <&"$output"; do
    [[ $line = 'not ok'* ]] || continue
    echo "$line"
    failure=0
    break
  done
  kill "$test" 2> /dev/null || true
  wait "$test" || true
  exec {output}<&-
  return $failure
}

# try NUMBER: succeed if some test fails with that mutant
try ()
{
  local folder=$tmp/$1 file=${files[$1]} unit percent

  mkdir "$folder"
  sed "${scripts[$1]}" "$srcdir/$file" > "$folder/${file##*/}"
  ! cmp -s "$srcdir/$file" "$folder/${file##*/}" || fail "${names[$1]}: nothing to change in $file"
  compile "$folder/${file##*/}" "$folder/mutant.o" "${changed[@]}"
  ld -shared -o "$folder/libmutant.so" "$folder/mutant.o"
  # Most are noticed with a tenth of the random inputs.
  for percent in 10 100; do
    for unit in $(concerned "$file"); do
      ! first_failure "$unit" "$folder" "$percent" || return 0
    done
  done
  fail "no test noticed"
}

# Two at a time.
run=0
for number in "${!names[@]}"; do
  if [ "$((run++))" -ge 2 ]; then
    wait -n || true
  fi
  (trap - EXIT; try "$number" > "$tmp/$number.seen" 2>&1; touch "$tmp/$number.caught") &
done
wait

survivors=0
for number in "${!names[@]}"; do
  printf '%s: ' "${names[$number]}"
  cat "$tmp/$number.seen"
  [ -e "$tmp/$number.caught" ] || survivors=$((survivors + 1))
done
[ "$survivors" -eq 0 ] || fail "$survivors of ${#names[@]} mutants survived"
