#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Prepared disks and saved machines: what the second recording of a long setup takes, and many processes that want the same at once.
# What is kept is this measurement's own.  Targets: less than 1 s the second time; one of the processes makes it and none fails, else
# this does.  preparing.sh BUILDDIR [setup|program|machine]...: all of them; of the last two, what runs at once is a guest of either kind
. "${0%/*}/functions.sh"
seconds=${SETUP_SECONDS:-30} processes=${PROCESSES:-200} machine=${MACHINE:-6.12}
powercut=$builddir/record/powercut
shift
[ $# -gt 0 ] || set -- setup program machine
own_cache
wrong=0

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
    local i pids=() failed=0 begun=$EPOCHREALTIME made

    rm -rf "$kept"
    for ((i = 0; i < processes; i++)); do
        record "$i" 1 1M --size=64M "$@" &
        pids+=($!)
    done
    for i in "${pids[@]}"; do
        wait "$i" || failed=$((failed + 1))
    done
    made=$(for ((i = 0; i < processes; i++)); do cat "$folder/$i"; done | sort -u | wc -l)
    [ "$failed $made" = '0 1' ] || wrong=1
    printf '%-30s %10s %10s %10s %10s\n' processes all failed made seconds
    printf '%-30s %10d %10d %10d %10.1f\n' "at once ${*: -1}" "$processes" "$failed" "$made" \
        "$(awk -v begun="$begun" -v ended="$EPOCHREALTIME" 'BEGIN { print ended - begun }')"
}

# long_setup: once, and twice more
long_setup ()
{
    printf '%-30s %10s %10s %10s\n' 'seconds to record' first second third
    printf '%-30s %10.2f %10.2f %10.2f\n' "setup of $seconds s, 200 MB" "$(timed log "$seconds" 200M --size=1G --kernel="$uml")" \
        "$(timed log "$seconds" 200M --size=1G --kernel="$uml")" "$(timed log "$seconds" 200M --size=1G --kernel="$uml")"
}

for what; do
    case $what in
        setup) long_setup ;;
        program) at_once --kernel="$uml" ;;
        machine) at_once --kernel="$machine" ;;
        *) echo "preparing.sh: $what: setup, program or machine" >&2; exit 2 ;;
    esac
done
exit $wrong
