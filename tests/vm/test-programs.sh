#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Programs as they are: scripts with the modules that they import, a program of ~/bin, another user, an editor on a terminal; and one
# that is not there, whose name and place are said.
. "${srcdir:?run the tests with make check}/tests/functions.sh" || exit 1
requires mkfs.ext4 qemu-system-x86_64 nbdkit perl python3 script setpriv xz
any_guest

editor=$(type -P nano || type -P vim) || { echo "skipped: neither nano nor vim is there" >&2; exit 77; }
case $editor in
    */nano) editor="$editor note" keys='edited\017\r\030' ;;
    *) editor="$editor -u NONE note" keys='iedited\033:wq\r' ;;
esac

# A program of the same name later in PATH must not be found, nor `open` for a call of it.
mkdir -p "$tmp/first" "$tmp/second"
printf '#!/bin/sh\necho "first in PATH"\n' > "$tmp/first/mytool"
printf '#!/bin/sh\necho "second in PATH"\n' > "$tmp/second/mytool"
printf '#!/bin/sh\nexit 1\n' > "$tmp/first/open"
cat > "$tmp/update.py" <<'END'
#!/usr/bin/env python3
import json, sqlite3
import beside
database = sqlite3.connect("database")
database.execute("create table words (word text)")
database.commit()
print(json.dumps({"python": [beside.word, open("old").read().strip()]}))
END
echo 'word = "a module"' > "$tmp/beside.py"
cat > "$tmp/update.pl" <<'END'
#!/usr/bin/perl
use strict;
use warnings;
use File::Temp qw(tempfile);
my ($file, $name) = tempfile (DIR => ".");
print $file "new";
close $file;
rename $name, "new" or die;
print "perl ", -s "new", "\n";
END
cat > "$tmp/update.sh" <<END
#!/bin/sh
set -e
mytool
"$tmp/update.py"
"$tmp/update.pl"
setpriv --reuid=nobody --regid=65534 --clear-groups sh -c 'whoami; touch /tmp/mine /dev/shm/mine /var/tmp/mine'
# An editor that is not up yet forgets what was typed.
for seconds in 2 4 8 16; do
    (sleep \$seconds; printf '$keys'; sleep \$seconds) | TERM=xterm script -qec '$editor' /dev/null > /tmp/terminal || :
    [ ! -s note ] || break
done
cat note
python3 -c 'import socket; s = socket.create_server(("localhost", 0)); socket.create_connection(s.getsockname()); print("loopback")'
END
chmod +x "$tmp"/*/* "$tmp"/update.*

PATH=$tmp/first:$tmp/second:$PATH expect_status 0 "$powercut" record --background=none --verbose --size=64M --setup='echo old > old' -o "$tmp/log.bin" -- \
    "$tmp/update.sh"
printf '%s\n' 'first in PATH' '{"python": ["a module", "old"]}' 'perl 3' nobody edited loopback > "$tmp/expected"
diff "$tmp/expected" "$tmp/out" || fail "other output of the programs: $(cat "$tmp/err")"
grep -q "/first/mytool$" "$tmp/err" || fail "--verbose does not list mytool: $(cat "$tmp/err")"
grep "/first/open$\|/second/mytool$" "$tmp/err" && fail "taken without need"

# With the host's root nothing is taken along, and nothing is written to it; the kernel needs 9p for that, which the cloud kernel
# of this version has not.
full=$("$powercut" kernel list | awk '/^6\.1\..*-amd64 / && $1 !~ /-cloud-/ { print $1; exit }')
if [ -n "$full" ]; then
    mkdir "$tmp/initial"
    echo initial > "$tmp/initial/old"
    expect_status 0 "$powercut" record --background=none --root=host --kernel=6.1 --initial="$tmp/initial" --size=64M -o "$tmp/log.bin" -- \
        /bin/sh -c "cat old; p=x; p=\${p}z; \$p --version > /dev/null && rm '$tmp/update.sh' && powercut-mark marked && echo removed"
    printf '%s\n' initial removed > "$tmp/expected"
    diff "$tmp/expected" "$tmp/out" || fail "other output with the host's root: $(cat "$tmp/err")"
    [ -e "$tmp/update.sh" ] || fail "the guest has written to the host"
fi
refused_root=$("$powercut" record --background=none --root=other -o "$tmp/log.bin" -- true 2>&1) && fail "--root=other is taken"
[[ $refused_root == *"give host"* ]] || fail "another message: $refused_root"

# The shell finds its name only when it runs, and is in every guest.
expect_status 2 "$powercut" record --background=none --size=64M -o "$tmp/log.bin" -- \
    perl -e 'exit (system (q(p=x; p=${p}z; $p --version)) >> 8)'
expect_one_line "$tmp/err"
grep -q 'ended in the guest with exit 127: .*the program xz is not in the guest: --include=/.*/xz brings it' "$tmp/err" ||
    fail "nothing of what is missing: $(cat "$tmp/err")"
