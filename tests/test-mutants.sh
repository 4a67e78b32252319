#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The unit tests of outcome, session, model, search, read sets, smallest states, freeze and pages notice when one of the
# rules that they are for is broken: each mutant is a source file with one change, in the place of the library's own.
. "${srcdir:?run the tests with make check}/tests/functions.sh" || exit 1

# Where the test of each unit is, below tests/unit.
units=(checker/observe/pages checker/outcome checker/watched-pages replay/explain/minimal replay/report/page-table replay/session
  replay/search/model replay/search/model-naive replay/search/read-sets replay/search/search replay/freeze)

# concerned FILE: the units whose tests are about it
concerned ()
{
  case $1 in
    replay/search/model.c) echo replay/search/model replay/search/model-naive replay/search/search ;;
    replay/search/search.c | replay/search/node.c) echo replay/search/search ;;
    replay/answer.c | replay/confirm.c) echo replay/session ;;
    replay/explain/minimal.c) echo replay/explain/minimal ;;
    checker/outcome.c) echo checker/outcome ;;
    replay/freeze.c) echo replay/freeze ;;
    checker/observe/pages.c | checker/watched-pages.c) echo checker/observe/pages checker/watched-pages ;;
    replay/report/page-table.c) echo replay/report/page-table ;;
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

# link UNIT OUTPUT OBJECT...: the library gives what the objects do not have
link ()
{
  "$builddir/libtool" --quiet --tag=CC --mode=link "${compiler[@]}" -o "$2" "$tmp/test-${1##*/}.o" "${@:3}" \
    "$builddir/tests/unit/libunit.la" "$builddir/replay/libreplay.la" "$builddir/common/libmessage.la" "${libraries[@]}"
}

# Changes: name, source file and sed script.
names=() files=() scripts=()
mutant ()
{
  names+=("$1")
  files+=("$2")
  scripts+=("$3")
}

mutant 'FUA ignored' replay/search/model.c '/^model_is_durable/,/^}/ s/w->flags & LOG_FLAG_FUA &&/false \&\&/'
mutant 'FUA ignored by the walk' replay/search/model.c '/^makes_durable/,/^}/ s/return stop->number == write;/return false;/'
mutant 'FUA a barrier' replay/search/model.c '/^makes_durable/,/^}/ s/return stop->number == write;/return stop->number == write || w->completion < log->writes[stop->number].issue;/'
mutant 'flush of what completed during it' replay/search/model.c '/^model_is_durable/,/^}/ s/w->completion < flush->issue/w->completion < flush->completion/'
mutant 'flush by the walk of what completed during it' replay/search/model.c '/^makes_durable/,/^}/ s/< log->flushes\[stop->number\].issue/< log->flushes[stop->number].completion/'
mutant 'flush of another device' replay/search/model.c '/^makes_durable/,/^}/ s/w->device == log->flushes\[stop->number\].device &&//'
mutant 'states of a torn write forgotten' replay/search/model.c 's/(unsigned long) pieces + 1)/(unsigned long) pieces)/'

mutant 'a mark after instead of before' replay/search/model.c '/^pass_stop/,/^}/ s/add_point (walk, stop->position - 1)/add_point (walk, stop->position - (stop->kind != STOP_MARK))/'
mutant 'marks that a checker is told no crash points' replay/search/model.c '/^add_marks/,/^}/ s/told \&\& log_mark_is_public (mark)/false/'
mutant 'alternative not opened' replay/search/node.c '/^node_grow/,/^}/ s/other->open = 1;/other->open = other->present + other->absent < 4;/'
mutant 'alternative not turned' replay/search/search.c '/^grow/,/^}/ s/tear_turned (.*)/(struct choice) { decision.write, decision.first, decision.last, !decision.kind })/'
mutant 'states of torn writes counted as of whole ones' replay/search/search.c '/^count_agreeing/,/^}/ s/== TEAR_PREFIX/== TEAR_NONE/'
mutant 'limit off by one' replay/search/search.c '/^tasks_left/,/^}/ s/- search->batch_count/- search->batch_count + 1/'
mutant 'nothing there is not second' replay/search/search.c 's/add_task (search, descend (search, CHOICE_ABSENT), PREFER_ABSENT)/add_task (search, descend (search, CHOICE_ABSENT), PREFER_PRESENT)/'
mutant 'batch made before all answers' replay/search/search.c '/^search_take/,/^}/ s/ && running == 0 && make_batch/ \&\& make_batch/'
mutant 'seed ignored' replay/search/search.c 's/search->random = config->seed;/search->random = 0;/'
mutant 'time ignored' replay/search/search.c '/^search_take/,/^}/ s/search->config.seconds > 0/false/'

mutant 'rest of a torn write left undecided' replay/search/search.c '/^is_settled/,/^}/ s/return decision->first == 0;/return true;/'

mutant 'older write not considered' log/crash-state.c '/^find_candidates/,/^}/ s/sectors &= ~hiding_sectors.*/sectors \&= ~touched;/'
mutant 'older write wins' log/crash-state.c '/^resolve_sector/,/^}/ s/candidates->writes\[i\]/candidates->writes[candidates->count - 1 - i]/'
mutant 'equal to one of several older writes' log/crash-state.c '/^is_settled/,/^}/ s/LOG_SECTOR) != 0)$/LOG_SECTOR) != 0 \&\& kind == CHOICE_PRESENT)/'
mutant 'undo without effect' log/crash-state.c '/^crash_state_undo/,/^}/ s/choice.kind = CHOICE_UNDECIDED;//'

mutant 'prefix from the wrong end' log/choice.c '/^tear_choice/,/^}/ { s/kind == CHOICE_ABSENT/kind == CHOICE_XXX/; s/kind == CHOICE_PRESENT/kind == CHOICE_ABSENT/; s/CHOICE_XXX/CHOICE_PRESENT/ }'
mutant 'alternative of the wrong piece' log/choice.c '/^tear_turned/,/^}/ s/choice.write, choice.last, CHOICE_ABSENT/choice.write, choice.first, CHOICE_ABSENT/'
mutant 'a tear unit too large' log/choice.c 's/atomic_bytes \/ LOG_SECTOR/atomic_bytes \/ LOG_SECTOR * 2/'
mutant 'pieces counted from the start of the write' log/choice.c '/^tear_choice/,/^}/ s/lead = lead_sectors (tear, write);/lead = 0;/'

mutant 'read set of other contents' replay/search/read-sets.c '/^find_answer/,/^}/ s/!XXH128_isEqual (answer->content, content)/false/'
mutant 'pending taken for constant' replay/search/read-sets.c '/^is_constant/,/^}/ s/&& !model_find_pending.*;/|| !first;/'
mutant 'failed branch leaves decisions' replay/search/read-sets.c 's/crash_state_undo (state, decided);//'
mutant 'contradiction overlooked' replay/search/read-sets.c 's/outcome_same (answer->outcome, outcome) ? READ_SET_KEPT/outcome ? READ_SET_KEPT/'
mutant 'devices confused' replay/search/read-sets.c 's/|| question->device != wanted->device//'

mutant 'the same for read sets whatever the run is given' replay/search/read-sets.c '/^inputs_content/,/^}/ s/\.low64 = inputs/.low64 = 0/'

mutant 'the same whatever the checker says' checker/outcome.c '/^outcome_same/,/^}/ s/ && a->check == b->check$//'
mutant 'alike with a kernel fault and without' checker/outcome.c '/^outcome_alike/,/^}/ s/ && !a->fault == !b->fault//'
mutant 'alike when one checker hung' checker/outcome.c '/^outcome_alike/,/^}/ s/ && (a->check == CHECK_HUNG).*;/;/'

mutant 'marks that a checker was told forgotten' replay/answer.c '/^inputs/,/^}/ s/count += .*;/count += 0;/'
mutant 'audit without effect' replay/answer.c 's/!outcome_same (&seen, &reply->outcome)/false/'
mutant 'every finding confirmed' replay/confirm.c 's/repeated = outcome_same (.*);/repeated = true;/'
mutant 'smallest state of another kind' replay/explain/minimal.c 's/same = verdict.kind == config->kind/same = verdict.kind != VIOLATION_NONE/'

mutant 'write while frozen not seen' replay/freeze.c '/^freeze_check/,/^}/ s/ || check_issued (.*) == -1)/)/'
mutant 'pending at the freeze not seen' replay/freeze.c '/^freeze_check/,/^}/ s/check_pending (.*) == -1 || //'
mutant 'lazy while in flight' replay/freeze.c '/^is_lazy/,/^}/ s/write->completion > position/false/'
mutant 'lazy in any file system' replay/freeze.c 's/filesystem_find (filesystem)/filesystem_find ("xfs")/'
mutant 'frozen once only' replay/freeze.c '/^freeze_check/,/^}/ s/while (next_stretch/if (next_stretch/'
mutant 'frozen behind the end' replay/freeze.c 's/ || log->marks\[\*next\].position > last)/)/; s/ && log->marks\[\*next\].position <= last ?/ ?/'
mutant 'the mark of the thaw forgotten' replay/freeze.c '/^next_stretch/,/^}/ s/"thaw"/"thawed"/'

mutant 'unreadable sectors alike' checker/observe/pages.c 's/ && sector_at (a, sector) != SECTOR_UNREADABLE//'
mutant 'zeros for a page that is not there' checker/observe/pages.c '/^agree/,/^}/ s/has_page (a, first) != has_page (b, first)/false/'
mutant 'torn of neither' checker/observe/pages.c 's/some_old && some_new && !some_other/some_old \&\& some_new/'
mutant 'torn of old ones alone' checker/observe/pages.c 's/some_old && some_new && /some_old \&\& /'
mutant 'torn of what did not change' checker/observe/pages.c 's/some_old |= is_old && !is_new;/some_old |= is_old;/'
mutant 'zero before torn' checker/observe/pages.c 's/return some_old .*/return zero ? PAGE_ZERO : some_old \&\& some_new \&\& !some_other ? PAGE_TORN : PAGE_OTHER;/'
mutant 'nothing missing' checker/observe/pages.c 's/return has_page (seen, first) ?/return has_page (seen, 0) || !seen ?/'
mutant 'file that is gone forgotten' checker/watched-pages.c '/^pages_classify/,/^}/ s/if (!seen\[i\])/if (false)/'
mutant 'pages of the shortest file' checker/watched-pages.c '/^sort_files/,/^}/ s/last->page_count > page_count/last->page_count < page_count/'
mutant 'pages of what cannot be mounted old' replay/report/page-table.c '/^add_point/,/^}/ s/: PAGE_MISSING/: PAGE_OLD/'
mutant 'committed forgotten' replay/report/page-table.c '/^add_point/,/^}/ s/point->moment.phase == PHASE_COMMITTED/false/'
mutant 'pages counted before begin' replay/report/page-table.c '/^add_point/,/^}/ s/point->moment.phase == PHASE_UNKNOWN/false/'

for unit in "${units[@]}"; do
  compile "$srcdir/tests/unit/${unit%/*}/test-${unit##*/}.c" "$tmp/test-${unit##*/}.o"
done

# object_of FILE: its object without a change
object_of ()
{
  echo "$tmp/${1//\//-}.o"
}

# Without a change, but built in the same way, everything passes.  Assertions are off: the tests alone are to notice.
originals=()
for file in $(printf '%s\n' "${files[@]}" | sort -u); do
  originals+=("$(object_of "$file")")
  compile "$srcdir/$file" "$(object_of "$file")" -DNDEBUG -w
done
for unit in "${units[@]}"; do
  link "$unit" "$tmp/test-${unit##*/}" "${originals[@]}"
  expect_status 0 "$tmp/test-${unit##*/}"
done

# try NUMBER: succeed if some test fails with that mutant
try ()
{
  local folder=$tmp/$1 file=${files[$1]} objects=() object unit

  mkdir "$folder"
  sed "${scripts[$1]}" "$srcdir/$file" > "$folder/${file##*/}"
  ! cmp -s "$srcdir/$file" "$folder/${file##*/}" || fail "${names[$1]}: nothing to change in $file"
  compile "$folder/${file##*/}" "$folder/mutant.o" -DNDEBUG -w
  for object in "${originals[@]}"; do
    [ "$object" = "$(object_of "$file")" ] || objects+=("$object")
  done
  for unit in $(concerned "$file"); do
    link "$unit" "$folder/test-${unit##*/}" "$folder/mutant.o" "${objects[@]}"
    timeout 120 "$folder/test-${unit##*/}" > "$folder/out" 2>&1 || true
    ! grep -m 1 '^not ok' "$folder/out" || return 0
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
