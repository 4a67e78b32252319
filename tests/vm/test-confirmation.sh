#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# What is found is tried again on a freshly booted guest.  Here the first guest is given another disk than it should have, with
# contents that are wrong: none of that may be reported as a violation, nor that all is well.
. "${srcdir:?run the tests with make check}/tests/functions.sh" || exit 1
requires jq mkfs.ext4 qemu-system-x86_64 nbdkit

make_initial
mkdir "$tmp/wrong" "$tmp/bin"
echo wrong > "$tmp/wrong/file"
truncate -s 64M "$tmp/wrong.img"
mkfs.ext4 -q -F -d "$tmp/wrong" "$tmp/wrong.img"
expect_status 0 "$powercut" record --background=none --fs=ext4 --initial="$tmp/initial" -o "$tmp/log.bin" -- "$update" rename-fsync file

# A QEMU that says no to KVM, so that the first guest is the first one that boots.
cat > "$tmp/bin/qemu-system-x86_64" << END
#!/bin/bash
case "\$*" in *kvm*) exit 1 ;; esac
arguments=("\$@")
if mkdir "$tmp/booted" 2> /dev/null; then
    for i in "\${!arguments[@]}"; do
        case "\${arguments[i]}" in
        driver=nbd,node-name=disk0,*)
            arguments[i]='driver=raw,node-name=disk0,discard=unmap,file.driver=file,file.filename=$tmp/wrong.img' ;;
        esac
    done
fi
exec $(type -P qemu-system-x86_64) "\${arguments[@]}"
END
chmod +x "$tmp/bin/qemu-system-x86_64"
PATH=$tmp/bin:$PATH

expect_status 2 "$replay" --no-snapshot --jobs=1 --json="$tmp/json" "$tmp/log.bin"
grep -q 'a freshly booted guest does not see it again' "$tmp/err" || fail "no message: $(cat "$tmp/err")"
grep -q '^atomicity:  *(not seen again on a fresh boot)\|(not seen again on a fresh boot)$' "$tmp/out" ||
    fail "a finding that does not repeat is not reported as such: $(cat "$tmp/out")"
jq -e '.atomic and .durable and (.violations | length > 0 and all (.repeated | not))' "$tmp/json" > "$tmp/ignored" ||
    fail "a finding that does not repeat counts: $(cat "$tmp/json")"

# With its own disk from the start there is nothing to find.
expect_status 0 "$replay" --no-snapshot --json="$tmp/json" "$tmp/log.bin"
[ "$(jq -c .violations "$tmp/json")" = '[]' ] || fail "the log has a violation: $(cat "$tmp/json")"
