#!/usr/bin/env bash
# The job scripts under a real SLURM, which this test starts with two made-up nodes and stops again: a job that its time
# limit stops goes on to the same bits, the chain of stages, the array: slurm.sh <program> <source directory>
# Exit status 77: SLURM or munge is not there or does not start; MG_REQUIRE_SLURM=1 makes that a failure.
# shellcheck source-path=SCRIPTDIR source=../support/regression.sh
. "$(dirname "$0")/../support/regression.sh"
unset OMP_NUM_THREADS OMPI_MCA_rmaps_base_oversubscribe  # the job scripts see to these
export PATH="$PATH:/usr/sbin:/sbin"

# ---- SLURM of our own: ports, keys and folders in $work --------------------------------------------------------------
show_log() {
    local log
    for log in "$work"/log/*; do
        [ ! -s "$log" ] || { echo "    ---- the end of ${log##*/}:"; tail -n 12 "$log" | sed 's/^/    /'; }
    done >&2
}
# pid FILE: the number of the process in it, where that still runs.
pid() { [ -s "$1" ] && kill -0 "$(cat "$1")" 2> /dev/null && cat "$1"; }
reference=
clean_up() {
    local file number
    [ -z "$reference" ] || kill "$reference" 2> /dev/null || true
    if pid "$work/slurmctld.pid" > /dev/null; then
        timeout 10 scancel --user="$(id -un)" 2> /dev/null || true
        for _ in 1 2 3 4 5 6 7 8; do  # steps outlive the daemons
            [ -n "$(timeout 10 squeue -h 2> /dev/null)" ] || break
            sleep 0.5
        done
    fi
    for file in "$work"/slurmctld.pid "$work"/slurmd.*.pid "$work"/munge/pid; do
        number=$(pid "$file") || continue
        kill "$number" 2> /dev/null || true
        for _ in 1 2 3 4 5 6 7 8 9 10; do
            kill -0 "$number" 2> /dev/null || break
            sleep 0.2
        done
        kill -9 "$number" 2> /dev/null || true
    done
}
trap 'exit 1' INT TERM HUP
skip() {
    {
        echo "**********************************************************************"
        echo "*** SKIPPED: the job scripts were NOT tested ($*)"
        echo "*** They need Debian's slurm-wlm and munge, and a machine where these daemons may run."
        echo "**********************************************************************"
    } >&2
    [ "${MG_REQUIRE_SLURM:-0}" = 0 ] || fail "MG_REQUIRE_SLURM is set"
    exit 77
}
for tool in munged slurmctld slurmd sbatch srun scontrol squeue mpirun; do
    command -v "$tool" > /dev/null || skip "$tool was not found"
done

chmod 755 "$work"  # others must reach munge's socket, or munged refuses to start
mkdir -m 755 "$work/run" "$work/log" "$work/state"
mkdir -m 700 "$work/munge"
(umask 077 && head -c 1024 /dev/urandom > "$work/munge/key")
touch "$work"/gpu{0,1,2,3}
read -r -a ports <<< "$(/usr/bin/python3 - <<'PY'
import socket
sockets = [socket.socket() for _ in range(3)]
for s in sockets:
    s.bind(("127.0.0.1", 0))
print(*(s.getsockname()[1] for s in sockets))
PY
)"
host=$(hostname -s)
cat > "$work/slurm.conf" <<CONF
ClusterName=test
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=${ports[0]}
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
AuthType=auth/munge
AuthInfo=socket=$work/run/munge
CredType=cred/munge
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool.%n
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd.%n.pid
SlurmctldLogFile=$work/log/slurmctld
SlurmdLogFile=$work/log/slurmd.%n
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SchedulerParameters=sched_interval=2,bf_interval=2
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SwitchType=switch/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
ReturnToService=2
KillWait=5
OverTimeLimit=5
GresTypes=gpu
NodeName=one NodeHostname=$host NodeAddr=127.0.0.1 Port=${ports[1]} CPUs=4 Gres=gpu:4 State=UNKNOWN
NodeName=two NodeHostname=$host NodeAddr=127.0.0.1 Port=${ports[2]} CPUs=4 Gres=gpu:4 State=UNKNOWN
PartitionName=test Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF
# Made-up GPUs: files in place of devices, so that the scripts' lines stay as they are.
echo "Name=gpu File=$work/gpu[0-3]" > "$work/gres.conf"
export SLURM_CONF=$work/slurm.conf
unset "${!SLURM_JOB@}" "${!SBATCH_@}" "${!MG_@}"

munged --key-file="$work/munge/key" --socket="$work/run/munge" --pid-file="$work/munge/pid" \
    --log-file="$work/log/munged" --seed-file="$work/munge/seed" > "$work/log/start" 2>&1 ||
    { show_log; skip "munged does not start, see above"; }
slurmctld >> "$work/log/start" 2>&1 || { show_log; skip "slurmctld does not start, see above"; }
controller_start=$(date +%s)
for node in one two; do
    slurmd -N "$node" >> "$work/log/start" 2>&1 || { show_log; skip "slurmd does not start, see above"; }
done
for _ in $(seq 60); do
    idle=$(timeout 10 sinfo -h -N -t idle -o %N 2> /dev/null | wc -l)
    [ "$idle" -lt 2 ] || break
    sleep 0.25
done
[ "$idle" -ge 2 ] || { timeout 10 sinfo -R >&2 || true; show_log; skip "the two nodes did not come up, see above"; }
timeout 20 srun -N 2 true || { show_log; skip "SLURM runs no job, see above"; }
echo "SLURM $(slurmctld -V | sed 's/.* //') runs, two nodes"

# ---- Helpers ---------------------------------------------------------------------------------------------------------
export MG_ROOT=$source_directory MGSTIFF=$program
export OMP_WAIT_POLICY=passive OMPI_MCA_btl_vader_single_copy_mechanism=none
export OMPI_MCA_osc=pt2pt  # two made-up nodes on one host: windows in shared memory would find the wrong one
small=(--cpus-per-task=1)
# field JOB NAME: a field of `scontrol show job`.
field() { timeout 10 scontrol show job "$1" | tr ' ' '\n' | sed -n "s/^$2=//p" | head -n 1; }
say_job() {
    local log
    {
        timeout 10 scontrol show job "$1" | sed 's/^/    /' || true
        for log in ./*-"$1".out; do [ ! -f "$log" ] || { echo "    ---- $log" && sed 's/^/    /' "$log"; }; done
    } >&2
}
# hasten: jobs that were put back start after three seconds, not after SLURM's two minutes. (At once they would meet the
# rest of their former selves.)
declare -A put_back=()
hasten() {
    local job reason key
    while read -r job reason; do
        [ "$reason" = BeginTime ] || continue
        key=$job/$(field "$job" Restarts)
        : "${put_back[$key]:=$SECONDS}"
        ((SECONDS < put_back[$key] + 3)) || timeout 10 scontrol update "JobId=$job" StartTime=now 2> /dev/null || true
    done < <(timeout 10 squeue -h -t PENDING -o '%A %r')
}
# finish JOB...: waits until all have ended, and well.
finish() {
    local job state
    for job in "$@"; do
        for ((tries = 0; ; ++tries)); do
            hasten
            state=$(field "$job" JobState)
            case $state in
                PENDING | RUNNING | COMPLETING | REQUEUED | CONFIGURING | SIGNALING) ;;
                COMPLETED) break ;;
                *) say_job "$job"; fail "job $job ended as $state" ;;
            esac
            [ "$tries" -lt 300 ] || { say_job "$job"; fail "job $job is $state after $tries looks"; }
            sleep 0.4
        done
    done
}
# logged JOB TEXT: its log, of which there is one, has TEXT.
logged() {
    local -a logs=(./*-"$1".out)
    grep -qE -- "$2" "${logs[@]}" || { say_job "$1"; fail "the log of job $1 does not say '$2'"; }
}

small_study 'study.output="reference"' quench.samples=4 quench.rate_K_per_s=2.2e14 quench.melt_ps=2.0 \
    'stiffness.temperatures_K=[300]'
stages=(--stage quench --stage stiffness)
OMP_NUM_THREADS=1 "$program" run jobs/study.toml "${stages[@]}" > reference.log 2>&1 < /dev/null &
reference=$!

# The controller looks at time limits every 30 s from its start. A job of one minute whose signal comes 59 s before its
# end is stopped by the next look, so it is submitted shortly before that.
submit_limited() {
    rm -rf limit nodes
    while (((($(date +%s) - controller_start) % 30) != 26)); do sleep 0.1; done
    limit=$(sbatch --parsable --time=1 --signal=USR1@59 --ntasks-per-node=2 "${small[@]}" \
        "$source_directory/jobs/one_node.sbatch" jobs/study.toml --out limit "${stages[@]}")
    nodes=$(MG_LAUNCH="mpirun --bind-to none" sbatch --parsable --time=1 --signal=USR1@59 --nodes=2 \
        --ntasks-per-node=1 --gpus-per-node=2 "${small[@]}" "$source_directory/jobs/nodes.sbatch" \
        jobs/study.toml --out nodes "${stages[@]}")
}
echo "== the chain of stages, of which the first is stopped by a signal to its steps"
"$source_directory/jobs/chain.sh" --sbatch "${small[0]}" jobs/study.toml --out chain > chain.jobs
[ "$(cut -d' ' -f1 chain.jobs | tr '\n' ' ')" = "quench stiffness descriptors train report " ] ||
    fail "chain.sh prints '$(cat chain.jobs)'"
mapfile -t chain < <(cut -d' ' -f2 chain.jobs)
for _ in $(seq 200); do
    ! grep -q '"stage": *"quench"' chain/status.json 2> /dev/null || break
    sleep 0.1
done
sleep 0.5
scancel --signal=USR1 "${chain[0]}"
for _ in $(seq 100); do
    [ "$(field "${chain[0]}" Restarts)" = 0 ] || break
    sleep 0.1
done
[ "$(field "${chain[0]}" Restarts)" = 1 ] || { say_job "${chain[0]}"; fail "the job of the quench was not put back"; }
[ "$(field "${chain[1]}" JobState)" = PENDING ] || fail "the second stage is $(field "${chain[1]}" JobState)"

echo "== a study with barriers has them in its chain"
mkdir stub
printf '#!/bin/sh\necho 1\n' > stub/sbatch
chmod +x stub/sbatch
{ cat jobs/study.toml && printf '\n[barriers]\n'; } > searched.toml
searched=$(PATH="$PWD/stub:$PATH" "$source_directory/jobs/chain.sh" searched.toml | cut -d' ' -f1 | tr '\n' ' ')
[ "$searched" = "quench stiffness descriptors barriers train report " ] || fail "chain.sh submits $searched"

echo "== a chain whose first stage fails leaves nothing in the queue"
mkdir broken && touch broken/file  # a folder that holds no study is refused
mapfile -t broken < <("$source_directory/jobs/chain.sh" --stages quench,train --sbatch "${small[0]}" jobs/study.toml \
    --out broken | cut -d' ' -f2)
for _ in $(seq 200); do
    [ -n "$(timeout 10 squeue -h -j "${broken[1]}" 2> /dev/null)" ] || break
    sleep 0.2
done
[ "$(field "${broken[0]}" JobState)" = FAILED ] || fail "a stage that cannot run is $(field "${broken[0]}" JobState)"
[ "$(field "${broken[1]}" JobState)" = CANCELLED ] || fail "its dependent is $(field "${broken[1]}" JobState)"

echo "== the array"
array=$(MG_RATES="1e15 2e15" MG_SAMPLES=1 sbatch --parsable --array=0-1 "${small[@]}" \
    "$source_directory/jobs/array.sbatch" jobs/study.toml array --set quench.melt_ps=0.4)

submit_limited  # while the chain runs

echo "== the chain ends"
finish "${chain[@]}"
logged "${chain[0]}" "goes back to the queue, restart 1"
logged "${chain[1]}" "^stiffness: done in"
[ -s chain/report.html ] || { say_job "${chain[4]}"; fail "the chain leaves no report.html"; }

wait "$reference" || { cat reference.log >&2; fail "the run without SLURM"; }
reference=

echo "== time limits: ranks under srun, and under mpirun on two nodes"
for attempt in 1 2 3; do
    finish "$limit" "$nodes"
    srun_restarts=$(field "$limit" Restarts) mpirun_restarts=$(field "$nodes" Restarts)
    echo "attempt $attempt: stopped $srun_restarts and $mpirun_restarts times"
    ((srun_restarts == 0 || mpirun_restarts == 0)) || break
    [ "$attempt" -eq 3 ] || submit_limited  # the machine was too slow, once more
done
((srun_restarts)) || { say_job "$limit"; fail "the time limit never stopped the job under srun"; }
((mpirun_restarts)) || { say_job "$nodes"; fail "the time limit never stopped the job under mpirun"; }
logged "$limit" '^srun'
logged "$nodes" '^mpirun'

for stopped in limit nodes chain; do
    same reference "$stopped" --only glass.h5 thermo.h5 stiffness.h5 ||
        fail "$stopped has other bits than without a stop"
done

echo "== the array's glasses"
finish "${array}_0" "${array}_1"
for rate in 1e15 2e15; do
    [ -s "array/rate-$rate/sample-0/samples/0000/descriptors.h5" ] || fail "the array leaves no glass of $rate K/s"
done
