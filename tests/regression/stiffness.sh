#!/usr/bin/env bash
# Harmonic stiffness by the command `stiffness` and by a study: stiffness.sh <program> <source directory>
# shellcheck source-path=SCRIPTDIR source=../support/regression.sh
. "$(dirname "$0")/../support/regression.sh"
vacancy=$source_directory/tests/data/vacancy/cu_vacancy_499.data
copper=(--potential "$potential" --elements Cu --backend host)

echo "== the command: schemes agree, and the smooth table matters"
for scheme in dense cg clusters; do
    "$program" stiffness "$vacancy" "${copper[@]}" --scheme "$scheme" --tolerance 0.005 --out "$scheme.xyz" \
        > "$scheme.json" 2> log || fail "stiffness --scheme $scheme"
    [ ! -s log ] || fail "stiffness --scheme $scheme has messages"
done
"$program" stiffness "$vacancy" "${copper[@]}" --every-knot --scheme dense --out every.xyz > every.json 2> log ||
    fail "stiffness --every-knot"
/usr/bin/python3 - <<'PY'
import json
import sys
import numpy as np
from regression import read_xyz

k = {name: read_xyz(f"{name}.xyz").columns["stiffness"] for name in ("dense", "cg", "clusters", "every")}
info = {name: json.load(open(f"{name}.json"))["structures"][0] for name in k}
tensor = read_xyz("dense.xyz").columns["compliance"]
off = {name: np.abs(k[name] / k["dense"] - 1) for name in k}
print({name: f"{np.sqrt(np.mean(off[name] ** 2)):.1e} rms, {off[name].max():.1e} largest" for name in off})
assert np.allclose(1 / tensor[:, :3].sum(1), k["dense"], rtol=1e-6)
assert off["cg"].max() < 0.005 and np.sqrt(np.mean(off["clusters"] ** 2)) < 0.006
assert 0 < off["every"].max() < 0.5
assert info["dense"]["scheme"] == "dense" and info["clusters"]["checked_atoms"] == 60
assert info["dense"]["largest_force_eV_per_A"] < 1e-6
assert info["clusters"]["relative_error"] < 0.005
assert k["dense"].min() < 0.9 * np.median(k["dense"]), "atoms at the vacancy are soft"
PY

echo "== vibrations; the structure may stand behind the elements"
"$program" stiffness --modes 20 --potential "$potential" --backend host --out modes.xyz --elements Cu "$vacancy" \
    > modes.json 2> log || fail "stiffness --modes"
/usr/bin/python3 - <<'PY'
import json
import numpy as np
from regression import read_xyz

atoms = read_xyz("modes.xyz").columns
j = json.load(open("modes.json"))["structures"][0]
frequency, ratio = (np.array(j["modes"][k]) for k in ("frequency_THz", "participation_ratio"))
assert len(frequency) == 20 and np.all(np.diff(frequency) >= 0) and 0.5 < frequency[0] < 3
assert np.all((ratio > 1 / 499) & (ratio <= 1))
assert abs(atoms["participation"].mean() - 1) < 1e-6
assert atoms["anisotropy"].max() > 3 * np.median(atoms["anisotropy"]), "neighbours of the vacancy have a direction"
states = j["density_of_states"]
step = states["frequency_THz"][1] - states["frequency_THz"][0]
assert abs(np.sum(states["total_per_THz"]) * step - 1) < 5e-3
assert np.allclose(states["of_species_per_THz"]["Cu"], states["total_per_THz"])
# Copper's phonons end at 7.2 THz (E. C. Svensson et al., Phys. Rev. 155, 619 (1967)); this potential's at some more.
cumulated = np.cumsum(states["total_per_THz"]) * step
assert 6.5 < states["frequency_THz"][np.searchsorted(cumulated, 0.99)] < 9
PY

echo "== what is refused"
refused 2 "nowhere.data" -- "$program" stiffness nowhere.data "${copper[@]}"
refused 2 "the output" -- "$program" stiffness "$vacancy" "${copper[@]}" --out "$vacancy"

echo "== a study that learns from the Hessian, on one and two ranks, with one sample measured as well"
small_study
mpi=()
command -v mpirun > /dev/null && [[ "$("$program" info)" != *"built without MPI"* ]] && mpi=(mpirun -n 2)
harmonic=(--set 'stiffness.method="harmonic"' --set stiffness.check_samples=1 --set quench.rate_K_per_s=3e14)
stages=(--stage quench --stage stiffness --stage descriptors --stage train)
"$program" run jobs/study.toml "${harmonic[@]}" "${stages[@]}" --out one > /dev/null 2> log ||
    fail "the study on one rank"
"${mpi[@]}" "$program" run jobs/study.toml "${harmonic[@]}" "${stages[@]}" --out two > /dev/null 2> log ||
    fail "the study on two ranks"
same one two || fail "two ranks give other bits than one"
/usr/bin/python3 - <<'PY'
import h5py
import json
import numpy as np

with h5py.File("one/samples/0000/stiffness.h5") as first, h5py.File("one/samples/0001/stiffness.h5") as second:
    for f in (first, second):
        k = f["stiffness"][...]
        assert f.attrs["method"] in ("harmonic", b"harmonic")
        assert np.array_equal(k, f["harmonic/stiffness"][...]) and np.all(k > 0)
        assert np.allclose(1 / f["harmonic/compliance"][:, :3].sum(1), k)
        assert f["reliability"][...].shape == (1,) and f["reliability"][0] > 0.99
    assert "msd" in first and "msd" not in second
    n = len(first["stiffness"])
    for f in (first, second):
        assert f["modes/frequency"].shape == (50,) and np.all(f["modes/frequency"][...] > 0)
        assert np.isclose(f["modes/participation"][...].mean(), 1)
        assert f["density_of_states/of_species"].shape == (2, len(f["density_of_states/frequency"]))
    temperatures = len(first["temperature"])
    assert first["hops/moved_before"].shape == first["hops/hopped_within"].shape == (temperatures, n)
    assert "hops" not in second
    windows = first["convergence/window"][...]
    assert np.all(np.diff(windows) > 0)
    assert np.allclose(first["convergence/mean_stiffness"][:, -1], first["stiffness_at"][...].mean(1))
    assert np.allclose(first["convergence/pearson_with_window"][:, -1], 1)
    assert np.allclose(first["convergence/pearson_with_visited"][:, -1],
                       first["visited/pearson_with_dynamics"][...])
    measured = first["stiffness_at"][...].mean(0)
    correlation = np.corrcoef(measured, first["harmonic/stiffness"][...])[0, 1]
    assert np.isclose(first["harmonic"].attrs["pearson_with_dynamics"], correlation)
summary = json.load(open("one/summary.json"))
assert [s["method"] for s in summary["stiffness"]] == ["harmonic", "harmonic"]
assert "pearson_with_dynamics" in summary["stiffness"][0]["harmonic"]
hops = summary["stiffness"][0]["hops"]
assert len(hops["atoms_moved_before"]) == len(hops["atoms_hopped_within"]) == len(hops["temperature_K"])
assert summary["stiffness"][1]["modes"]["count"] == 50 and "hops" not in summary["stiffness"][1]
assert summary["study"]["rough_labels"] is False
PY

echo "== both: the label is that of dynamics"
cp -r one both
"$program" run jobs/study.toml --set quench.rate_K_per_s=3e14 --set 'stiffness.method="both"' --stage stiffness \
    --out both > /dev/null 2> log || fail "method = both"
/usr/bin/python3 - <<'PY'
import h5py
import numpy as np

with h5py.File("both/samples/0001/stiffness.h5") as f, h5py.File("one/samples/0001/stiffness.h5") as harmonic:
    assert f.attrs["method"] in ("dynamics", b"dynamics")
    assert np.array_equal(f["harmonic/stiffness"][...], harmonic["stiffness"][...])
    assert np.allclose(f["stiffness"][...], f["stiffness_at"][...].mean(0))
PY
refused 2 "descriptors.positions" "mean positions come from dynamics" -- "$program" check jobs/study.toml \
    --set 'stiffness.method="harmonic"' --set 'descriptors.positions="mean"'
refused 2 "stiffness.check_samples" -- "$program" check jobs/study.toml --set stiffness.check_samples=1
