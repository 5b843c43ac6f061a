#!/usr/bin/env bash
# The set-up compiles and tests on all cores whatever OMP_NUM_THREADS says, which nproc alone repeats:
# cores.sh <program> <source directory>
set -euo pipefail
# shellcheck source=../../jobs/setup.sh
. "$2/jobs/setup.sh"
all=$(env -u OMP_NUM_THREADS -u OMP_THREAD_LIMIT nproc)
[ "$(OMP_NUM_THREADS=1 mg_cores)" -eq "$all" ] || { echo "FAILED: one core of $all is used" >&2; exit 1; }
[ "$(OMP_NUM_THREADS=1 mg_jobs)" -ge 1 ] && [ "$(OMP_NUM_THREADS=1 mg_jobs)" -le "$all" ]
echo "cores: passed"
