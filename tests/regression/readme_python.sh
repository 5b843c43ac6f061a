#!/usr/bin/env bash
# The Python lines of README's "Results in Python", as they stand there, on the files of a tiny study: each block prints
# the mean stiffness of zirconium first. A block whose package no Python here has is left out, aloud; a Python with ASE
# and OVITO is named by MG_READERS_PYTHON: readme_python.sh <program> <source directory>
# shellcheck source-path=SCRIPTDIR source=../support/regression.sh
. "$(dirname "$0")/../support/regression.sh"

small_study system.atoms=256 quench.samples=1 quench.melt_ps=0.2 quench.anneal_ps=0.2 stiffness.window_ps=0.3
"$program" run jobs/study.toml --stage quench --stage stiffness --out out/my_glass > log 2>&1 || fail "the study"

awk '/^## / { inside = ($0 == "## Results in Python") }
     inside && /^```/ { if (open) open = 0; else if ($0 == "```python") { open = 1; n++ } next }
     open { print > ("block_" n ".py") }' "$source_directory/README.md"
wanted=$(/usr/bin/python3 -c '
import h5py
k = h5py.File("out/my_glass/samples/0000/stiffness.h5")["stiffness"][...]
print(repr(float(k[h5py.File("out/my_glass/samples/0000/glass.h5")["species"][...] == 1].mean())))')

ran=""
for package in h5py ase ovito; do
    block=$(grep -lE "^(import|from) $package\b" block_*.py) || fail "README has no lines for $package"
    [ "$(grep -c . "$block")" -le 5 ] || fail "the lines for $package are more than five"
    python=
    for candidate in "${MG_READERS_PYTHON:-}" python3 /usr/bin/python3; do
        if [ -n "$candidate" ] && "$candidate" -c "import $package" 2> /dev/null; then python=$candidate && break; fi
    done
    if [ -z "$python" ]; then
        echo "SKIPPED: README's lines for $package (no Python here has it)"
        continue
    fi
    "$python" "$block" > said 2> log || fail "README's lines for $package"
    /usr/bin/python3 -c '
import sys
found, wanted = float(open("said").read().split()[0]), float(sys.argv[1])
sys.exit(f"{found}, not {wanted}" if abs(found / wanted - 1) > 1e-9 else 0)' "$wanted" ||
        fail "README's lines for $package print another mean stiffness: $(cat said)"
    ran+=" $package"
done
[[ "$ran" == *" h5py"* ]] || fail "no Python here has h5py"
echo "ran README's lines for$ran"
