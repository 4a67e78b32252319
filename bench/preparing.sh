#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Prepared disks and saved machines: what the second recording of a long setup takes; many processes that want the same at once; and
# kill -9 of who makes them at random instants.  What is kept is this measurement's own.  Targets: less than 1 s the second time; one
# of the processes makes it and none fails; nothing is lost, and there is never half of anything.
. "${0%/*}/functions.sh"
seconds=${SETUP_SECONDS:-30} processes=${PROCESSES:-200} kills=${KILLS:-200} machine=${MACHINE:-6.12}
powercut=$builddir/record/powercut
own_cache

cat > "$folder/install.sh" << 'END'
#!/bin/sh
[ ! -e number ] || exit 1
sleep "$1"
head -c "$2" /dev/urandom > database
cat /proc/sys/kernel/random/uuid > number
END
printf '#!/bin/sh\ncat number\necho new > file\n' > "$folder/update.sh"
chmod +x "$folder"/*.sh

# record NUMBER SECONDS BYTES OPTION...: what there was before the update goes into $folder/NUMBER
record ()
{
    "$powercut" record --background=none --device=fast --timeout=600 --setup="$folder/install.sh $2 $3" -o "$folder/$1.bin" "${@:4}" -- \
        "$folder/update.sh" > "$folder/$1"
}

# timed RECORD-ARG...: how many seconds that takes
timed ()
{
    local begun=$EPOCHREALTIME

    record "$@"
    awk -v begun="$begun" -v ended="$EPOCHREALTIME" 'BEGIN { print ended - begun }'
}

# at_once OPTION...: many recordings, of which one prepares the disks
at_once ()
{
    local i pids=() failed=0 begun=$EPOCHREALTIME

    rm -rf "$kept"
    for ((i = 0; i < processes; i++)); do
        record "$i" 1 1M --size=64M "$@" &
        pids+=($!)
    done
    for i in "${pids[@]}"; do
        wait "$i" || failed=$((failed + 1))
    done
    printf '%-30s %10d %10d %10d %10.1f\n' "at once ${*: -1}" "$processes" "$failed" \
        "$(for ((i = 0; i < processes; i++)); do cat "$folder/$i"; done | sort -u | wc -l)" \
        "$(awk -v begun="$begun" -v ended="$EPOCHREALTIME" 'BEGIN { print ended - begun }')"
}

# killed MILLISECONDS OPTION...: kill who makes what is kept within so long, again and again; what follows finds all or nothing
killed ()
{
    local i pid failed=0 halves=0 most=$1

    for ((i = 0; i < kills; i++)); do
        rm -rf "$kept"
        setsid "$powercut" record --background=none --device=fast --size=64M --setup="$folder/install.sh 0 1M" -o "$folder/killed.bin" "${@:2}" -- \
            "$folder/update.sh" > "$folder/killed" 2>&1 &
        pid=$!
        sleep "$(awk -v milliseconds=$((SRANDOM % most)) 'BEGIN { print milliseconds / 1000 }')"
        kill -KILL $pid 2> /dev/null || :
        wait $pid 2> /dev/null || :
        record next 0 1M --size=64M "${@:2}" && record again 0 1M --size=64M "${@:2}" && cmp -s "$folder/next" "$folder/again" ||
            failed=$((failed + 1))
        ! ls "$kept" | grep -qE '\.[0-9a-f]{16}$' || halves=$((halves + 1))
    done
    printf '%-30s %10d %10d %10d\n' "kill -9 ${*: -1}" "$kills" "$failed" "$halves"
}

printf '%-30s %10s %10s %10s\n' 'seconds to record' first second third
printf '%-30s %10.2f %10.2f %10.2f\n' "setup of $seconds s, 200 MB" "$(timed log "$seconds" 200M --size=1G --kernel="$uml")" \
    "$(timed log "$seconds" 200M --size=1G --kernel="$uml")" "$(timed log "$seconds" 200M --size=1G --kernel="$uml")"
printf '%-30s %10s %10s %10s %10s\n' processes all failed made seconds
at_once --kernel="$uml"
at_once --kernel="$machine"
printf '%-30s %10s %10s %10s\n' 'who makes it is killed' times failed halves
killed 1500 --kernel="$uml"
killed 8000 --kernel="$machine"
