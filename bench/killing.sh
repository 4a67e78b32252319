#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# kill -9 at random instants, KILLS times each: of `replay --resume` and `corpus run --resume`, which go on and find in the end what
# one finds that is left alone; and of who makes prepared disks and saved machines, of which there is all or nothing.  What is killed
# is powercut alone, its process group, or one of the processes that it has started, whichever comes first by lot.
# Target: no result is different, no record is lost that was there, or there twice, nothing failed, is half, is in the cache after
# `cache clean`, or still runs.  Fails if something does.  killing.sh BUILDDIR [replay|corpus|disks|machine]...: all of them
. "${0%/*}/functions.sh"
here=$(cd "${0%/*}" && pwd)
kills=${KILLS:-200} machine=${MACHINE:-6.12}
powercut=$builddir/record/powercut
shift
[ $# -gt 0 ] || set -- replay corpus disks machine
own_cache
wrong=0
export TMPDIR=$folder/tmp POWERCUT_KILLING=$folder
mkdir "$TMPDIR"

# pause SECONDS: up to so long
pause ()
{
    sleep "$(awk -v most="$1" -v number=$((SRANDOM % 10000)) 'BEGIN { print most * number / 10000 }')"
}

# offspring PID: all that it has started, and so on.  But for what a kernel that is a program starts: without one of these processes it
# goes on as a machine does of which a part broke, and panics, say, because init was ended.
offspring ()
{
    ps -e -o pid=,ppid=,comm= | awk -v top="$1" '{ parents[$1] = $2; names[$1] = $3 }
        END {
            for (pid in parents) {
                for (at = pid; at in parents && at != top; at = parents[at]);
                if (at == top && pid != top && !(names[pid] == "linux" && names[parents[pid]] == "linux")) print pid
            }
        }'
}

declare -A struck=([alone]=0 [group]=0 [child]=0)

# strike PID: the leader of a process group, or what is its own
strike ()
{
    local children=() how=alone pid=$1

    case $((SRANDOM % 3)) in
        0) how=group pid=-$1 ;;
        1)
            mapfile -t children < <(offspring "$1")
            if [ ${#children[@]} -gt 0 ]; then
                how=child pid=${children[SRANDOM % ${#children[@]}]}
            fi ;;
    esac
    if kill -KILL -- "$pid" 2> /dev/null; then
        struck[$how]=$((struck[$how] + 1))
    fi
}

# running: whether what was started still does
running ()
{
    local pid

    for pid in $(grep -lsazx "POWERCUT_KILLING=$folder" /proc/[0-9]*/environ | cut -d/ -f3) \
        $(find /proc/[0-9]*/cwd /proc/[0-9]*/fd -lname "$TMPDIR/*" 2> /dev/null | cut -d/ -f3); do
        # not this shell, which has it in its own variables only, nor what it runs to look
        [ "$(ps -o ppid= -p "$pid" | tr -d ' ')" = $$ ] || [ ! -e "/proc/$pid/exe" ] || return 0
    done
    return 1
}

# Those that are left run for a moment.
left_running ()
{
    local i

    for ((i = 0; i < 100; i++)); do
        running || return 1
        sleep 0.1
    done
    echo "still running: $(grep -lsazx "POWERCUT_KILLING=$folder" /proc/[0-9]*/environ | cut -d/ -f3 | xargs -r ps -o pid=,ppid=,args= -p)" >&2
}

# records JOURNAL: sorted
records ()
{
    [ ! -e "$1" ] || python3 "$here/journal-records.py" "$1" | sort
}

# report NAME COUNT...: the line of a table; all but how many were killed, and came to their end, are to be zero
report ()
{
    local count

    printf '%-22s' "$1"
    printf ' %9d' "${@:2}"
    printf '   alone %d, group %d, child %d\n' "${struck[alone]}" "${struck[group]}" "${struck[child]}"
    for count in "${@:4}"; do
        [ "$count" = 0 ] || wrong=1
    done
    struck=([alone]=0 [group]=0 [child]=0)
}

# killed NAME FILTER COMMAND...: COMMAND, with --resume, again and again; FILTER makes of its JSON what has to be the same each time
killed ()
{
    local name=$1 filter=$2 status=0 begun=$EPOCHREALTIME most left pid ended=0 different=0 lost=0 twice=0 failed=0 remains=0
    local seen=$folder/$name.seen json=$folder/$name.json

    "${@:3}" --resume="$seen" --json="$json" > "$folder/output" 2>&1 || status=$?
    [ $status -le 1 ] || { cat "$folder/output" >&2; exit "$status"; }
    jq -S "$filter" "$json" > "$folder/whole"
    rm "$seen"
    most=$(awk -v begun="$begun" -v now="$EPOCHREALTIME" 'BEGIN { print (now - begun) * 0.7 }')
    for ((left = kills; left >= 0; )); do
        setsid "${@:3}" --resume="$seen" --json="$json" > "$folder/output" 2> "$folder/errors" &
        pid=$!
        if [ $left -gt 0 ]; then
            pause "$most"
            strike $pid
        fi
        status=0
        wait $pid 2> /dev/null || status=$?
        ! left_running || remains=$((remains + 1))
        records "$seen" > "$folder/records"
        touch "$folder/before"
        lost=$((lost + $(comm -23 "$folder/before" "$folder/records" | wc -l)))
        mv "$folder/records" "$folder/before"
        # What misses a child that was killed says so, with what it has found before that, and goes on the next time.
        if [ $left -gt 0 ] && { [ $status = 137 ] || [ $status = 2 ] || { [ $status = 1 ] && [ -s "$folder/errors" ]; }; }; then
            left=$((left - 1))
            continue
        fi
        if [ $status -gt 1 ]; then
            cat "$folder/errors" >&2
            failed=$((failed + 1))
        elif ! jq -S "$filter" "$json" | diff "$folder/whole" - > "$folder/diff"; then
            different=$((different + 1))
            head -n 40 "$folder/diff" >&2
        fi
        ended=$((ended + 1))
        twice=$((twice + $(uniq -d "$folder/before" | wc -l)))
        rm -f "$seen" "$folder/before"
        # one that was over before it could be struck, or whose child was not missed, counts as well
        left=$((left - 1))
    done
    report "$name" "$kills" $ended $different $lost $twice $failed $remains
}

kill_replay ()
{
    "$powercut" record --kernel="$uml" --background=none -o "$folder/log.bin" --step='for i in 1 2 3; do echo $i > n; mv n f$i; done'
    killed replay 'del(.. | .seconds?, .search_cpu_seconds?, .device_cpu_seconds?, .log?)' \
        "$powercut" replay --kernel="$uml" --tear=prefix --atomic=512 --limit=0 --jobs=1 --quiet --minimize "$folder/log.bin"
}

kill_corpus ()
{
    "$powercut" gen --ops=1 --limit=10 -o "$folder/cells" > /dev/null
    killed corpus '.cells | map([.case, .outcome, .detail]) | sort' \
        "$powercut" corpus run --kernel="$uml" --fs=ext4 --background=none --jobs=2 "$folder/cells"
}

cat > "$folder/install.sh" << 'END'
#!/bin/sh
[ ! -e number ] || exit 1
cat /proc/sys/kernel/random/uuid > number
END
printf '#!/bin/sh\ncat number\necho new > file\n' > "$folder/update.sh"
chmod +x "$folder"/*.sh

# set_record NAME OPTION...: command records; what there was before the update goes to its standard output
set_record ()
{
    command=("$powercut" record --background=none --device=fast --timeout=600 --size=64M --setup="$folder/install.sh" -o "$folder/$1.bin"
        "${@:2}" -- "$folder/update.sh")
}

# record NAME OPTION...: to the end; what there was before the update goes into $folder/NAME
record ()
{
    local command

    set_record "$@"
    "${command[@]}" > "$folder/$1" 2> "$folder/$1.err" || { cat "$folder/$1.err" >&2; return 1; }
}

# kill_maker NAME SECONDS KERNEL: who makes what is kept; what follows finds all or nothing
kill_maker ()
{
    local i pid command failed=0 halves=0 debris=0 remains=0

    for ((i = 0; i < kills; i++)); do
        set_record killed --kernel="$3"
        setsid "${command[@]}" > "$folder/killed" 2>&1 &
        pid=$!
        pause "$2"
        strike $pid
        wait $pid 2> /dev/null || :
        ! left_running || remains=$((remains + 1))
        record next --kernel="$3" && record again --kernel="$3" && cmp -s "$folder/next" "$folder/again" || failed=$((failed + 1))
        ! ls "$kept" | grep -qE '\.[0-9a-f]{16}$' || halves=$((halves + 1))
        "$powercut" cache clean > "$folder/output" && [ -z "$(ls "$kept")" ] || debris=$((debris + 1))
    done
    report "$1" "$kills" $((kills - failed)) $failed $halves $debris $remains
}

for what; do
    case $what in
        replay | corpus)
            printf '%-22s %9s %9s %9s %9s %9s %9s %9s\n' 'kill -9 of' times ended different lost twice failed running
            kill_$what ;;
        disks | machine)
            printf '%-22s %9s %9s %9s %9s %9s %9s\n' 'kill -9 of who makes' times ended failed halves debris running
            if [ $what = disks ]; then
                kill_maker 'prepared disks' 1.5 "$uml"
            else
                kill_maker 'a saved machine' 8 "$machine"
            fi ;;
        *) echo "killing.sh: $what: replay, corpus, disks or machine" >&2; exit 2 ;;
    esac
done
exit $wrong
