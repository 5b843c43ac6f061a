#!/usr/bin/env bash
# A result file that is damaged, cut, exchanged, edited or written by others is named and never used, and where it is
# deleted it is made again with the same bits: sealed.sh <program> <source directory>
#
# MG_MUTATIONS: random changes of each file (default 0: the unit test ResultFiles makes a thousand of each). MG_SEED:
# seed of these (default 1).
# shellcheck source-path=SCRIPTDIR source=../support/regression.sh
. "$(dirname "$0")/../support/regression.sh"

small_study system.atoms=320 quench.melt_ps=0.2 quench.anneal_ps=0.2 stiffness.window_ps=0.4 \
    train.max_crystalline=1.0 barriers.atoms='[3]' barriers.samples='"all"' barriers.events_per_atom=1 \
    barriers.max_attempts_per_atom=1 barriers.max_evaluations=300
arguments=(run jobs/study.toml)
for stage in quench stiffness descriptors barriers train; do arguments+=(--stage "$stage"); done
"$program" "${arguments[@]}" > log 2>&1 || fail "the study did not run"
cp -r study reference
"$program" "${arguments[@]}" --set study.seed=2 --out other > log 2>&1 || fail "another study did not run"

# tampered HOW FILE PLACE: changes a file as HOW says; PLACE in [0, 1) says where.
tampered() {
    /usr/bin/python3 - "$@" << 'PY'
import random, sys
import h5py
import numpy as np
how, path, place = sys.argv[1], sys.argv[2], float(sys.argv[3])
if how == "edited":
    with h5py.File(path, "r+") as file:
        names = []
        file.visititems(lambda name, node: names.append(name) if isinstance(node, h5py.Dataset) else None)
        name = sorted(names)[int(place * len(names))]
        file[name][...] = np.asarray(file[name]) * 2 + 1
elif how == "written by others":
    with h5py.File(path) as file, h5py.File(path + ".new", "w") as new:
        for name in file:
            file.copy(name, new)
        for name, value in file.attrs.items():
            new.attrs[name] = value
    import os
    os.replace(path + ".new", path)
else:
    data = bytearray(open(path, "rb").read())
    at = int(place * len(data))
    if how == "cut":
        del data[at:]
    elif how == "flipped":
        data[at] ^= 1 << random.Random(place).randrange(8)
    elif how == "lengthened":
        data[at:at] = b"\0"
    elif how == "zeroed":
        # The same bytes are no change.
        data[at:at + 512] = bytes(b ^ 255 for b in data[at:at + 512])
    open(path, "wb").write(data)
PY
}
# named FILE WHAT: run and check refuse, with the file's name and what is wrong, and change nothing.
named() {
    refused 2 "'$1' $2" "put the right file back, or" -- "$program" "${arguments[@]}"
}
names=(glass thermo stiffness descriptors barriers prediction)

echo "== damaged, cut, lengthened, edited, written by others"
for name in "${names[@]}"; do
    file=study/samples/0001/$name.h5
    hows=(edited)
    [ "$name" != stiffness ] || hows+=(flipped cut lengthened zeroed "written by others")
    for how in "${hows[@]}"; do
        tampered "$how" "$file" 0.7
        refused 2 "'$file' is damaged" -- "$program" "${arguments[@]}"
        cp "reference/${file#study/}" "$file"
    done
    : > "$file"
    refused 2 "'$file' is damaged or not a file of this program" -- "$program" "${arguments[@]}"
    cp "reference/${file#study/}" "$file"
done
echo "== exchanged with another sample's, another stage's, another study's"
for name in "${names[@]}"; do
    file=study/samples/0001/$name.h5
    cp "study/samples/0000/$name.h5" "$file"
    named "$file" "is of another sample (it is of sample 0, in the place of sample 1)"
    cp "other/samples/0001/$name.h5" "$file"
    named "$file" "is of other settings (it was not made by this study)"
    cp "study/samples/0001/$([ "$name" = glass ] && echo barriers || echo glass).h5" "$file"
    named "$file" "is not what its name says (it was written as"
    cp "reference/${file#study/}" "$file"
done
echo "== check says the same; what a training reads is looked at under --resume force as well"
file=study/samples/0000/stiffness.h5
tampered edited "$file" 0.9
refused 2 "'$file' is damaged" -- "$program" check jobs/study.toml
refused 2 "'$file' is damaged" -- "$program" run jobs/study.toml --stage train --resume force
refused 2 "'$file' is damaged" -- "$program" run jobs/study.toml --stage train
# A stage that is made anew does not mind what becomes of its own files.
"$program" run jobs/study.toml --stage stiffness --stage train --resume force > log 2>&1 || fail "made anew"
"$program" "${arguments[@]}" > log 2>&1 || fail "after that the study does not go on"
same reference study --at-least 50 > log || fail "made anew: other bits"

echo "== deleted, as the message says"
for name in "${names[@]}"; do
    rm "study/samples/0001/$name.h5"
    [ "$name" != thermo ] || rm study/samples/0001/glass.h5  # the thermo.h5 of a glass comes with it
    "$program" "${arguments[@]}" > log 2>&1 || fail "$name.h5 is not made again"
    same reference study --at-least 50 > log || fail "$name.h5 is made again with other bits"
done

echo "== what is of all samples: models and JSON"
for name in metrics.json model.h5; do
    tampered flipped "study/$name" 0.5
    refused 2 "'study/$name'" -- "$program" "${arguments[@]}"
    cp "reference/$name" "study/$name"
done
sed -i '0,/[0-9]/s/[0-9]/7/' study/metrics.json && ! cmp -s study/metrics.json reference/metrics.json ||
    sed -i '0,/[0-9]/s/[0-9]/8/' study/metrics.json
refused 2 "'study/metrics.json' was changed since it was written" "--resume force" -- "$program" "${arguments[@]}"
for name in metrics.json model.h5; do
    rm "study/$name"
    "$program" "${arguments[@]}" > log 2>&1 || fail "$name is not made again"
    cmp -s "reference/$name" "study/$name" || [ "$name" = model.h5 ] || fail "$name is made again, as another"
    same reference study --at-least 50 > log || fail "made again beside $name: other bits"
done

mutations=${MG_MUTATIONS:-0}
echo "== $mutations random changes of each"
rm -r study
cp -r reference study
RANDOM=${MG_SEED:-1}
hows=(flipped flipped flipped cut lengthened zeroed edited)
for name in "${names[@]}"; do
    file=study/samples/0000/$name.h5
    for ((k = 0; k < mutations; ++k)); do
        how=${hows[$((RANDOM % ${#hows[@]}))]}
        tampered "$how" "$file" "$(/usr/bin/python3 -c "print(($RANDOM + $RANDOM / 32768) / 32768)")"
        refused 2 "'$file' is" -- "$program" "${arguments[@]}"
        cp "reference/${file#study/}" "$file"
    done
done
"$program" "${arguments[@]}" > log 2>&1 || fail "the study does not go on"
