#!/usr/bin/env bash
# Submits the stages of a study to SLURM as a chain of jobs.
set -euo pipefail

usage() {
    cat <<'HELP'
usage: jobs/chain.sh [--stages A,B,...] [--sbatch OPTION]... STUDY.toml [OPTION OF mgstiff-gpu run]...

Submits jobs/stage.sbatch once per stage, each job waiting until the one before has ended well (afterok). Prints one
line per job on standard output: the stage and the number of the job. A job that stops at a checkpoint goes back to
the queue and the rest of the chain waits on; where a stage fails, the rest is cancelled.

  --stages A,B,...  the stages (default: quench,stiffness,descriptors,barriers,train,moduli,report; barriers and moduli
                    only where the study has a table of that name)
  --sbatch OPTION   one more option of sbatch for every job, e.g. --sbatch --partition=gpu --sbatch --time=12:00:00
  --help            this text

MGSTIFF, MG_LAUNCH and MG_MAX_RESTARTS are passed on to the jobs, see bash jobs/stage.sbatch --help.
HELP
}

stages=""
options=()
while (($#)); do
    case "$1" in
        --stages | --sbatch)
            (($# >= 2)) || { printf 'error: %s needs a value\n' "$1" >&2 && exit 2; }
            if [[ "$1" == --stages ]]; then stages="$2"; else options+=("$2"); fi
            shift 2
            ;;
        -h | --help)
            usage
            exit 0
            ;;
        -*)
            printf 'error: unknown option %s (those of run follow the study file); see jobs/chain.sh --help\n' "$1" >&2
            exit 2
            ;;
        *) break ;;
    esac
done
(($# >= 1)) || { printf 'error: no study file was given (see jobs/chain.sh --help)\n' >&2 && exit 2; }
[[ -f "$1" ]] || { printf 'error: cannot read %s (no such file); name a study file\n' "$1" >&2 && exit 2; }
command -v sbatch >/dev/null ||
    { printf 'error: sbatch was not found (SLURM is needed); run this on a login node of the cluster\n' >&2 && exit 2; }
MG_ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)"
export MG_ROOT
name="$(basename "$1" .toml)"
if [[ -z "$stages" ]]; then
    stages=quench,stiffness,descriptors,train,report
    ! grep -qE '^[[:space:]]*\[barriers\]' "$1" || stages="${stages/train/barriers,train}"
    ! grep -qE '^[[:space:]]*\[moduli\]' "$1" || stages="${stages/train/train,moduli}"
fi
IFS=, read -ra list <<<"$stages"

before=""
for stage in "${list[@]}"; do
    wants=("${options[@]}" --job-name="$name-$stage")
    # It runs on one rank; it takes no GPU, but a site's partition may want one asked for.
    [[ "$stage" != report ]] || wants+=(--nodes=1 --ntasks-per-node=1)
    [[ -z "$before" ]] || wants+=(--dependency="afterok:$before" --kill-on-invalid-dep=yes)
    job="$(sbatch --parsable "${wants[@]}" "$MG_ROOT/jobs/stage.sbatch" "$stage" "$@")" || {
        printf 'error: sbatch refused the stage %s (see above); ' "$stage" >&2
        printf 'mend jobs/stage.sbatch or --sbatch%s\n' "${before:+ and scancel what was submitted}" >&2
        exit 1
    }
    before="${job%%;*}"  # with several clusters the cluster's name follows
    printf '%s %s\n' "$stage" "$before"
done
