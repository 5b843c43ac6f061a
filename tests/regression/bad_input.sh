#!/usr/bin/env bash
# Bad input is a located message and exit status 2, with nothing run, nothing written and nothing on standard output:
# bad_input.sh <program> <source directory>
# shellcheck source-path=SCRIPTDIR source=../support/regression.sh
. "$(dirname "$0")/../support/regression.sh"
data=$source_directory/tests/data/single-point/b2_triclinic.data

# expect STATUS TEXT... -- COMMAND...: refused, and no directory "out" is left behind.
expect() {
    refused "$@"
    [ ! -e out ] || fail "the output directory was made by: $*"
}

small_study 'study.output="out"' quench.samples=3
cd jobs
# study FROM TO: the study with one text replaced, in bad.toml.
study() {
    /usr/bin/python3 - "$1" "$2" <<'PY'
import sys
text = open("study.toml").read()
assert text.count(sys.argv[1]) == 1, sys.argv[1]
open("bad.toml", "w").write(text.replace(sys.argv[1], sys.argv[2]))
PY
}
run() { expect 2 "$@" -- "$program" run bad.toml; }

echo "== study files"
study 'melt_ps = ' 'melt_pss = '
run "bad.toml:18:1: unknown key 'melt_pss' in [quench]" "did you mean 'melt_ps'?"
study '[quench]' '[quenhc]'
run "bad.toml:15:2: unknown table [quenhc]" "did you mean [quench]?"
study 'atoms = 500' 'atoms = "many"'
run "bad.toml:9:9: system.atoms is a string"
study 'atoms = 500' 'atoms = 501'
run "bad.toml:9:9: 501 atoms do not fill the start lattice" "500 = 4 x 5^3"
study 'atoms = 500' 'atoms = 108'
run "a box of 108 atoms is too small" "must be 16.200 A = 2 (cutoff 7.6 + skin 0.5)" "system.atoms = 500"
study '[0.5, 0.5]' '[0.5, 0.6]'
run "bad.toml:8:13: the fractions add up to 1.1"
study '[100, 300]' '[100, -300]'
run "bad.toml:23:24: stiffness.temperatures_K = -300.0 is out of range"
study '[100, 300]' '[100, 300000]'
run "bad.toml:23:24: stiffness.temperatures_K = 3e5 is out of range"
study 'melt_ps = 0.4' 'melt_K = 0'
run "bad.toml:18:10: quench.melt_K = 0"
study 'melt_ps = 0.4' 'melt_ps = nan'
run "bad.toml:18:11: quench.melt_ps is not a number"
study 'rate_K_per_s = 1e15' 'rate_K_per_s = -1e15'
run "bad.toml:17:16: quench.rate_K_per_s = -1e15 is out of range"
study 'samples = 3' 'samples = = 3'
run "bad.toml:16:11: this is not TOML"
study 'samples = 3' 'samples = 3µ'
run "bad.toml:16:12: this is not TOML (a character beyond ASCII stands outside of quotes and comments)"
study '"Cu", "Zr"' '"Cu", "Xx"'
run "bad.toml:7:19: unknown element 'Xx'"
study '"Cu", "Zr"' '"Cu", "Al"'
run "element 'Al' is not in '" "Cu-Zr_2.eam.fs'" "the file has Cu, Zr"
study "Cu-Zr_2.eam.fs" "nowhere.eam.fs"
run "bad.toml:10:13: system.potential" "nowhere.eam.fs: no such file"
study 'samples = 3' 'samples = 1'
run "no sample is left to train on" "quench.samples = 2 or more"
printf 'seed = "x"\n[quench]\nsamples = -3\nmelt_pss = 1\n' > bad.toml
run "bad.toml:1:1: " "bad.toml:3:11: quench.samples = -3" "bad.toml:4:1: unknown key 'melt_pss'" \
    "system.elements is missing" "system.potential is missing"
expect 2 "cannot read 'nowhere.toml'" -- "$program" run nowhere.toml
expect 2 "cannot read 'nowhere.toml'" -- "$program" check nowhere.toml
expect 2 "--set quench.samples: quench.samples is a string" -- "$program" run study.toml --set 'quench.samples="a"'
expect 2 "--set quench.sampels: unknown key" "did you mean 'samples'?" -- \
    "$program" run study.toml --set quench.sampels=2
expect 2 "sets nothing" -- "$program" run study.toml --set samples=2

echo "== potentials"
/usr/bin/python3 - "$potential" <<'PY'
import sys
lines = open(sys.argv[1]).read().splitlines(True)
header, body = lines[:5], lines[5:]
write = lambda name, parts: open(name, "w").write("".join(parts))
write("truncated.eam.fs", lines[:2000] + [lines[2000][:20]])
write("two_thirds.eam.fs", lines[:12000])
write("nan.eam.fs", lines[:2000] + ["nan " + lines[2000].split(None, 1)[1]] + lines[2001:])
write("garbage.eam.fs", ["hello\n", "world\n", "this\n", "is no potential\n", "at all\n"])
write("empty.eam.fs", [])
open("binary.eam.fs", "wb").write(bytes(range(256)) * 100)
# An element: its line, the embedding function, the densities at Cu and at Zr; then three pair functions.
per_line = len(body[1].split())
table = 10000 // per_line
element = 1 + 3 * table
copper, zirconium, pairs = body[:element], body[element:2 * element], body[2 * element:]
assert copper[0].split()[0] == "29" and zirconium[0].split()[0] == "40" and len(pairs) == 3 * table
write("sections.eam.fs", header + zirconium + copper + pairs)
embedding = lambda section: section[1:1 + table]
density = lambda section, k: section[1 + (k + 1) * table:1 + (k + 2) * table]
pair = lambda k: pairs[k * table:(k + 1) * table]
write("densities.eam.fs", header + copper[:1] + embedding(copper) + pair(0) + pair(1) + zirconium[:1] +
      embedding(zirconium) + pair(1) + pair(2) + density(copper, 0) + density(copper, 1) + density(zirconium, 1))
write("embedding.eam.fs", header + copper[:1] + density(copper, 0) + embedding(copper) + density(copper, 1) +
      zirconium + pairs)
PY
with_potential() {
    local name=$1
    shift
    expect 2 "$@" -- "$program" evaluate "$data" --potential "$name" --elements Cu,Zr
    expect 2 "$@" -- "$program" run study.toml --set "system.potential='$name'"
}
with_potential truncated.eam.fs "truncated.eam.fs:2001: " "missing" "the section of Cu"
with_potential two_thirds.eam.fs "two_thirds.eam.fs:12000: " "missing" "the section of Zr"
with_potential nan.eam.fs "nan.eam.fs:2001: 'nan' is not finite"
with_potential garbage.eam.fs "garbage.eam.fs:4: this is no table of an embedded-atom potential"
with_potential empty.eam.fs "empty.eam.fs' is not a potential" "it is empty"
with_potential binary.eam.fs "binary.eam.fs' is not a potential" "it is a binary file"
with_potential sections.eam.fs "sections.eam.fs:6: the sections of Cu and Zr are exchanged"
with_potential densities.eam.fs "densities.eam.fs: densities and pair functions seem to be exchanged"
with_potential embedding.eam.fs "embedding.eam.fs: the density of Cu at Cu does not end smoothly at the cutoff"
expect 2 "cannot read 'nowhere.eam.fs'" -- "$program" evaluate "$data" --potential nowhere.eam.fs --elements Cu,Zr
expect 2 "element 'Xx' is not in" "the file has Cu, Zr" -- \
    "$program" evaluate "$data" --potential "$potential" --elements Cu,Xx
expect 2 "types 1 and 2 are both named Cu" "63.546000 and 91.224000 u" -- \
    "$program" evaluate "$data" --potential "$potential" --elements Cu,Cu
expect 2 "cannot read 'nowhere.eam.fs'" -- "$program" info nowhere.eam.fs

echo "== structures"
/usr/bin/python3 - "$data" <<'PY'
import sys
lines = open(sys.argv[1]).read().split("\n")
first = lines.index("Atoms # atomic") + 2
print("the first atom is in line", first + 1)
def changed(name, atom, column, value):
    words = lines[first + atom].split()
    words[column] = value
    open(name, "w").write("\n".join(lines[:first + atom] + [" ".join(words)] + lines[first + atom + 1:]))
changed("nan.data", 10, 2, "nan")
changed("double.data", 10, 0, "5")
changed("type.data", 3, 1, "3")
changed("word.data", 3, 3, "abc")
open("truncated.data", "w").write("\n".join(lines[:200]))
x, y, z = lines[first].split()[2:5]
words = lines[first + 6].split()
close = lines[:first + 6] + [" ".join(words[:2] + [x, y, str(float(z) + 0.01)])] + lines[first + 7:]
open("overlap.data", "w").write("\n".join(close))
open("small.data", "w").write("small\n\n2 atoms\n2 atom types\n\n0 5 xlo xhi\n0 20 ylo yhi\n0 20 zlo zhi\n\n"
                              "Atoms # atomic\n\n1 1 0 0 0\n2 2 2.5 2.5 2.5\n")
xyz = '2\nLattice="20 0 0 0 20 0 0 0 20" Properties=species:S:1:pos:R:3\nCu 0 0 0\n'
open("gold.xyz", "w").write(xyz + "Au 3 3 3\n")
open("far.xyz", "w").write(xyz + "Zr 1e300 3 3\n")
open("garbage.data", "w").write("hello world\nfoo bar\n")
open("empty.data", "w").write("")
PY
with_structure() {
    local name=$1
    shift
    expect 2 "$@" -- "$program" evaluate "$name" --potential "$potential" --elements Cu,Zr
    printf '[system]\nelements = ["Cu", "Zr"]\nstructures = ["%s", "%s"]\npotential = "%s"\n' \
        "$name" "$name" "$potential" > given.toml
    expect 2 "$@" -- "$program" run given.toml --out out
}
with_structure nan.data "nan.data:28: 'nan' is not finite"
with_structure double.data "double.data:28: id 5 occurs twice" "line 22"
with_structure type.data "type.data:21: type 3 is out of range"
with_structure word.data "word.data:21: 'abc' is no number"
with_structure truncated.data "truncated.data:200: section Atoms ends early" "183 lines and needs 432"
with_structure small.data "small.data: the box is too small" "smallest perpendicular width is 5"
with_structure gold.xyz "gold.xyz:4: unknown species 'Au'" "the elements are Cu, Zr"
with_structure far.xyz "far.xyz:4: atom 2 is more than a million cells away"
with_structure garbage.data "garbage.data:2: no number of atoms"
with_structure empty.data "empty.data:1: no atoms"
expect 2 "must be above 15.2 A, twice the cutoff" -- \
    "$program" evaluate small.data --potential "$potential" --elements Cu,Zr
expect 2 "cannot read 'nowhere.data'" -- "$program" evaluate nowhere.data --potential "$potential" --elements Cu,Zr
expect 2 "b2_triclinic.data:19: type 2 has no element" -- \
    "$program" evaluate "$data" --potential "$potential" --elements Cu
# Atoms on top of each other are well-formed input and bad physics.
expect 1 "atom 1 of" "atom 7 of" "0.010" "closer than the potential's table" -- \
    "$program" evaluate overlap.data --potential "$potential" --elements Cu,Zr
expect 1 "cannot write" -- \
    "$program" evaluate "$data" --potential "$potential" --elements Cu,Zr --out /dev/null/x.xyz

# Formats of others are named, with the way to convert them.
printf 'CuZr\n1.0\n5 0 0\n0 5 0\n0 0 5\nCu Zr\n1 1\nDirect\n0 0 0\n0.5 0.5 0.5\n' > POSCAR
printf '# made by hand\ndata_CuZr\n_cell_length_a 3.2\nloop_\n_atom_site_label\nCu\n' > made.cif
printf 'CRYST1    5.000    5.000    5.000  90.00  90.00  90.00 P 1\n' > made.pdb
printf 'Number of particles = 2\n' > made.cfg
for named in 'POSCAR POSCAR of VASP' 'made.cif CIF file' 'made.pdb PDB file' 'made.cfg CFG file of AtomEye'; do
    expect 2 "'${named%% *}' is a ${named#* }" 'format="extxyz"' -- "$program" evaluate "${named%% *}" \
        --potential "$potential" --elements Cu,Zr
done

echo "== the command line"
expect 2 "no command was given" "the commands are run, check, evaluate" -- "$program"
expect 2 "unknown command 'runn'" "the commands are run, check, evaluate" -- "$program" runn study.toml
expect 2 "--fast" "mgstiff-gpu run --help" -- "$program" run study.toml --fast
expect 2 "study is required" -- "$program" run
expect 2 "study is required" -- "$program" check
expect 2 "directory is required" -- "$program" report
expect 2 "--potential is required" -- "$program" evaluate "$data" --elements Cu,Zr
expect 2 "--elements is required" -- "$program" evaluate "$data" --potential "$potential"
expect 2 "--precision: single" -- \
    "$program" evaluate "$data" --potential "$potential" --elements Cu,Zr --precision single
expect 2 "--backend: gpu" -- "$program" run study.toml --backend gpu
expect 2 "--resume: maybe" -- "$program" run study.toml --resume maybe
expect 2 "--out: the name is empty" -- "$program" run study.toml --out ""
if ! "$program" info | grep -Eq '[1-9][0-9]* device\(s\) usable here'; then
    for command in "run study.toml" "check study.toml" \
                   "evaluate $data --potential $potential --elements Cu,Zr"; do
        # shellcheck disable=SC2086  # words on purpose
        expect 2 "CUDA" "use --backend host" -- "$program" $command --backend cuda
    done
fi

echo "== stages and output directories"
expect 2 "unknown stage \"melt\"" "quench, stiffness, descriptors, barriers, train" -- \
    "$program" run study.toml --stage melt
expect 2 "the stage stiffness needs the stage quench" "it has not finished in out" -- \
    "$program" run study.toml --stage stiffness
expect 2 "the stage train needs the stage quench" -- "$program" run study.toml --stage train
expect 2 "cannot make the directory /dev/null/x" -- "$program" run study.toml --out /dev/null/x
expect 2 "cannot make the directory /proc/x" -- "$program" run study.toml --out /proc/x
expect 2 "study.toml is not a directory" -- "$program" run study.toml --out study.toml
mkdir full && echo precious > full/file
expect 2 "full is not empty and holds no study" -- "$program" run study.toml --out full
expect 2 "full is not empty and holds no study" -- "$program" check study.toml --out full
[ "$(ls -A full)" = file ] || fail "the run wrote into a directory of others"
expect 2 "There is no report of" "it holds no study" -- "$program" report full
expect 2 "nowhere is not a directory" -- "$program" report nowhere

# What `check` resolves is what a run leaves in its directory: so a directory with a study costs no run here.
"$program" check study.toml --out other > resolved.toml 2> stderr || fail "check study.toml: $(tail -n 1 stderr)"
mkdir -p other/samples/0000
mv resolved.toml other/config.resolved.toml
cp other/config.resolved.toml before.toml
expect 2 'other holds another study, "small"' "its study.seed is 7, not 8" -- \
    "$program" run study.toml --out other --set study.seed=8
expect 2 'other holds another study, "small"' 'its study.name is "small", not "mine"' -- \
    "$program" run study.toml --out other --set study.name=mine
expect 2 'other holds another study, "small"' "its quench.rate_K_per_s is 1e15, not 1e14" -- \
    "$program" run study.toml --out other --set quench.rate_K_per_s=1e14
expect 2 "other holds results already" -- "$program" run study.toml --out other --resume never
for shape in '[]' 'null' '3' '{"quench": 5}' '{"quench": {"hash": 7}}' '{"quench": {"seconds": "x"}}'; do
    printf '%s' "$shape" > other/stages.json
    expect 2 "'other/stages.json' is damaged" "set-aside" -- "$program" run study.toml --out other
done
rm other/stages.json
cmp before.toml other/config.resolved.toml
[ "$(find other -type f)" = other/config.resolved.toml ] ||
    fail "a refused run wrote into the directory"

echo "== memory that ends within a parallel loop, and a directory that goes"
if (ulimit -v 400000; timeout 120 "$program" bench md --atoms 400000 --melt-atoms 500 --steps 2 --backend host) \
    > stdout 2> stderr; then
    fail "400,000 atoms fit into 400 MB?"
fi
tail -n 1 stderr | grep -q 'cannot allocate .*(out of memory); use fewer' || fail "memory: $(tail -n 1 stderr)"
"$program" run study.toml --out gone --set quench.melt_ps=1000 > stdout 2> stderr &
for ((k = 0; k < 200; ++k)); do
    [ ! -e gone/checkpoints ] || break
    sleep 0.05
done
until rm -rf gone 2> stderr.rm; do sleep 0.05; done  # the run may write into it meanwhile
kill -USR1 $!
status=0
wait $! || status=$?
[ "$status" -eq 1 ] || fail "a directory that goes: exit status $status"
grep -q 'its directory is not there); it may have been deleted or renamed since' stderr ||
    fail "a directory that goes: $(tail -n 1 stderr)"

echo "== help"
for command in "" run check evaluate report info; do
    # shellcheck disable=SC2086  # no word where it is empty
    "$program" $command --help > stdout || fail "$command --help has a non-zero status"
    grep -q 'Usage: mgstiff-gpu' stdout || fail "no usage in $command --help"
done
"$program" --version | grep -Eq '^[0-9]+\.[0-9]+\.[0-9]+ \('
