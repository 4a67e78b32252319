#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The workflow of docs/ci-github.yml: what its steps run is right for an update that is safe and for one that is not, on each file
# system of its matrix, and leaves the files that the steps after it take.
. "${srcdir:?run the tests with make check}/tests/functions.sh" || exit 1
requires python3 xmllint nbdkit mkfs.ext4 mkfs.xfs mkfs.btrfs
need_kernel 6.1 '/^6\.1\.[0-9]*-uml /' --suite=bookworm --flavour=uml
python3 -c 'import yaml' 2> /dev/null || { echo "skipped: python3-yaml is missing" >&2; exit 77; }

# A file FILESYSTEM.ID for each step that has an id, and FILESYSTEM.files, which the steps after that take.
mkdir "$tmp/steps"
python3 - "$srcdir/docs/ci-github.yml" "$tmp/steps" <<'END'
import re, sys, yaml
workflow = yaml.safe_load(open(sys.argv[1]))
job, = workflow["jobs"].values()
assert workflow[True] == ["push", "pull_request"] and job["container"].startswith("debian:")
(name, values), = job["strategy"]["matrix"].items()
def filled(text, value):
    text = re.sub(r"\$\{\{ matrix\.%s \}\}" % name, value, text)
    assert "${{" not in text, text
    return text
for step in job["steps"]:
    assert ("run" in step) != ("uses" in step), step
    assert "run" in step or re.fullmatch(r"[\w-]+/[\w-]+@v[0-9]+", step["uses"]), step
for value in values:
    taken = []
    for step in job["steps"]:
        if "id" in step:
            open(f"{sys.argv[2]}/{value}.{step['id']}", "w").write(filled(step["run"], value))
        taken += step.get("with", {}).get("report_paths", "").split()
        if "upload" in step.get("uses", ""):
            taken += step["with"]["path"].split()
    open(f"{sys.argv[2]}/{value}.files", "w").write("\n".join(taken) + "\n")
END

mkdir "$tmp/bin"
ln -s "$powercut" "$tmp/bin/powercut"
ln -s "$replay" "$tmp/bin/replay"
PATH=$tmp/bin:$PATH

# step STATUS ID: the step, as GitHub runs it
step ()
{
    expect_status "$1" bash --noprofile --norc -eo pipefail "$tmp/steps/$filesystem.$2"
}

# left: what the steps after it take is there
left ()
{
    local pattern

    while read -r pattern; do
        compgen -G "$pattern" > /dev/null || fail "$filesystem: no $pattern"
    done < "$tmp/steps/$filesystem.files"
    xmllint --noout --schema "$srcdir/tests/junit.xsd" power-cuts.xml 2> "$tmp/err" || fail "$(cat "$tmp/err")"
}

count=0
for filesystem in "$tmp/steps"/*.files; do
    filesystem=$(basename "$filesystem" .files)
    for update in safe unsafe; do
        rm -rf "$tmp/project"
        mkdir "$tmp/project"
        cd "$tmp/project"
        case $update in
            safe) printf '#!/bin/sh -e\necho new > config.new\nsync config.new\nmv config.new config\nsync .\n' ;;
            unsafe) printf '#!/bin/sh\necho new > config\n' ;;
        esac > update.sh
        chmod +x update.sh
        if [ $update = safe ]; then
            step 0 replay
            left
            ! grep -q '<failure' power-cuts.xml || fail "$filesystem: the report has a failure"
        else
            step 1 replay
            left
            grep -q '<failure' power-cuts.xml || fail "$filesystem: no failure in the report"
            step 0 explain
            grep -q '^ *state [0-9]' "$tmp/out" || fail "$filesystem: no state: $(cat "$tmp/out")"
        fi
        count=$((count + 1))
    done
done
[ $count = 6 ] || fail "$count updates"
