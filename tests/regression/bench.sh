#!/usr/bin/env bash
# The command `bench`: keys, the same energies from run to run, bad input: bench.sh <program> <source directory>
# shellcheck source-path=SCRIPTDIR source=../support/regression.sh
. "$(dirname "$0")/../support/regression.sh"
data=$source_directory/tests/data/single-point/b2_triclinic.data

# bench NAME ARGUMENT...: its JSON in NAME.json, which --json writes and standard output repeats.
bench() {
    local name=$1
    shift
    "$program" bench "$@" --potential "$potential" --backend host --json "$name.json" > "$name.out" 2> log ||
        fail "bench $*"
    cmp "$name.json" "$name.out"
}

glass=(md --atoms 500 --warmup 20 --steps 30 --repeat 2)
bench first "${glass[@]}"
bench again "${glass[@]}"
OMP_NUM_THREADS=2 bench threads "${glass[@]}"
given=(--structure "$data" --elements "Cu,Zr" --repeat 2)
bench npt md "${given[@]}" --replicas 2 --ensemble npt --cell tri --precision double --warmup 10 --steps 10
bench tiled rdf "${given[@]}" --tile 2,1,1
bench replicas rdf "${given[@]}" --replicas 2
network=(train --samples 1000 --features 20 --hidden 12,5 --batch 64 --epochs 4 --activation tanh --backend host)
"$program" bench "${network[@]}" --json train.json --write-data data.h5 > train.out 2> train.err
cmp train.json train.out
OMP_NUM_THREADS=2 "$program" bench "${network[@]}" > train2.json 2> train.err
# The same 100 steps of Adam as PyTorch's (benchmarks/compare_pytorch.py --write-losses).
/usr/bin/python3 -c '
import json, sys
for k, case in enumerate(json.load(open(sys.argv[1]))):
    print(k, case["features"], ",".join(map(str, case["hidden"])), case["activation"])
' "$source_directory/tests/data/torch_losses.json" > cases
while read -r case features hidden activation; do
    "$program" bench train --backend host --samples 256 --batch 256 --epochs 100 --features "$features" \
        --hidden "$hidden" --activation "$activation" > "torch$case.json" 2> train.err
done < cases
bench searches artn --atoms 500 --attempts 2 --region 4.5 --searches 1,2 --whole 1 --precision double

# Several points in one process: an array, and a line each in the file that is added to.
echo '{"before": 1}' > points.jsonl
MGSTIFF_ISA=avx2 bench points md "${given[@]}" --warmup 5 --point 1,mixed,nve,10 --point 2,double,npt,5 \
    --append points.jsonl
refused 2 "--point 1,mixed is not understood" -- \
    "$program" bench md --structure "$data" --point 1,mixed --potential "$potential"
refused 2 "--point 0,mixed,nve is not understood" -- \
    "$program" bench md --structure "$data" --point 0,mixed,nve --potential "$potential"
refused 2 "cannot write 'nowhere/x.jsonl'" -- "$program" bench md --append nowhere/x.jsonl --potential "$potential"

refused 2 "a box of 100 atoms is too small" -- "$program" bench md --atoms 100 --potential "$potential"
refused 2 "--temperature nan is out of range" -- "$program" bench md --temperature nan --potential "$potential"
refused 2 "--tile 0 is out of range" -- "$program" bench md --structure "$data" --tile 1,0,1 --potential "$potential"
refused 2 "4.32e+11 atoms in all replicas" -- \
    "$program" bench md --structure "$data" --tile 1000,1000,1000 --potential "$potential"
refused 2 "--tile requires --structure" -- "$program" bench md --tile 2,2,2
refused 2 "--structure excludes --atoms" -- "$program" bench md --structure "$data" --atoms 500
refused 2 "the box of replica 0 is too small" -- \
    "$program" bench md --structure "$data" --skin 4 --potential "$potential"
refused 2 "cannot write 'nowhere/x.json'" -- "$program" bench rdf --json nowhere/x.json --potential "$potential"
refused 2 "cannot read 'nowhere.data'" -- "$program" bench rdf --structure nowhere.data --potential "$potential"
refused 2 "unknown command 'mdx' (the commands are md, rdf, artn, train)" -- "$program" bench mdx
refused 2 "--region 1 is out of range" -- "$program" bench artn --atoms 500 --region 1 --potential "$potential"
refused 2 "--samples 1 is out of range" -- "$program" bench train --samples 1
refused 2 "no command was given" -- "$program" bench

/usr/bin/python3 - "$source_directory/tests/data/torch_losses.json" <<'PY'
import json
import sys
from regression import finish, hold

names = "first again threads npt tiled replicas".split()
first, again, threads, npt, tiled, replicas = (json.load(open(f"{name}.json")) for name in names)

def expect(what, holds):
    hold(holds, what)


common = """benchmark version git backend device instruction_set settings threads potential_sha256 start tile atoms
    replicas ranks domains repeats wall_s cpu_s pairs_per_s""".split()
md = """precision ensemble cell temperature_K timestep_fs warmup_steps steps atom_steps_per_s atom_steps_per_s_min
    atom_steps_per_s_max atom_steps_per_cpu_s steps_per_s ns_per_day pairs_within_cutoff_per_atom skin_A
    list_rebuilds steps_per_rebuild step_ms op_calls ops_ms ops_share checksum_energy_eV final_energy_eV
    peak_host_memory_bytes
    peak_host_memory_bytes_per_atom end""".split()
rdf = """r_min_A r_max_A shells calls atoms_per_s atoms_per_s_min atoms_per_s_max atoms_per_cpu_s call_ms
    pairs_in_shells""".split()
for name, result, keys in (("first", first, md), ("npt", npt, md), ("tiled", tiled, rdf)):
    expect(f"{name}: keys {sorted(set(common + keys) ^ set(result))}", set(result) == set(common + keys))
for result in (first, npt):
    expect("ops", list(result["ops_ms"]) == list(result["ops_share"]) ==
           "begin_step neighbor_check neighbor_build forces forces_with_virial end_step".split())
    expect("shares add up to 1", abs(sum(result["ops_share"].values()) - 1) < 1e-12)
    rate = result["steps"] * result["atoms"] * result["replicas"] * result["repeats"] / result["wall_s"]
    expect("the rate is the median of its repeats",
           result["atom_steps_per_s_min"] <= result["atom_steps_per_s"] <= result["atom_steps_per_s_max"] and
           result["atom_steps_per_s_min"] <= rate <= result["atom_steps_per_s_max"])
    expect("neighbours", 90 < result["pairs_within_cutoff_per_atom"] < 120)
    expect("conserved", abs(result["end"]["conserved_drift_eV_per_atom"]) < 1e-4)
for other in (again, threads):
    expect(f"energies of two runs: {first['end']}, {other['end']}", first["end"] == other["end"])
expect("threads", threads["threads"] == 2 and first["threads"] == 1)
expect("atoms", first["atoms"] == 500 and npt["atoms"] == 432 and npt["replicas"] == 2 and tiled["atoms"] == 864)
expect("temperature", 200 < first["end"]["temperature_K"] < 400)
expect("volume", 17 < first["end"]["volume_A3_per_atom"] < 18.5)
expect("tiles and replicas have the same pairs", tiled["pairs_in_shells"] == replicas["pairs_in_shells"] > 0)
points = json.load(open("points.json"))
lines = [json.loads(line) for line in open("points.jsonl")]
expect("points", [(p["replicas"], p["precision"], p["ensemble"], p["steps"]) for p in points] ==
       [(1, "mixed", "nve", 10), (2, "double", "npt", 5)])
expect("lines are added", lines == [{"before": 1}] + points)
expect("settings", points[0]["settings"] == {"MGSTIFF_ISA": "avx2"} and first["settings"] == {})
artn = json.load(open("searches.json"))
one, two, polished, whole = artn["runs"]
expect("modes", [r["mode"] for r in artn["runs"]] == ["region"] * 3 + ["whole system"])
expect("searches", [r["searches"] for r in artn["runs"]] == [1, 2, 2, 1] and polished["polish"] and not two["polish"])
for run in artn["runs"]:
    expect("attempts by class", sum(s["attempts"] for s in run["status"].values()) == run["attempts"])
    expect("costs add up", abs(sum(run["evaluations"].values()) - run["evaluations_per_attempt"]) < 1e-9)
    expect("connected", run["connected"] == run["status"].get("CONNECTED", {"attempts": 0})["attempts"])
expect("the same searches in any batch", one["evaluations"] == two["evaluations"] and one["status"] == two["status"])
expect("all move", whole["movable_atoms"] == 500 > one["movable_atoms"])
cases = json.load(open(sys.argv[1]))
expect("cases of PyTorch", len(cases) == 3)
for k, case in enumerate(cases):
    ours = json.load(open(f"torch{k}.json"))["loss"]
    off = max(abs(a / b - 1) for a, b in zip(ours, case["loss"]))
    expect(f"100 steps of PyTorch's Adam, {case['activation']}: losses differ by {off}",
           len(ours) == len(case["loss"]) == 100 and off < 1e-4)
train = json.load(open("train.json"))
expect("keys of train", {"benchmark", "threads", "blas", "epoch_s", "samples_per_s", "gflop_per_s", "loss",
                         "parameters"} <= set(train))
expect("parameters", train["parameters"] == 21 * 12 + 13 * 5 + 6)
expect("an epoch a loss, and it falls", len(train["loss"]) == 4 and train["loss"][3] < train["loss"][0])
expect("any number of threads", train["loss"] == json.load(open("train2.json"))["loss"])
finish()
PY
