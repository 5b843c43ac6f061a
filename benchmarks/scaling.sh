#!/usr/bin/env bash
# Strong and weak scaling of molecular dynamics over ranks, as JSON and a picture.
set -euo pipefail

usage() {
    cat <<'HELP'
usage: [MGSTIFF=PROGRAM] benchmarks/scaling.sh [OPTION]... OUT

Runs `bench md` under mpirun on every number of ranks, in turns (a round), and writes OUT.json, OUT.png and OUT.pdf:
  strong     one glass of --atoms atoms in as many domains as there are ranks
  weak       one glass with --atoms-per-rank atoms for every rank
  replicas   --replicas-per-rank glasses of --replica-atoms atoms on every rank, nothing between them
Speed-ups are ratios within a round, of which the medians count. On a machine that others use as well the ratio of the
fastest repeats ("best") tells more, for disturbances only slow down. Every strong point carries the energy of the
start structure, which must agree between the numbers of ranks to 1e-9 (in double), or the exit code is 1; for weak
scaling and replicas it is the energy per atom, which agrees to 2e-3 where blocks of the same melt are repeated.

  --ranks "1 2"           numbers of ranks (default: 1, 2, 4, ... up to the cores); the first is the reference
  --threads N             OpenMP threads per rank (default: 1)
  --atoms N               of strong scaling (default: 100000)
  --atoms-per-rank N      of weak scaling (default: 50000)
  --replica-atoms N, --replicas-per-rank N   (default: 4000, 1)
  --precision P           mixed or double (default: mixed)
  --rounds N              (default: 5)
  --launch "COMMAND"      what starts ranks, before "-n N" (default: mpirun --bind-to core, with one thread)
  --quick                 20,000 atoms, 10,000 per rank, two rounds
  --help                  this text
HELP
}

ranks="" threads=1 atoms=100000 weak=50000 replica_atoms=4000 replicas=1 precision=mixed rounds=5 launch="" out=""
while (($#)); do
    case "$1" in
        --quick) atoms=20000 weak=10000 rounds=2 ;;
        --ranks | --threads | --atoms | --atoms-per-rank | --replica-atoms | --replicas-per-rank | --precision | \
            --rounds | --launch)
            (($# >= 2)) || { printf 'error: %s needs a value\n' "$1" >&2 && exit 2; }
            case "$1" in
                --ranks) ranks="$2" ;;
                --threads) threads="$2" ;;
                --atoms) atoms="$2" ;;
                --atoms-per-rank) weak="$2" ;;
                --replica-atoms) replica_atoms="$2" ;;
                --replicas-per-rank) replicas="$2" ;;
                --precision) precision="$2" ;;
                --rounds) rounds="$2" ;;
                --launch) launch="$2" ;;
            esac
            shift
            ;;
        -h | --help)
            usage
            exit 0
            ;;
        -*)
            printf 'error: unknown option %s (see benchmarks/scaling.sh --help)\n' "$1" >&2
            exit 2
            ;;
        *) out="$1" ;;
    esac
    shift
done
[[ -n "$out" ]] || { printf 'error: OUT is missing (see benchmarks/scaling.sh --help)\n' >&2 && exit 2; }
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)"
program="${MGSTIFF:-$root/build/mgstiff-gpu}"
[[ -x "$program" ]] ||
    { printf 'error: %s was not found (what is measured); build it, or set MGSTIFF\n' "$program" >&2 && exit 2; }
if [[ -z "$ranks" ]]; then
    for ((n = 1; n <= $(env -u OMP_NUM_THREADS nproc); n *= 2)); do ranks+="$n "; done
fi
if [[ -z "$launch" ]]; then
    launch="mpirun --bind-to core"
    ((threads == 1)) || launch="mpirun --bind-to none"
    if ((EUID == 0)); then export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1; fi
fi
read -ra launcher <<<"$launch"
read -ra numbers <<<"$ranks"
export OMP_NUM_THREADS="$threads"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

# point KIND RANKS ROUND ARGUMENT...
point() {
    local kind=$1 n=$2 round=$3
    shift 3
    "${launcher[@]}" -n "$n" "$program" bench md --precision "$precision" --repeat 3 --steps 20 --warmup 20 \
        --json "$work/$kind.$n.$round.json" "$@" > "$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
}
for ((round = 1; round <= rounds; ++round)); do
    for n in "${numbers[@]}"; do
        printf 'round %s of %s: %s rank(s)\n' "$round" "$rounds" "$n" >&2
        point strong "$n" "$round" --domains "$n" --atoms "$atoms"
        point weak "$n" "$round" --domains "$n" --atoms "$((weak * n))"
        point replicas "$n" "$round" --replicas "$((replicas * n))" --atoms "$replica_atoms"
    done
done

python=/usr/bin/python3  # Debian's matplotlib is Debian's python's
[[ -x "$python" ]] || python=python3
"$python" - "$work" "$out" "$rounds" "$precision" "$threads" "${numbers[@]}" <<'PY'
import json
import statistics
import sys

work, out, rounds, precision, threads, *numbers = sys.argv[1:]
numbers = [int(n) for n in numbers]
result = {"precision": precision, "threads_per_rank": int(threads), "rounds": int(rounds)}
first = json.load(open(f"{work}/strong.{numbers[0]}.1.json"))
result |= {key: first[key] for key in ("version", "git", "backend", "device", "instruction_set")}
failed = False


def best(runs):
    return max(r["atom_steps_per_s_max"] for r in runs)


for kind in ("strong", "weak", "replicas"):
    points = []
    reference = [json.load(open(f"{work}/{kind}.{numbers[0]}.{r}.json")) for r in range(1, int(rounds) + 1)]
    for n in numbers:
        runs = [json.load(open(f"{work}/{kind}.{n}.{r}.json")) for r in range(1, int(rounds) + 1)]
        ratios = [b["atom_steps_per_s"] / a["atom_steps_per_s"] for a, b in zip(reference, runs)]
        first = runs[0]
        total = first["atoms"] * first["replicas"]
        energy, wanted = first["checksum_energy_eV"], reference[0]["checksum_energy_eV"]
        if kind == "strong":
            agrees = abs(energy / wanted - 1) < (1e-9 if precision == "double" else 1e-8)
        else:
            own = reference[0]["atoms"] * reference[0]["replicas"]
            agrees = abs(energy / total / (wanted / own) - 1) < 2e-3
        failed = failed or not agrees
        points.append({"ranks": n, "atoms": total, "checksum_energy_eV": energy, "checksum_agrees": agrees,
                       "atom_steps_per_s": statistics.median(r["atom_steps_per_s"] for r in runs),
                       "speedup": statistics.median(ratios), "speedup_all": ratios,
                       "efficiency": statistics.median(ratios) * numbers[0] / n,
                       "efficiency_best": best(runs) / best(reference) * numbers[0] / n,
                       "atom_steps_per_s_best": best(runs),
                       "ghosts_per_atom": first.get("ghosts_per_atom", 0),
                       "step_ms": statistics.median(r["step_ms"] for r in runs)})
        p = points[-1]
        print(f"{kind:<9} {n:>4} ranks {total:>9} atoms  {p['atom_steps_per_s']:.3e} atom-steps/s  "
              f"speed-up {p['speedup']:.2f}  efficiency {100 * p['efficiency']:.0f} % "
              f"(best {100 * p['efficiency_best']:.0f} %)"
              f"{'' if agrees else '  CHECKSUM DIFFERS'}")
    result[kind] = points
json.dump(result, open(out + ".json", "w"), indent=1)

import matplotlib  # noqa: E402  (what was measured is safe by now)

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

figure, axes = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
for kind, marker in (("strong", "o"), ("weak", "s"), ("replicas", "^")):
    x = [p["ranks"] for p in result[kind]]
    axes[0].plot(x, [p["speedup"] for p in result[kind]], marker + "-", label=kind)
    axes[1].plot(x, [100 * p["efficiency"] for p in result[kind]], marker + "-", label=kind)
axes[0].plot(numbers, [n / numbers[0] for n in numbers], "k:", label="ideal")
axes[0].set(xscale="log", yscale="log", xlabel="ranks", ylabel="speed-up")
axes[1].set(xscale="log", xlabel="ranks", ylabel="efficiency [%]", ylim=(0, 110))
for a in axes:
    a.set_xticks(numbers, [str(n) for n in numbers])
    a.minorticks_off()
    a.grid(alpha=0.3)
axes[0].set_yticks(numbers, [str(n) for n in numbers])
axes[0].legend()
figure.savefig(out + ".png", dpi=150)
figure.savefig(out + ".pdf")
sys.exit(1 if failed else 0)
PY
