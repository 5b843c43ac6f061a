# shellcheck shell=bash
# What the job scripts (*.sbatch) share: how the program is started under SLURM, and how a job that stopped at a
# checkpoint goes back to the queue. It is sourced, not run; the sourcing script has set -euo pipefail.

mg_root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)"
mg_program="$mg_root/build/mgstiff-gpu"
# Where the program is installed, these scripts are in PREFIX/share/mgstiff-gpu/jobs.
[[ ! -x "$mg_root/../../bin/mgstiff-gpu" ]] || mg_program="$(cd "$mg_root/../../bin" && pwd -P)/mgstiff-gpu"
mg_program="${MGSTIFF:-$mg_program}"

mg_variables() {
    cat <<'HELP'

Variables of the environment (sbatch passes them on):
  MG_ROOT          folder of the program, where the job is not submitted from it; of an installed one
                   PREFIX/share/mgstiff-gpu
  MGSTIFF          the program (default: build/mgstiff-gpu in that folder, or the installed one)
  MG_LAUNCH        what starts the ranks (default: srun where it offers PMIx, else mpirun)
  MG_MAX_RESTARTS  how often a job goes back to the queue by itself (default: 100)
  SBATCH_ACCOUNT, SBATCH_PARTITION, ...  SLURM's own, instead of editing the #SBATCH lines
HELP
}

# mg_slurm_arguments LEAST ARGUMENT...: help, or an error where the script does not run under SLURM or has too little to
# do. The script has the function usage.
mg_slurm_arguments() {
    local least=$1
    shift
    if [[ "${1:-}" == -h || "${1:-}" == --help ]]; then
        usage
        mg_variables
        exit 0
    fi
    if (($# < least)); then
        printf 'error: arguments are missing (%s of %s were given); ' "$#" "$least" >&2
        printf 'see bash %s --help\n' "${SLURM_JOB_NAME:+jobs/}$(basename "$0")" >&2
        exit 2
    fi
    if [[ -z "${SLURM_JOB_ID:-}" ]]; then
        printf 'error: this is no SLURM job (SLURM_JOB_ID is not set); submit the script with sbatch\n' >&2
        exit 2
    fi
    if [[ ! -x "$mg_program" ]]; then
        printf 'error: %s was not found (the program of this job); build it, or set MGSTIFF\n' "$mg_program" >&2
        exit 2
    fi
}

# mg_requeue: SLURM puts the job back into the queue under the same number, so that jobs which wait for it with
# afterok go on waiting, and starts it again after two minutes at the earliest. It ends this script.
mg_requeue() {
    local restarts="${SLURM_RESTART_COUNT:-0}" most="${MG_MAX_RESTARTS:-100}"
    if ((restarts >= most)); then
        printf 'error: the job stopped at a checkpoint once more (after %s restarts, MG_MAX_RESTARTS); ' "$restarts" >&2
        printf 'submit it again to go on\n' >&2
        exit 75
    fi
    printf 'Stopped at a checkpoint: job %s goes back to the queue, restart %s\n' "$SLURM_JOB_ID" \
        "$((restarts + 1))" >&2
    if ! scontrol requeue "$SLURM_JOB_ID"; then
        printf 'error: the job was not put back (scontrol requeue failed, see above); ' >&2
        printf 'submit it again to go on from its checkpoint\n' >&2
        exit 75
    fi
    sleep 120
    exit 75
}

# mg_slurm_run ARGUMENT...: `mgstiff-gpu run ARGUMENT...` on all tasks of the job. Exit code 75 means: stopped at a
# checkpoint. A job that is back from the queue goes on, whatever --resume asked of its first run.
mg_slurm_run() {
    local tasks="${SLURM_NTASKS:-1}" status=0
    local -a launch=()
    ((${SLURM_RESTART_COUNT:-0} == 0)) || set -- "$@" --resume auto
    export OMP_NUM_THREADS="${SLURM_CPUS_PER_TASK:-1}"
    export SRUN_CPUS_PER_TASK="$OMP_NUM_THREADS"  # since SLURM 22.05 steps do not inherit it
    if [[ -n "${MG_LAUNCH:-}" ]]; then
        read -ra launch <<<"$MG_LAUNCH"
    elif ((tasks == 1)); then
        launch=(srun)
    elif grep -qw pmix <<<"$(srun --mpi=list 2>&1)"; then
        # The first rank that ends may take none with it: all write one checkpoint. A minute later it may.
        launch=(srun --mpi=pmix --kill-on-bad-exit=0 --wait=60)
    else
        launch=(mpirun --bind-to none)  # bound to one core each, the threads of a rank would share it
    fi
    printf '%s: %s run %s\n' "${launch[*]}" "$mg_program" "$*" >&2
    "${launch[@]}" "$mg_program" run "$@" || status=$?
    ((status != 75)) || mg_requeue
    exit "$status"
}
