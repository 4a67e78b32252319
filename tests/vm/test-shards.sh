#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A replay that is shared out, broken off and gone on with finds what one finds that is not, with each of the recipes of the manual
# that can be tried; what does not belong together is refused.
. "${srcdir:?run the tests with make check}/tests/functions.sh" || exit 1
requires jq mkfs.ext4 nbdkit
any_guest

# found JSON: the results but for times, the name of the log, and whether a fresh guest of this or of another replay confirmed them
found ()
{
    jq -S 'del(.. | .seconds?, .search_cpu_seconds?, .device_cpu_seconds?, .log?)' "$1"
}

# Violations, and enough runs for four.
expect_status 0 "$powercut" record --background=none -o "$tmp/log.bin" --step='for i in 1 2 3 4 5; do echo $i > n; mv n f$i; done'
options=(--tear=prefix --atomic=512 --limit=0 --jobs=1 --quiet --minimize)
cd "$tmp"
expect_status 1 "$replay" "${options[@]}" --json=whole.json log.bin
found whole.json > whole

# --- killed again and again, and gone on with
for delay in 0.2 0.3 0.25; do
    "$replay" "${options[@]}" --resume=seen --json=never.json log.bin &
    sleep "$delay"
    kill -9 $! 2> kill.err || :
    wait $! 2> wait.err || :
done
expect_status 1 "$replay" "${options[@]}" --resume=seen --json=resumed.json log.bin
found resumed.json | diff whole - || fail 'a replay that was killed finds something else'
expect_status 1 "$replay" "${options[@]}" --resume=seen --json=again.json log.bin
found again.json | diff whole - || fail 'what is remembered is something else'
expect_status 1 "$powercut" merge --quiet --json=merged.json seen
found merged.json | diff whole - || fail 'a file of --resume alone is merged to something else'

# What the first step leaves is seen where its data are, and without that when the second begins.
expect_status 0 "$powercut" record --background=none -o "$tmp/steps.bin" --step='echo 1 > n; sync; mv n f; sync' --step='echo 2 > m; sync; mv m g; sync'
steps=("$replay" --quiet --jobs=1 --resume=steps.seen steps.bin)
expect_status 0 "${steps[@]}"
bytes=$(stat -c %s steps.seen)
expect_status 0 "${steps[@]}"
[ "$(stat -c %s steps.seen)" -lt $((bytes + 3000)) ] || fail 'runs of two steps are made again'

# A checker that has another content by now is asked anew.
printf '#!/bin/sh\nexit 0\n' > right
chmod +x right
checked=("$replay" --quiet --jobs=1 --prefixes-only "--check=$tmp/right" --resume=checked)
expect_status 0 "${checked[@]}" log.bin
bytes=$(stat -c %s checked)
expect_status 0 "${checked[@]}" log.bin
[ "$(stat -c %s checked)" -lt $((bytes + 3000)) ] || fail 'the same checker is asked again'
printf '#!/bin/sh\nexit 1\n' > right
expect_status 1 "${checked[@]}" log.bin

# --- make -j, as in the manual
cat > Makefile << END
shards = part-1 part-2 part-3 part-4
merged: \$(shards); cat \$^ > /dev/null
\$(shards): part-%:; $replay ${options[@]} --shard=\$*/4 --resume=\$@.part --json=\$@.json log.bin || [ \$\$? = 1 ]; mv \$@.part \$@
END
env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make -s -j2 merged > make.out 2>&1 || fail "make: $(cat make.out)"
expect_status 1 "$powercut" merge --quiet --json=merged.json --junit=merged.xml --html=merged.html part-[1-4]
found merged.json | diff whole - || fail 'four shards find something else'
grep -q '</html>' merged.html && grep -q '<testsuites' merged.xml || fail 'no page, or no test results'
# Each state is one shard's.
[ "$(jq -rs 'map(.states_covered | tonumber) | add' part-?.json)" = "$(jq -r .crash_states whole.json)" ] || fail 'states of shards'

# --- GNU parallel
if type -P parallel > /dev/null && parallel --version 2> /dev/null | grep -q '^GNU'; then
    parallel --will-cite -j2 "$replay ${options[*]} --shard={}/2 --resume=half-{} log.bin || [ \$? = 1 ]" ::: 1 2
    expect_status 1 "$powercut" merge --quiet --json=merged.json half-1 half-2
    found merged.json | diff whole - || fail 'two shards find something else'
fi

# --- refused, in one line
export TMPDIR=$tmp/empty
mkdir "$TMPDIR"
for output in --json --json-lines --junit --html --tap; do
    refused 'part-3: a report cannot be written there: that is one of the results' "$powercut" merge "$output=part-3" part-[1-4]
done
ln -s part-3 linked
refused 'a report cannot be written there' "$powercut" merge --json=part-3 part-[12] linked part-4
refused 'seen: a report cannot be written there: that is the file of --resume' "$replay" --resume=seen --json=seen log.bin
refused 'checked is of guests with another kernel' "$powercut" merge checked
refused 'shard 3/4 is missing' "$powercut" merge part-1 part-2 part-4
cp part-2 copy
refused 'shard 2/4 is there twice, in part-2 and in copy' "$powercut" merge part-[1-4] copy
refused 'is of 1 shards, and part-1 of 4' "$powercut" merge part-[1-3] seen
refused 'no such file\|No such file' "$powercut" merge part-[1-3] part-5
refused 'is no .powercut replay' "$powercut" merge part-[1-3] log.bin
"$replay" "${options[@]}" --tear=none --shard=4/4 --resume=other log.bin || [ $? = 1 ]
refused 'other is of another replay than part-1 (--tear=none, not --tear=prefix)' "$powercut" merge part-[1-3] other
head -c $(($(stat -c %s part-4) - 100)) part-4 > cut
refused 'cut: shard 4/4 did not come to its end' "$powercut" merge part-[1-3] cut
expect_status 0 "$powercut" record --background=none -o other.bin --step='echo > g'
refused 'other.bin is not the log' "$powercut" merge --log=other.bin part-[1-4]
# The shard that died is run again alone.
"$replay" "${options[@]}" --shard=4/4 --resume=cut log.bin || [ $? = 1 ]
mv log.bin moved.bin
expect_status 1 "$powercut" merge --quiet --log=moved.bin --json=merged.json part-[1-3] cut
found merged.json | diff whole - || fail 'a shard that was run again finds something else'

# --- corpus run: killed and gone on with; and shared out, as gen is
unset TMPDIR
expect_status 0 "$powercut" gen --ops=1 --set=xattrs --limit=4 -o cells
for i in 1 2 3; do
    expect_status 0 "$powercut" gen --ops=1 --set=xattrs --shard=$i/3 -o "gen-$i"
done
expect_status 0 "$powercut" gen --ops=1 --set=xattrs -o gen-all
diff <(ls gen-all) <(ls gen-1 gen-2 gen-3 | grep workload | sort) || fail 'shards of gen do not make what one makes'
cells=(corpus run --fs=ext4 --background=none --jobs=1)
"$powercut" "${cells[@]}" --resume=cells.1 cells > killed.out 2>&1 &
for ((i = 0; i < 400; i++)); do
    [ "$(stat -c %s cells.1 2> /dev/null || echo 0)" -le 100 ] || break
    sleep 0.05
done
kill -9 $!
wait $! || :
expect_status 0 "$powercut" "${cells[@]}" --resume=cells.1 --json=cells.json cells
jq -S '.cells | map([.case, .outcome])' cells.json > cells.whole
[ "$(jq -c .outcomes.pass cells.json)" = 4 ] || fail "corpus run after a kill: $(jq -c .outcomes cells.json)"
for i in 1 2; do
    expect_status 0 "$powercut" "${cells[@]}" --shard=$i/2 --resume=cells.shard-$i --json=shard.json cells
    [ "$(jq -c '[.outcomes.pass, .outcomes["n/a"]]' shard.json)" = '[2,2]' ] || fail "cells of shard $i"
done
expect_status 0 "$powercut" "${cells[@]}" --resume=cells.all --resume=cells.shard-1 --resume=cells.shard-2 --json=cells.json cells
jq -S '.cells | map([.case, .outcome])' cells.json | cmp - cells.whole || fail 'two shards of a corpus are not all'
[ "$(stat -c %s cells.all)" = 32 ] || fail 'what shards have done was done again'
# A case that is another one by now is done again: also where it is not its workload that has changed.
mkdir -p more/one/init
echo old > more/one/init/f
printf 'title = copy\ncommand = cp f g\ninitial = $CASE/init\nfilesystems = ext4\n' > more/one/case.ini
sizes=()
for content in old old new; do
    echo "$content" > more/one/init/f
    "$powercut" "${cells[@]}" --no-fsck --no-usable --resume=more.1 more > more.out 2>&1 || [ $? = 1 ] || fail "$(cat more.out)"
    sizes+=("$(stat -c %s more.1)")
done
[ "${sizes[0]}" -gt 100 ] && [ "${sizes[0]}" = "${sizes[1]}" ] && [ "${sizes[1]}" -lt "${sizes[2]}" ] || fail "sizes ${sizes[*]}"
echo '# changed' >> cells/ops1-000001.workload
expect_status 0 "$powercut" "${cells[@]}" --resume=cells.all --resume=cells.shard-1 --resume=cells.shard-2 cells
[ "$(stat -c %s cells.all)" -gt 100 ] || fail 'a case that has changed is not done again'
