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
