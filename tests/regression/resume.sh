#!/usr/bin/env bash
# Never losing work: a tiny study on several ranks, stopped by signals and time limits and killed at random moments,
# ends in the same bits as one that ran through on one rank: resume.sh <program> <source directory>
#
# MG_TRIALS: trials of each kind of stop for each stage (20 for the full table), and five times as many kills; by
#            default each stage and each phase towards the reference basin has one stop, their kinds in turn, and there
#            are three kills.
# MG_KILLS: how many kills, whatever the trials.
# MG_SEED: seed of the random moments (default 1).
# shellcheck source-path=SCRIPTDIR source=../support/regression.sh
. "$(dirname "$0")/../support/regression.sh"
trials=${MG_TRIALS:-0}
RANDOM=${MG_SEED:-1}
job=
clean_up() { [ -z "$job" ] || pkill -9 -s "$job"; }
unset SLURM_JOB_END_TIME

small_study study.output='"reference"' compute.checkpoint_minutes=0.001 system.atoms=320 quench.samples=3 \
    quench.rate_K_per_s=2e15 quench.melt_ps=0.2 quench.anneal_ps=0.2 stiffness.window_ps=0.4 \
    train.hidden='[40]' train.epochs=120 train.patience=1000 train.seeds=3 train.folds=2 train.rotate=true \
    barriers.atoms='[3, 250]' barriers.events_per_atom=1 barriers.max_attempts_per_atom=2 \
    barriers.region_A=4.5 barriers.settle_ps=0.1 barriers.max_evaluations=900
stages=(quench stiffness descriptors barriers train)
arguments=(run jobs/study.toml)
for stage in "${stages[@]}"; do arguments+=(--stage "$stage"); done

# compare ONE TWO TEXT: all results have the same bits, and there are many.
compare() { same "$1" "$2" --at-least 81 > log || fail "$3"; }

echo "== one rank, and others"
"$program" "${arguments[@]}" > log 2>&1 || fail "the study did not run"
for ranks in 2 4; do
    mpirun -n "$ranks" "$program" "${arguments[@]}" --out "ranks$ranks" > log 2>&1 || fail "$ranks ranks did not run"
    compare reference "ranks$ranks" "$ranks ranks give other bits"
done
seconds_of() { /usr/bin/python3 -c "import json; print(json.load(open('ranks2/stages.json'))['$1']['seconds'])"; }

# The directory as it is when a stage begins.
before() {
    rm -rf trial
    mkdir trial
    cp -r ranks2/. trial
    /usr/bin/python3 - "$1" << 'PY'
import json, os, shutil, sys
order = ["quench", "stiffness", "descriptors", "barriers", "train"]
ledger = json.load(open("trial/stages.json"))
for stage in order[order.index(sys.argv[1]):]:
    ledger.pop(stage)
json.dump(ledger, open("trial/stages.json", "w"))
if sys.argv[1] == "quench":
    shutil.rmtree("trial/samples")
    os.mkdir("trial/samples")
PY
}
# A moment within a stage: its time, a little more for the start, by chance.
moment() { /usr/bin/python3 -c "print(0.3 + ($(seconds_of "$1") + 0.25) * $RANDOM / 32768)"; }
# Goes on until the study has finished; every stop must end in 75.
finish() {
    local status=0 turn
    for turn in 1 2 3; do
        status=0
        mpirun -n "$1" "$program" "${arguments[@]}" --out trial > log 2>&1 || status=$?
        [ "$status" -ne 0 ] || return 0
        [ "$status" -eq 75 ] || fail "going on ended with status $status"
    done
    fail "it did not finish"
}

echo "== every sample in two domains: any number of teams, and any number of stops"
divided=("$program" run jobs/study.toml --stage quench --stage stiffness --set compute.domains=2)
mpirun -n 2 "${divided[@]}" --out domains > log 2>&1 || fail "domains did not run"
grep -q 'warning: domains of this size see' log || fail "small domains are not warned of"
refused 2 -- "${divided[@]}" --out refused
mpirun -n 5 "${divided[@]}" --out teams > log 2>&1 || fail "two teams did not run"
compare domains teams "two teams give other bits than one"
for limit in 0.7 1.1 1.5 0.9; do
    status=0
    mpirun -n 2 "${divided[@]}" --out stops --max-wall "$limit" > log 2>&1 || status=$?
    [ "$status" -eq 75 ] || [ "$status" -eq 0 ] || fail "domains stopped with status $status"
done
mpirun -n 2 "${divided[@]}" --out stops > log 2>&1 || fail "domains did not go on"
compare domains stops "domains that were stopped give other bits"

echo "== stopped and killed in the relaxations and the annealing that lead to the reference basin"
basin=("$program" run jobs/study.toml --stage quench --set quench.samples=2 --set quench.anneal_ps=1.5)
"${basin[@]}" --out through > log 2>&1 || fail "the annealing did not run"
# Phases are 2 relaxation, 3 annealing, 4 relaxation again; the checkpoint of the first unit tells.
/usr/bin/python3 - "${basin[@]}" << 'PY' > log 2>&1 || fail "a stop on the way to the reference basin"
import glob, os, signal, subprocess, sys, time
import h5py

def phases(out):
    found = []
    for path in glob.glob(f"{out}/checkpoints/quench-unit-*.h5"):
        try:
            with h5py.File(path) as file:
                found.append(int(file["place"][1]))
        except (OSError, KeyError):  # just being replaced
            pass
    return found

met = set()
ways = [signal.SIGKILL, signal.SIGUSR1]
for phase in (3, 4, 5):
    for way in ways if int(os.environ.get("MG_TRIALS", "0")) else [ways[(phase - 1) % 2]]:
        out = f"basin-{phase}-{way.name}"
        run = subprocess.Popen(sys.argv[1:] + ["--out", out])
        while run.poll() is None and phase not in phases(out):
            time.sleep(0.01)
        run.send_signal(way)
        status = run.wait()
        print(phase, way.name, status, phases(out))
        if status == 0:
            continue
        assert status == (75 if way == signal.SIGUSR1 else -signal.SIGKILL), status
        met.update(phases(out))
        for turn in (2, 3):  # on other numbers of ranks; the first of them is stopped again
            limit = ["--max-wall", "1"] if turn == 2 else []
            status = subprocess.call(["mpirun", "-n", str(turn)] + sys.argv[1:] + ["--out", out] + limit)
            assert status in (0, 75) if turn == 2 else status == 0, status
assert met >= {3, 4, 5}, met
PY
for out in basin-*; do same through "$out" || fail "$out has other bits"; done

declare -A ended
stopped=0
ways=(USR1 TERM limit)
turn_of_way=0
for stage in "${stages[@]}"; do
    for ((trial = 0; trial < (trials > 0 ? trials : 1); ++trial)); do
        of_stage=("${ways[@]}")
        ((trials > 0)) || of_stage=("${ways[turn_of_way++ % 3]}")
        for way in "${of_stage[@]}"; do
            before "$stage"
            status=0
            pause=$(moment "$stage")
            if [ "$way" = limit ]; then
                mpirun -n 2 "$program" "${arguments[@]}" --out trial --max-wall "$pause" > log 2>&1 || status=$?
            else
                # The ranks are stopped, not mpirun: mpirun would wait a second after SIGTERM and then kill.
                setsid mpirun -n 2 "$program" "${arguments[@]}" --out trial > log 2>&1 &
                job=$!
                sleep "$pause"
                if [ "$way" = USR1 ]; then
                    kill -USR1 "$job" 2> /dev/null || true
                else
                    pkill -TERM -s "$job" -f -- "^$program run" || true
                fi
                wait "$job" || status=$?
                job=
            fi
            case "$status" in
                0) ;;
                75)
                    stopped=$((stopped + 1))
                    grep -q 'stopped at a checkpoint.*submit again' log || fail "$way: it does not say what to do"
                    grep -q '"state": "stopped"' trial/status.json || fail "$way: status.json does not tell"
                    /usr/bin/python3 -c "import json
assert all(stage['seconds'] > 0 for stage in json.load(open('trial/stages.json')).values())" ||
                        fail "$way: the time before the stop is lost"
                    ;;
                138 | 143 | 1) # it had not got as far as main
                    ! grep -q 'study "small"' log || fail "$way in $stage after $pause s ended with status $status"
                    ;;
                *) fail "$way in $stage after $pause s ended with status $status" ;;
            esac
            ended[$way]=$((${ended[$way]:-0} + 1))
            finish 2
            compare reference trial "$way in $stage after $pause s: other bits"
        done
    done
done
echo "== ${ended[USR1]} SIGUSR1, ${ended[TERM]} SIGTERM, ${ended[limit]} time limits: $stopped stopped a run, and all" \
    "went on to the same bits"
[ "$stopped" -gt 0 ] || fail "nothing was stopped"

echo "== results whose potential has moved since"
sed -i 's|^potential = .*|potential = "/nowhere/Cu-Zr_2.eam.fs"|' trial/config.resolved.toml
"$program" "${arguments[@]}" --out trial > log 2>&1 || fail "a potential that has moved stops the study"
grep -q 'quench: finished already' log || fail "a potential that has moved makes glasses anew"
sed -i 's|^potential = .*|potential = "/nowhere/Cu-Zr_2.eam.fs"|' trial/config.resolved.toml
refused 2 "holds another study" "never overwritten" -- \
    "$program" "${arguments[@]}" --out trial --set study.seed=99

# Killed before its settings were there: the directory is as good as empty.
rm -rf trial
mkdir trial
echo "[study" > trial/config.resolved.toml.tmp
finish 2
compare reference trial "begun in a directory that a killed run had just made: other bits"
# And killed with nothing but them.
mkdir -p bare
cp trial/config.resolved.toml bare/
rm -rf trial
mv bare trial
finish 2
compare reference trial "begun in a directory with nothing but settings: other bits"

total=0
for stage in "${stages[@]}"; do total="$total + $(seconds_of "$stage")"; done
kills=${MG_KILLS:-$((trials > 0 ? 5 * trials : 3))}
for ((trial = 0; trial < kills; ++trial)); do
    rm -rf trial
    setsid mpirun -n 2 "$program" "${arguments[@]}" --out trial > log 2>&1 &
    job=$!
    pause=$(/usr/bin/python3 -c "print(0.1 + ($total + 0.3) * $RANDOM / 32768)")
    sleep "$pause"
    # mpirun and its ranks, which have process groups of their own
    { pkill -9 -s "$job" && wait "$job"; } 2> /dev/null || true
    job=
    finish $((1 + trial % 3))
    compare reference trial "killed after $pause s: other bits"
done
echo "== $kills kills at random moments: all finished with the same bits"
