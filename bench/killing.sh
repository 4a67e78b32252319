#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# kill -9 at random instants, KILLS times each: of `replay --resume` and `corpus run --resume`, which go on and find in the end what
# one finds that is left alone, and no record is lost that was there when they were killed (more: those beyond what one writes that
# is left alone); and of who makes prepared disks and saved machines, of which there is all or nothing.  Target: none is different,
# lost, failed or half.  killing.sh BUILDDIR [replay|corpus|disks|machine]...: all of them
. "${0%/*}/functions.sh"
here=$(cd "${0%/*}" && pwd)
kills=${KILLS:-200} machine=${MACHINE:-6.12}
powercut=$builddir/record/powercut
shift
[ $# -gt 0 ] || set -- replay corpus disks machine
own_cache

# pause SECONDS: up to so long
pause ()
{
    sleep "$(awk -v most="$1" -v number=$((SRANDOM % 10000)) 'BEGIN { print most * number / 10000 }')"
}

begins=9                   # LEDGER_REPLAY (replay/ledger-part.h)

# ends STATUS: of what came to its end, with or without a violation
ends ()
{
    [ "$1" = 0 ] || [ "$1" = 1 ] || { cat "$folder/output" >&2; exit "$1"; }
}

# records JOURNAL: sorted, but for those that say that a replay begins
records ()
{
    [ ! -e "$1" ] || python3 "$here/journal-records.py" "$1" | sed "/^$begins /d" | sort
}

# killed NAME FILTER COMMAND...: COMMAND, with --resume, again and again; FILTER makes of its JSON what has to be the same each time
killed ()
{
    local name=$1 filter=$2 status=0 begun=$EPOCHREALTIME most left ended=0 different=0 lost=0 more=0 whole
    local seen=$folder/$name.seen json=$folder/$name.json

    "${@:3}" --resume="$seen" --json="$json" > "$folder/output" 2>&1 || ends $?
    jq -S "$filter" "$json" > "$folder/whole"
    whole=$(records "$seen" | wc -l)
    rm "$seen"
    most=$(awk -v begun="$begun" -v now="$EPOCHREALTIME" 'BEGIN { print (now - begun) * 0.7 }')
    for ((left = kills; left >= 0; )); do
        "${@:3}" --resume="$seen" --json="$json" > "$folder/output" 2>&1 &
        if [ $left -gt 0 ]; then
            pause "$most"
            kill -KILL $! 2> /dev/null || :
        fi
        status=0
        wait $! 2> /dev/null || status=$?
        records "$seen" > "$folder/records"
        touch "$folder/before"
        lost=$((lost + $(comm -23 "$folder/before" "$folder/records" | wc -l)))
        mv "$folder/records" "$folder/before"
        if [ $status = 137 ]; then
            left=$((left - 1))
            continue
        fi
        ends $status
        jq -S "$filter" "$json" | cmp -s - "$folder/whole" || different=$((different + 1))
        ended=$((ended + 1))
        more=$((more + $(wc -l < "$folder/before") - whole))
        rm "$seen" "$folder/before"
        [ $left -gt 0 ] || break
    done
    printf '%-22s %10d %10d %10d %10d %10d\n' "$name" "$kills" $ended $different $lost $more
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

cat > "$folder/install.sh" << 'EOF'
#!/bin/sh
[ ! -e number ] || exit 1
cat /proc/sys/kernel/random/uuid > number
EOF
printf '#!/bin/sh\ncat number\necho new > file\n' > "$folder/update.sh"
chmod +x "$folder"/*.sh

# record NAME OPTION...: what there was before the update goes into $folder/NAME
record ()
{
    "$powercut" record --background=none --device=fast --timeout=600 --size=64M --setup="$folder/install.sh" -o "$folder/$1.bin" "${@:2}" -- \
        "$folder/update.sh" > "$folder/$1" 2> "$folder/$1.err"
}

# kill_maker NAME SECONDS KERNEL: who makes what is kept; what follows finds all or nothing
kill_maker ()
{
    local i pid failed=0 halves=0

    for ((i = 0; i < kills; i++)); do
        rm -rf "$kept"
        record killed --kernel="$3" &
        pid=$!
        pause "$2"
        # the shell that waits for it has no other child
        kill -KILL $(ps -o pid= --ppid $pid) $pid 2> /dev/null || :
        wait $pid 2> /dev/null || :
        record next --kernel="$3" && record again --kernel="$3" && cmp -s "$folder/next" "$folder/again" || failed=$((failed + 1))
        ! ls "$kept" | grep -qE '\.[0-9a-f]{16}$' || halves=$((halves + 1))
    done
    printf '%-22s %10d %10d %10d\n' "$1" "$kills" $failed $halves
}

for what; do
    case $what in
        replay | corpus) printf '%-22s %10s %10s %10s %10s %10s\n' 'kill -9 of' times ended different lost more; kill_$what ;;
        disks) printf '%-22s %10s %10s %10s\n' 'kill -9 of who makes' times failed halves; kill_maker 'prepared disks' 1.5 "$uml" ;;
        machine) printf '%-22s %10s %10s %10s\n' 'kill -9 of who makes' times failed halves; kill_maker 'a saved machine' 8 "$machine" ;;
        *) echo "killing.sh: $what: replay, corpus, disks or machine" >&2; exit 2 ;;
    esac
done
