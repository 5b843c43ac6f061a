# shellcheck shell=bash
# What the scripts of tests/regression share. A script is called with <program> <source directory> and begins with
#   . "$(dirname "$0")/../support/regression.sh"
# It then stands in an empty folder, $work, which goes when it ends, and says at its end that it has passed.
set -euo pipefail
program=$(realpath "$1")
source_directory=$(realpath "$2")
# shellcheck disable=SC2034  # for the scripts
potential=$source_directory/jobs/potentials/Cu-Zr_2.eam.fs
work=$(mktemp -d)
export OMP_NUM_THREADS=1 MPLCONFIGDIR="$work/matplotlib"
export PYTHONDONTWRITEBYTECODE=1 PYTHONPATH="$source_directory/tests/support"  # regression.py
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1
cases=0 failures=0

# clean_up: a script that leaves more than $work behind has one of its own.
clean_up() { :; }
at_end() {
    local status=$1
    clean_up || true
    rm -rf "$work"
    if [ "$status" -eq 0 ] && [ "$failures" -gt 0 ]; then
        echo "FAILED: $failures of $cases commands were not refused as they should be" >&2
        status=1
    fi
    [ "$status" -ne 0 ] || echo "$(basename "$0" .sh): passed in $SECONDS s"
    exit "$status"
}
trap 'at_end $?' EXIT
cd "$work"

# fail TEXT...: ends the script; what the last command said, in the file log, is shown.
show_log() { [ ! -e log ] || sed 's/^/    /' log >&2; }
fail() {
    echo "FAILED: $*" >&2
    show_log
    exit 1
}

# refused STATUS TEXT... -- COMMAND...: the command ends with STATUS, its standard output is empty, and its standard
# error has every TEXT and ends in "problem (why); what to do". What is not so is said and counted, and the script fails
# at its end.
refused() {
    local wanted=$1 status=0 text faults=
    local -a texts=()
    shift
    while [ "$1" != -- ]; do texts+=("$1"); shift; done
    shift
    cases=$((cases + 1))
    timeout 120 "$@" > "$work/stdout" 2> "$work/stderr" < /dev/null || status=$?
    [ "$status" -eq "$wanted" ] || faults+="exit status $status, not $wanted; "
    [ ! -s "$work/stdout" ] || faults+="standard output is not empty; "
    for text in "${texts[@]}"; do
        grep -qF -- "$text" "$work/stderr" || faults+="no '$text' in the message; "
    done
    tail -n 1 "$work/stderr" | grep -qE '[^ ].* \(.+\); .+' || faults+="not 'problem (why); what to do'; "
    [ -n "$faults" ] || return 0
    failures=$((failures + 1))
    { echo "FAILED: $*"; echo "    $faults"; sed 's/^/    stderr: /' "$work/stderr" | head -n 12; } >&2
}

# small_study TABLE.KEY=VALUE...: small_study.toml with these values in place of its own or added to them (an empty
# VALUE takes the key away), as jobs/study.toml, with its potential beside it.
small_study() {
    local setting table key
    mkdir -p jobs
    cp "$potential" "$source_directory/tests/support/small_study.toml" jobs
    mv jobs/small_study.toml jobs/study.toml
    for setting in "$@"; do
        table=${setting%%.*} key=${setting%%=*} key=${key#*.}
        grep -q "^\[$table\]" jobs/study.toml || printf '\n[%s]\n' "$table" >> jobs/study.toml
        sed -i "/^\[$table\]/,/^\[/{/^$key = /d}" jobs/study.toml
        [ -z "${setting#*=}" ] || sed -i "/^\[$table\]/a $key = ${setting#*=}" jobs/study.toml
    done
}

# same ONE TWO [OPTION...]: two output directories have the same bits (regression.py).
same() { /usr/bin/python3 "$source_directory/tests/support/regression.py" "$@"; }

# find_python: $python is one that can draw the report.
find_python() {
    for python in "${MGSTIFF_PYTHON:-}" python3 /usr/bin/python3; do
        [ -z "$python" ] || ! "$python" -c 'import matplotlib, h5py, numpy, scipy' 2> /dev/null || return 0
    done
    fail "no Python imports matplotlib, h5py, numpy and scipy;" \
        "apt-get install python3-matplotlib python3-h5py python3-scipy"
}
