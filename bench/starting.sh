#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Starting: seconds until a guest answers, and from command to verdict of README's example: the first time, when nothing is
# kept, from then on, and from then on with $UML.  The medians of the rounds are quoted; what is kept is this measurement's
# own.  Targets: 3 the second time, 1.5 with $UML.
. "${0%/*}/functions.sh"
rounds=${ROUNDS:-7}
own_cache

cat > "$folder/update.sh" << 'END'
#!/bin/sh
echo new > greeting.tmp
mv greeting.tmp greeting
END
chmod +x "$folder/update.sh"

# seconds OPTION...: from command to verdict
seconds ()
{
    local begun=$EPOCHREALTIME

    (cd "$folder" && "$builddir/record/powercut" run --quiet --fs=ext4 --size=64M --setup='echo old > greeting' "$@" -- ./update.sh) ||
        [ $? = 1 ]
    awk -v begun="$begun" -v ended="$EPOCHREALTIME" 'BEGIN { print ended - begun }'
}

# middle WORD...: the median of these numbers
middle ()
{
    printf '%s\n' "$@" | sort -n | awk '{ line[NR] = $1 } END { print line[int((NR + 1) / 2)] }'
}

printf '%-22s %12s %12s %8s\n' starting how median longest
"$builddir/bench/start-guest" ext4 "$rounds" boot
"$builddir/bench/start-guest" ext4 "$rounds"
"$builddir/bench/start-guest" ext4 "$rounds" boot "$uml"

booted=() first=() second=() program=()
for ((i = 0; i < rounds; i++)); do
    "$builddir/record/powercut" cache clean
    first+=("$(seconds)")
    second+=("$(seconds)")
    booted+=("$(seconds --no-snapshot)")
    seconds --kernel="$uml" > /dev/null
    program+=("$(seconds --kernel="$uml")")
done
printf '%-22s %12s %12s %8s %8s\n' 'command to verdict' booted first second uml
printf '%-22s %12.2f %12.2f %8.2f %8.2f\n' "README's example" "$(middle "${booted[@]}")" "$(middle "${first[@]}")" \
    "$(middle "${second[@]}")" "$(middle "${program[@]}")"
