#!/usr/bin/env bash
# Tables and structures as others write them, against LAMMPS (22 Jul 2025, run 0) or refused with what to do:
# foreign_files.sh <program> <source directory>
# shellcheck source-path=SCRIPTDIR source=../support/regression.sh
. "$(dirname "$0")/../support/regression.sh"
tables=$source_directory/tests/data/fuzz/potential
structures=$source_directory/tests/data/fuzz/structure

# energy VALUE STRUCTURE POTENTIAL ELEMENTS: `evaluate` gives the energy [eV] to 1e-9; what it says is in the file log.
energy() {
    "$program" evaluate "$2" --potential "$3" --elements "$4" --backend host --out atoms.xyz > out.json 2> log ||
        fail "evaluate $2 --potential $3"
    /usr/bin/python3 - "$1" << 'PY' || fail "the energy of $2 with $3 should be $1 eV"
import json
import sys

found, expected = json.load(open("out.json"))["energy_eV"], float(sys.argv[1])
sys.exit(abs(found / expected - 1) > 1e-9)
PY
}

echo "== tables"
for table in blank-lines comments extra-value trailer; do
    energy -666.308119255464 "$structures/setfl-cells.data" "$tables/setfl-$table.eam.alloy" Cu,Zr
    [ $table != extra-value ] || cp log warning
    [ $table = extra-value ] || [ ! -s log ] || fail "$table has messages"
done
energy -631.589183766139 "$structures/setfl-cells.data" "$tables/setfl-extra-value.eam.fs" Cu,Zr
grep -q "warning: .*setfl-extra-value.eam.fs:18: 9 tables have numbers left on the last line" log ||
    fail "no warning of what is left"
for said in warning log; do
    [ "$(grep -c warning $said)" = 1 ] || fail "more than one warning"
done
energy -0.07302314757539989 "$structures/dimer.data" "$tables/inf-at-zero.eam.alloy" Cu
[ ! -s log ] || fail "the infinite value has messages"

echo "== structures"
for file in ovito-numeric-types.xyz fix-property-section.data element-never-set.dump three-types-two-elements.data \
    left-handed.extxyz no-ids.dump; do
    energy -10.29298837977499 "$structures/$file" "$potential" Cu,Zr
    # What is written has the same energy, a left-handed cell too.
    energy -10.29298837977499 atoms.xyz "$potential" Cu,Zr
done
energy -10.29298837977499 "$structures/unlabelled-charge.data" "$potential" Zr,Cu
energy -10.29298837977499 "$structures/three-types-two-elements.data" "$potential" Cu,Zr,Cu
sed 's/Lattice/lattice/; s/Properties/properties/' "$structures/ovito-numeric-types.xyz" > lower.xyz
energy -10.29298837977499 lower.xyz "$potential" Cu,Zr

# Without elements: by masses, or with what to do.
model=$source_directory/jobs/models/cuzr-elastic.h5
for file in ovito-numeric-types.xyz no-ids.dump; do
    refused 2 "the elements are not known" "(--elements Cu,Zr)" -- "$program" predict "$model" "$structures/$file"
done
refused 2 "the column element is C for all atoms" "(--elements Cu,Zr)" -- \
    "$program" predict "$model" "$structures/element-never-set.dump"

# A study says of its potential what the commands say.
sed '$ s/$/ 0.0/' "$potential" > longer.eam.fs
small_study "system.potential='$work/longer.eam.fs'" 'study.output="out"'
"$program" check jobs/study.toml > out.toml 2> log || fail "check"
grep -q "^warning: .*longer.eam.fs:[0-9]*: 1 table has numbers left on the last line" log ||
    fail "check has no warning of the potential"
