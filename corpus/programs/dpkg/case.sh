#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
set -e
wrong () { echo "$1"; exit 1; }
committed () { grep -q "^commit" "$POWERCUT_MARKS_FILE"; }

# dpkg runs these; they are named for the guest to have them.
command -v dpkg-deb dpkg-split tar rm diff ldconfig start-stop-daemon > /dev/null || exit 77
install ()
{
    dpkg --root="$PWD/root" --log=/dev/null --refuse-unsafe-io --force-not-root --install "package-$1.deb" > /dev/null
}
setup ()
{
    for version in 1 2; do
        mkdir -p tree/DEBIAN tree/opt/program
        printf '%s\n' 'Package: program' "Version: $version" 'Architecture: all' 'Maintainer: a <a@b>' \
            'Description: a program' > tree/DEBIAN/control
        for file in one two; do yes "$file $version" | head -c 9000 > tree/opt/program/$file; done
        dpkg-deb -Znone -b tree package-$version.deb > /dev/null
    done
    rm -r tree
    mkdir -p root/var/lib/dpkg/info root/var/lib/dpkg/updates root/var/lib/dpkg/triggers
    touch root/var/lib/dpkg/status root/var/lib/dpkg/available
    install 1
}
update () { install 2; }
check ()
{
    state=$(dpkg-query --admindir="$PWD/root/var/lib/dpkg" -W -f '${Version} ${db:Status-Status}' program 2>&1) ||
        wrong "the database cannot be read: $state"
    ! committed || [ "$state" = '2 installed' ] || wrong "dpkg has returned, and the package is $state"
    for file in one two; do
        if yes "$file 2" | head -c 9000 | cmp -s - root/opt/program/$file; then
            :
        elif ! yes "$file 1" | head -c 9000 | cmp -s - root/opt/program/$file; then
            wrong "$file has $(wc -c < root/opt/program/$file) bytes, and is neither the old nor the new one"
        elif [ "$state" = '2 installed' ]; then
            wrong "the new version is installed, and $file is of the old one"
        fi
    done
}
"$@"
