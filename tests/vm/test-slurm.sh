#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A replay as an array of jobs of Slurm, as in the manual, with a controller and a node of the test's own: the shards find what one
# finds that is not shared out, also when one was killed and is run again alone.
. "${srcdir:?run the tests with make check}/tests/functions.sh" || exit 1
requires jq mkfs.ext4 nbdkit slurmctld slurmd sbatch squeue scancel sinfo munged
[ "$(id -u)" = 0 ] || { echo 'needs root, as a node of Slurm has'; exit 77; }
any_guest

# --- Slurm
end_daemon ()
{
    kill "$1"
    wait "$1"
}

here=$(hostname) port=$((20000 + SRANDOM % 10000))
mkdir -m 755 "$tmp/slurm" "$tmp/slurm/state" "$tmp/slurm/spool"
cat > "$tmp/slurm/slurm.conf" << END
ClusterName=powercut
SlurmctldHost=$here(127.0.0.1)
SlurmctldPort=$port
SlurmdPort=$((port + 1))
AuthType=auth/munge
AuthInfo=socket=$tmp/slurm/munge
SlurmUser=root
SlurmdUser=root
StateSaveLocation=$tmp/slurm/state
SlurmdSpoolDir=$tmp/slurm/spool
SlurmctldPidFile=$tmp/slurm/slurmctld.pid
SlurmdPidFile=$tmp/slurm/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
MpiDefault=none
NodeName=$here NodeAddr=127.0.0.1 CPUs=$(nproc)
PartitionName=all Nodes=ALL Default=YES State=UP
END
head -c 128 /dev/urandom > "$tmp/slurm/key"
chmod 400 "$tmp/slurm/key"
export SLURM_CONF=$tmp/slurm/slurm.conf
munged --foreground --force --key-file="$tmp/slurm/key" --socket="$tmp/slurm/munge" --pid-file="$tmp/slurm/munged.pid" \
    --log-file="$tmp/slurm/munged.log" --seed-file="$tmp/slurm/seed" > "$tmp/slurm/munged.out" 2>&1 &
cleanup_fn end_daemon $!
for ((i = 0; i < 200; i++)); do
    [ ! -S "$tmp/slurm/munge" ] || break
    sleep 0.1
done
slurmctld -D > "$tmp/slurm/slurmctld.out" 2>&1 &
cleanup_fn end_daemon $!
slurmd -D -N "$here" > "$tmp/slurm/slurmd.out" 2>&1 &
cleanup_fn end_daemon $!
for ((i = 0; i < 120; i++)); do
    ! sinfo -h -o %T 2> "$tmp/sinfo.err" | grep -q idle || break
    sleep 0.5
done
[ $i -lt 120 ] || fail "no node: $(cat "$tmp/slurm"/*.out)"

# --- as in the manual
expect_status 0 "$powercut" record --background=none -o "$tmp/log.bin" --step='for i in 1 2 3; do echo $i > n; mv n f$i; done'
cd "$tmp"
options=(--tear=prefix --limit=0 --jobs=1 --quiet)
expect_status 1 "$replay" "${options[@]}" --json=whole.json log.bin
found ()
{
    jq -S 'del(.. | .seconds?, .search_cpu_seconds?, .device_cpu_seconds?, .log?)' "$1"
}
found whole.json > whole
cat > shard.sh << END
#!/bin/sh
$replay ${options[@]} --shard=\$SLURM_ARRAY_TASK_ID/4 --resume=shard-\$SLURM_ARRAY_TASK_ID log.bin || [ \$? = 1 ]
END
sbatch --wait --quiet --array=1-4 shard.sh > sbatch.out 2>&1 || fail "sbatch: $(cat sbatch.out slurm-*.out)"
expect_status 1 "$powercut" merge --quiet --json=merged.json shard-[1-4]
found merged.json | diff whole - || fail 'an array of jobs finds something else'

export TMPDIR=$tmp/work
mkdir work
# One that is killed is run again alone.
rm shard-3
sbatch --quiet --array=3 shard.sh > sbatch.out 2>&1 || fail "sbatch: $(cat sbatch.out)"
for ((i = 0; i < 600; i++)); do
    [ ! -s shard-3 ] || break
    sleep 0.05
done
scancel --signal=KILL --full --name=shard.sh
for ((i = 0; i < 600; i++)); do
    [ -n "$(squeue -h)" ] || break
    sleep 0.1
done
refused 'shard 3/4 did not come to its end' "$powercut" merge shard-[1-4]
sbatch --wait --quiet --array=3 shard.sh > sbatch.out 2>&1 || fail "sbatch: $(cat sbatch.out slurm-*.out)"
expect_status 1 "$powercut" merge --quiet --json=merged.json shard-[1-4]
found merged.json | diff whole - || fail 'a job that was run again finds something else'
