#!/usr/bin/env bash
# Molecular dynamics of the same glass by LAMMPS (eam/fs/opt) and by us on the same cores, in turns: ratios of medians.
set -euo pipefail

usage() {
    cat <<'HELP'
usage: [MGSTIFF=PROGRAM] benchmarks/compare_lammps.sh [--quick] [--rounds N] [--json FILE]

Runs LAMMPS, ours in `double` and ours in `mixed` in turns (a round), for NVE and NPT, on 1 and 2 cores, and compares
the medians over the rounds. LAMMPS brings each structure to its temperature and zero pressure once, for 2 ps. From
there both draw velocities, run 50 steps under a thermostat (NPT: and barostat), draw again and run 20 steps of the
ensemble before the clock starts; both have a skin of 1 A and check their lists at every step of 2 fs. The bounds, 1.5
in `double` and 3 in `mixed`, hold for the 300 K glass. The table goes to standard output; the exit code is 1 where a
ratio is below its bound, 2 where a program is missing. MGSTIFF is the program (default: build/mgstiff-gpu).

  --quick        the 300 K glass of 4,000 atoms, 200 steps, at most 8 minutes (fewer rounds where time is up);
                 without it also 16,000 atoms and the 2000 K liquid, and 1,000 steps (250 for 16,000 atoms): an hour
  --rounds N     how often each is run (default and least for a result: 5)
  --json FILE    the results, with every single time, as JSON as well
  --help         this text

LAMMPS is Debian's package lammps (lmp, mpirun); no set-up of ours installs it. Other work on the machine spoils the
ratios: the load is printed, and rates per second of CPU time, which suffer less, stand beside those of the clock.
HELP
}

quick=0 rounds=5 json=""
while (($#)); do
    case "$1" in
        --quick) quick=1 ;;
        --rounds | --json)
            (($# >= 2)) || { printf 'error: %s needs a value\n' "$1" >&2 && exit 2; }
            if [[ "$1" == --json ]]; then json="$2"; else rounds="$2"; fi
            shift
            ;;
        -h | --help)
            usage
            exit 0
            ;;
        *)
            printf 'error: unknown option %s (see benchmarks/compare_lammps.sh --help)\n' "$1" >&2
            exit 2
            ;;
    esac
    shift
done
[[ "$rounds" =~ ^[1-9][0-9]*$ ]] || { printf 'error: --rounds %s is no number of rounds\n' "$rounds" >&2 && exit 2; }

# shellcheck source-path=SCRIPTDIR source=../jobs/setup.sh
. "$(dirname "${BASH_SOURCE[0]}")/../jobs/setup.sh"
waiting="${OMP_WAIT_POLICY:-}"  # what mg_environment prefers for tests would slow our threads here
mg_environment
missing() {
    printf 'error: %s was not found (%s); %s\n' "$@" >&2
    exit 2
}
program="${MGSTIFF:-$mg_root/build/mgstiff-gpu}"
[[ -x "$program" ]] || missing "$program" "the program that is compared" "build it, or set MGSTIFF"
lmp="$(command -v lmp)" || missing lmp "LAMMPS, which is compared with" "apt-get install lammps"
command -v mpirun >/dev/null || missing mpirun "LAMMPS needs it on two cores" "apt-get install openmpi-bin"
potential="$mg_root/jobs/potentials/Cu-Zr_2.eam.fs"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

# LAMMPS's inputs: the variables are given with -var.
cat >"$work/system" <<'INPUT'
units metal
atom_style atomic
boundary p p p
read_data ${data}
replicate ${nx} ${ny} ${nz}
pair_style eam/fs/opt
pair_coeff * * ${potential} Cu Zr
neighbor 1.0 bin
neigh_modify every 1 delay 0 check yes
timestep 0.002
thermo 1000000
velocity all create ${T} 4928459 mom yes rot no dist gaussian
INPUT
cat "$work/system" - >"$work/in.prepare" <<'INPUT'
fix move all npt temp ${T} ${T} 0.1 iso 0 0 1.0
run 1000
write_data ${out} nocoeff
INPUT
cat "$work/system" - >"$work/in.md" <<'INPUT'
if "${ensemble} == npt" then "fix move all npt temp ${T} ${T} 0.1 iso 0 0 1.0" &
    else "fix move all nvt temp ${T} ${T} 0.1"
run 50
velocity all create ${T} 7182818 mom yes rot no dist gaussian
if "${ensemble} == nve" then "unfix move" "fix move all nve"
run 20
run ${steps}
print "state: $(temp) K $(pe/atoms) eV"
INPUT

fail() {
    printf 'error: %s failed; its last lines:\n' "$1" >&2
    tail -n 15 "$2" >&2
    exit 1
}

# A row per run: case, atoms, ensemble, cores, program, atom-steps, wall s, CPU s, list builds, K, eV per atom.
rows="$work/rows.tsv"
# lammps CORES ARGUMENT...
lammps() {
    local log="$work/lammps.log" processes=$1
    shift
    local -a command=("$lmp" -log none -var potential "$potential" "$@")
    ((processes == 1)) || command=(mpirun -n "$processes" "${command[@]}")
    OMP_NUM_THREADS=1 "${command[@]}" >"$log" 2>&1 </dev/null || fail "LAMMPS" "$log"
}

# run_lammps CASE STRUCTURE TILE T STEPS ENSEMBLE CORES
run_lammps() {
    local nx ny nz
    IFS=, read -r nx ny nz <<<"$3"
    lammps "$7" -in "$work/in.md" -var data "$2" -var T "$4" -var steps "$5" -var ensemble "$6" \
        -var nx "$nx" -var ny "$ny" -var nz "$nz"
    awk -v name="$1" -v ensemble="$6" -v OFS='\t' '
        /^Loop time of/ { wall = $4; procs = $6; steps = $9; atoms = $12 }
        /% CPU use with/ { cpu = $1 / 100 * wall * procs }
        /^Neighbor list builds/ { builds = $NF }
        /^state:/ { print name, atoms, ensemble, procs, "lammps", atoms * steps, wall, cpu, builds, $2, $4 }
    ' "$work/lammps.log" >>"$rows"
}

# run_ours CASE STRUCTURE TILE T STEPS ENSEMBLE CORES PRECISION
run_ours() {
    local log="$work/ours.log"
    local -a environment=(env)
    [[ -n "$waiting" ]] || environment+=(-u OMP_WAIT_POLICY)
    environment+=("OMP_NUM_THREADS=$7")
    "${environment[@]}" "$program" bench md --backend host --structure "$2" --tile "$3" --temperature "$4" --skin 1 \
        --warmup 50 --steps "$5" --repeat 1 --ensemble "$6" --precision "$8" --potential "$potential" \
        --elements Cu,Zr --json "$work/ours.json" >"$log" 2>&1 || fail "mgstiff-gpu" "$log"
    /usr/bin/python3 - "$1" "$8" "$work/ours.json" >>"$rows" <<'PY'
import json
import sys
case, precision, path = sys.argv[1:]
r = json.load(open(path))
print(case, r["atoms"], r["ensemble"], r["threads"], precision, r["atoms"] * r["steps"], r["wall_s"], r["cpu_s"],
      r["list_rebuilds"], r["end"]["temperature_K"], r["end"]["potential_energy_eV"] / r["atoms"], sep="\t")
PY
}

# Name, tile, temperature, steps; the structure is $work/NAME.data.
cases=("glass 1,1,1 300 200")
if ((!quick)); then cases=("glass 1,1,1 300 1000" "glass 2,2,1 300 250" "liquid 1,1,1 2000 1000"); fi
cores=(1)
if (($(mg_cores) >= 2)); then cores+=(2); else mg_say "note: this machine has one core; nothing is said about two"; fi

processor="$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)"
version="$("$program" info | head -n 1), $("$program" info | sed -n 's/.*instruction set \([a-z0-9]*\).*/\1/p')"
lammps_version="$("$lmp" -h | sed -n 's/^Large-scale.* - \([0-9].*\)/\1/p')"
load="$(cut -d' ' -f1 /proc/loadavg)"
mg_say "load before the first run: $load"
for case in "${cases[@]}"; do
    read -r name _ temperature _ <<<"$case"
    [[ ! -e "$work/$name.data" ]] || continue
    lammps "${cores[-1]}" -in "$work/in.prepare" -var data "$mg_root/tests/data/single-point/cuzr_${name}_4000.data" \
        -var T "$temperature" -var nx 1 -var ny 1 -var nz 1 -var out "$work/$name.data"
done

# Rounds are outermost, so that what the machine does meanwhile falls on every case alike.
limit=$((quick ? 470 : 1000000)) longest=0
for ((round = 1; round <= rounds; ++round)); do
    start=$SECONDS
    if ((round > 1 && SECONDS + longest > limit)); then
        mg_say "note: time is up after $((round - 1)) of $rounds rounds"
        break
    fi
    for case in "${cases[@]}"; do
        read -r name tile temperature steps <<<"$case"
        for ensemble in nve npt; do
            for n in "${cores[@]}"; do
                arguments=("$name" "$work/$name.data" "$tile" "$temperature" "$steps" "$ensemble" "$n")
                run_lammps "${arguments[@]}"
                run_ours "${arguments[@]}" double
                run_ours "${arguments[@]}" mixed
            done
        done
    done
    longest=$((SECONDS - start > longest ? SECONDS - start : longest))
    mg_say "round $round of $rounds: $((SECONDS - start)) s"
done

/usr/bin/python3 - "$rows" "$json" "$processor" "$version" "$lammps_version" "$load" <<'PY'
import json
import statistics
import sys

rows, path, processor, version, lammps_version, load = sys.argv[1:]
BOUNDS = {"double": 1.5, "mixed": 3.0}  # of the clock's ratio, for the glass
names = "case atoms ensemble cores program atom_steps wall_s cpu_s list_builds temperature_K energy_eV_per_atom".split()
runs = {}
for line in open(rows):
    row = dict(zip(names, line.split("\t")))
    key = row["case"], int(row["atoms"]), row["ensemble"], int(row["cores"])
    runs.setdefault(key, {}).setdefault(row["program"], []).append({k: float(row[k]) for k in names[5:]})


def rate(rows, clock):
    return statistics.median(r["atom_steps"] / r[clock] for r in rows)


def mean(rows, key):
    return statistics.mean(r[key] for r in rows)


results = []
print(f"{processor}; {version}; LAMMPS {lammps_version}, eam/fs/opt; load before {load}")
print(f"rates in atom-steps/s: medians over {min(len(r['mixed']) for r in runs.values())} rounds; builds: steps per "
      "list build, LAMMPS's and ours (0: none)")
print(f"{'system':<13}{'steps':>6}{'':>5}{'cores':>6} {'precision':<10}{'LAMMPS':>9}{'ours':>10}{'ratio':>7}"
      f"{'per CPU s':>11}{'bound':>7}{'builds':>12}  verdict")
for (case, atoms, ensemble, cores), group in runs.items():
    theirs = group["lammps"]
    for precision, bound in BOUNDS.items():
        ours = group[precision]
        steps = ours[0]["atom_steps"] / atoms
        r = {"system": case, "atoms": atoms, "steps": int(steps), "ensemble": ensemble, "cores": cores,
             "precision": precision, "rounds": len(ours)}
        for who, rows in (("lammps", theirs), ("ours", ours)):
            r |= {f"{who}_atom_steps_per_s": rate(rows, "wall_s"), f"{who}_atom_steps_per_cpu_s": rate(rows, "cpu_s"),
                  f"{who}_wall_s": [x["wall_s"] for x in rows], f"{who}_cpu_s": [x["cpu_s"] for x in rows],
                  f"{who}_temperature_K": mean(rows, "temperature_K"),
                  f"{who}_energy_eV_per_atom": mean(rows, "energy_eV_per_atom"),
                  f"{who}_steps_per_build": steps / builds if (builds := mean(rows, "list_builds")) else None}
        r["ratio"] = r["ours_atom_steps_per_s"] / r["lammps_atom_steps_per_s"]
        r["ratio_per_cpu_s"] = r["ours_atom_steps_per_cpu_s"] / r["lammps_atom_steps_per_cpu_s"]
        r["bound"] = bound if case == "glass" else None
        r["passed"] = r["bound"] is None or r["ratio"] >= bound
        results.append(r)
        verdict = "-" if r["bound"] is None else "ok" if r["passed"] else "BELOW"
        print(f"{case + ' ' + str(atoms):<13}{r['steps']:>6}{ensemble:>5}{cores:>6} {precision:<10}"
              f"{r['lammps_atom_steps_per_s']:>9.3g}{r['ours_atom_steps_per_s']:>10.3g}{r['ratio']:>7.2f}"
              f"{r['ratio_per_cpu_s']:>11.2f}{r['bound'] or '-':>7}"
              f"{r['lammps_steps_per_build'] or 0:>6.0f}{r['ours_steps_per_build'] or 0:>6.0f}  {verdict}")
if path:
    with open(path, "w") as file:
        json.dump({"benchmark": "compare_lammps", "processor": processor, "version": version,
                   "lammps_version": lammps_version, "load_before": float(load), "results": results}, file, indent=2)
        file.write("\n")
below = sum(not r["passed"] for r in results)
print(f"{below} of {len(results)} ratios are below their bounds" if below else "every ratio holds its bound")
sys.exit(1 if below else 0)
PY
