# SPDX-License-Identifier: BSD-3-Clause
# What the measurements have in common; each sources it first, with the top of the build tree for its one argument.
set -euo pipefail
builddir=$1
uml=${UML:-6.1-uml}        # a kernel that is a program, where one is measured beside
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

# The update that is recorded, and what there is before: $folder/initial.
update=$builddir/corpus/atomic-update/atomic-update
mkdir "$folder/initial"
(cd "$folder/initial" && "$update" old file)

# own_cache: what is kept, in $kept, is this measurement's own; the kernels are the user's
own_cache ()
{
    local cache=${XDG_CACHE_HOME:-$HOME/.cache}/powercut

    export XDG_CACHE_HOME=$folder/cache
    kept=$XDG_CACHE_HOME/powercut/guests
    mkdir -p "$XDG_CACHE_HOME/powercut"
    ln -s "$cache/kernels" "$XDG_CACHE_HOME/powercut/kernels"
    [ ! -e "$cache/accel" ] || cp -p "$cache/accel" "$XDG_CACHE_HOME/powercut/accel"
}
