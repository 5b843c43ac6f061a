#!/usr/bin/env bash
# What `cmake --install` lays down works from wherever it is moved to, with its own scripts: install.sh <program>
# <source directory>
# shellcheck source-path=SCRIPTDIR source=../support/regression.sh
. "$(dirname "$0")/../support/regression.sh"
build=$(dirname "$program")
unset MGSTIFF_SHARE "${!MG_@}" "${!SLURM_@}"
find_python
export MGSTIFF_PYTHON=$python

cmake --install "$build" --prefix "$work/first" > "$work/installed" || fail "cmake --install: $(cat "$work/installed")"
mkdir "$work/second place"
mv "$work/first" "$work/second place/moved"
prefix="$work/second place/moved"
share=$prefix/share/mgstiff-gpu
for file in bin/mgstiff-gpu share/doc/mgstiff-gpu/LICENSE share/doc/mgstiff-gpu/CITATION.cff; do
    [ -s "$prefix/$file" ] || fail "$file was not installed"
done
for file in "$source_directory"/src/report/figures/*.py "$source_directory"/src/report/figures/*.js; do
    cmp "$file" "$share/figures/${file##*/}" || fail "${file##*/} was not installed as it is"
done
cmp "$source_directory/jobs/potentials/Cu-Zr_2.eam.fs" "$share/jobs/potentials/Cu-Zr_2.eam.fs"
"$prefix/bin/mgstiff-gpu" info "$share/jobs/potentials/Cu-Zr_2.eam.fs" > info || fail "info of the installed program"
grep -q 'Zr' info || fail "info does not describe the installed potential: $(cat info)"
"$prefix/bin/mgstiff-gpu" check "$share/jobs/quick.toml" --backend host > check 2>&1 || fail "check: $(cat check)"

# The scripts that run are the installed ones: one that says so is heard, and without them there are none.
"$python" "$source_directory/tests/support/make_synthetic_study.py" study --atoms 100 --samples 1 --only-glass
sed -i 's/^import sys$/import sys; print("installed scripts", file=sys.stderr)/' "$share/figures/make_report.py"
"$prefix/bin/mgstiff-gpu" report study > report 2>&1 || fail "report: $(cat report)"
grep -q '^installed scripts$' report || fail "the report was not drawn by the installed scripts: $(cat report)"
[ -s study/report.html ] || fail "report.html was not written"
! find "$share" -name __pycache__ | grep -q . || fail "byte code was written beside the installed scripts"
mv "$share/figures" "$share/figures.away"
status=0
"$prefix/bin/mgstiff-gpu" report study > report 2>&1 || status=$?
[ "$status" = 1 ] || fail "without scripts the report ended with $status"
grep -qF "$share/figures" report || fail "the error does not say where the scripts were looked for: $(cat report)"

# The job scripts start the installed program.
printf '#!/bin/sh\necho "$@"\n' > srun
chmod +x srun
export MG_ROOT=$share SLURM_JOB_ID=1 PATH="$work:$PATH"
started=$(bash "$share/jobs/one_node.sbatch" study.toml 2> /dev/null) || fail "one_node.sbatch of the installed tree"
[ "$started" = "$prefix/bin/mgstiff-gpu run study.toml" ] || fail "one_node.sbatch started '$started'"
