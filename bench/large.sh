#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Large updates, each recorded on ext4 and replayed for at most SECONDS: the upgrade of a package (tzdata) in a Debian system,
# held against what dpkg says of it, and a minute of pgbench, held against the sums of its tables.  What is printed last is
# replay's account of what was covered.  Needs root, for debootstrap, and a Debian mirror: $MIRROR.  The systems are kept in
# $SYSTEMS for the next time.
. "$(dirname "$0")/functions.sh"
here=$(cd "$(dirname "$0")" && pwd)
powercut=$builddir/record/powercut
mirror=${MIRROR:-http://deb.debian.org/debian}
systems=${SYSTEMS:-${XDG_CACHE_HOME:-$HOME/.cache}/powercut-bench}
seconds=${SECONDS_EACH:-300}
kernel=${KERNEL:-7.2-uml}
[ "$(id -u)" = 0 ] && command -v debootstrap > /dev/null || { echo "large.sh: needs root and debootstrap" >&2; exit 1; }
mkdir -p "$systems"

# end_mounts SYSTEM
end_mounts ()
{
    umount "$1/proc" "$1/dev" 2> /dev/null || true
}

# inside SYSTEM COMMAND...: in the system, with /proc and /dev
inside ()
{
    local system=$1 status=0

    shift
    mount -t proc proc "$system/proc"
    mount --bind /dev "$system/dev"
    DEBIAN_FRONTEND=noninteractive chroot "$system" "$@" >> "$systems/log" 2>&1 || status=$?
    end_mounts "$system"
    [ $status = 0 ] || { echo "large.sh: $*: see $systems/log" >&2; exit 1; }
}

# Without what nobody needs there; the devices that programs open anyhow are there without a /dev.
trim ()
{
    rm -rf "$1"/usr/share/{doc,man,locale} "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/archives/*.deb "$1"/dev/*
    mknod -m 666 "$1/dev/null" c 1 3
    mknod -m 666 "$1/dev/urandom" c 1 9
}

make_package_system ()
{
    local new

    rm -rf "$systems/package.new"
    debootstrap --variant=minbase bookworm "$systems/package.new" "$mirror" >> "$systems/log"
    new=$(curl -sf "$mirror/dists/trixie/main/binary-amd64/Packages.xz" | xz -d |
        awk '/^Package: /{ p = $2 } p == "tzdata" && /^Filename: /{ print $2 }')
    curl -sf -o "$systems/package.new/new.deb" "$mirror/$new"
    trim "$systems/package.new"
    mv "$systems/package.new" "$systems/package"
}

make_database_system ()
{
    local system=$systems/database.new

    rm -rf "$system"
    debootstrap --variant=minbase bookworm "$system" "$mirror" >> "$systems/log"
    printf '#!/bin/sh\nexit 101\n' > "$system/usr/sbin/policy-rc.d"
    chmod +x "$system/usr/sbin/policy-rc.d"
    inside "$system" apt-get -qy install --no-install-recommends postgresql-15
    rm -rf "$system"/usr/lib/x86_64-linux-gnu/lib{LLVM,z3}* "$system"/usr/lib/postgresql/15/lib/{llvmjit*,bitcode}
    cp "$here"/large/*.sh "$system/"
    mkdir "$system/data"
    inside "$system" sh -c 'chown postgres /data && su postgres -c /prepare.sh'
    trim "$system"
    mv "$system" "$systems/database"
}

# large NAME SIZE STEP CHECK
large ()
{
    local name=$1 log=$folder/$1.bin start=$EPOCHREALTIME status=0

    echo "== $name"
    "$powercut" record --quiet --kernel="$kernel" --fs=ext4 --size="$2" --initial="$systems/$name" --background=none \
        --timeout=600 --step="$3" -o "$log" > "$folder/output" 2>&1 || { cat "$folder/output" >&2; exit 1; }
    awk -v start="$start" -v end="$EPOCHREALTIME" -v bytes="$(stat -c %s "$log")" \
        'BEGIN { printf "recorded in %.0f s, %.0f MB\n", end - start, bytes / 1e6 }'
    "$powercut" replay --list "$log" | tail -n 1
    "$powercut" replay --kernel="$kernel" --total-time="$seconds" --check="$4" "$log" || status=$?
    [ $status = 0 ] || [ $status = 3 ] || exit $status
}

[ -e "$systems/package" ] || make_package_system
large package 600M 'chroot . /usr/bin/env DEBIAN_FRONTEND=noninteractive dpkg -i /new.deb > /dev/null' \
    'chroot . /usr/bin/dpkg-query -W tzdata > /dev/null 2>&1 || { echo "dpkg-query fails"; exit 1; }'
[ -e "$systems/database" ] || make_database_system
large database 700M 'chroot . su postgres -c "/load.sh 60"' 'chroot . su postgres -c /check.sh'
