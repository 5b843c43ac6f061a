#!/usr/bin/env bash
# model.onnx of a study says what the study says: checked by python3-onnx, and computed node by node in NumPy, where
# onnxruntime is not at hand: onnx.sh <program> <source directory>
# shellcheck source-path=SCRIPTDIR source=../support/regression.sh
. "$(dirname "$0")/../support/regression.sh"
/usr/bin/python3 -c "import onnx, h5py" 2> /dev/null || { echo "SKIPPED: python3-onnx is not installed"; exit 77; }
# Any numbers will do here: the shortest of runs.
small_study quench.rate_K_per_s=4e15 quench.melt_ps=0.1 stiffness.equilibrate_ps=0.1 stiffness.window_ps=0.2 \
    train.hidden='[16]' train.epochs=20 train.folds=0
stages=(--stage quench --stage stiffness --stage descriptors --stage train)
"$program" run jobs/study.toml "${stages[@]}" > log 2>&1 || fail "the study did not run"

cat > check.py << 'PY'
import sys
import h5py, numpy as np, onnx
from onnx import numpy_helper
members, activation, layers = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
model = onnx.load("study/model.onnx")
onnx.checker.check_model(model, full_check=True)
about = {p.key: p.value for p in model.metadata_props}
assert about["elements"] == "Cu,Zr" and about["unit"] == "eV/A^2", about
features = h5py.File("study/samples/0001/descriptors.h5")["features"][...].astype(np.float32)
assert len(about["features"].split(",")) == features.shape[1]
assert about["descriptor"] == h5py.File("study/model.h5")["descriptor"].attrs["kind"]
own = h5py.File("study/samples/0001/prediction.h5")
values = {i.name: numpy_helper.to_array(i) for i in model.graph.initializer}
values["descriptors"] = features
kinds = [n.op_type for n in model.graph.node]
assert kinds.count("Gemm") == members * (layers + 1) and kinds.count(activation) == members * layers, kinds
f = np.float32
for n in model.graph.node:
    v = [values[i] for i in n.input]
    a = {x.name: onnx.helper.get_attribute_value(x) for x in n.attribute}
    values[n.output[0]] = {
        "Sub": lambda: v[0] - v[1], "Mul": lambda: v[0] * v[1], "Add": lambda: v[0] + v[1],
        "Gemm": lambda: v[0] @ (v[1].T if a.get("transB") else v[1]) + v[2],
        "Relu": lambda: np.maximum(v[0], f(0)), "Tanh": lambda: np.tanh(v[0]),
        "Sigmoid": lambda: f(1) / (f(1) + np.exp(-v[0])), "Identity": lambda: v[0],
        "Concat": lambda: np.concatenate(v, axis=a["axis"]),
        "ReduceMean": lambda: v[0].mean(axis=tuple(a["axes"]), keepdims=bool(a.get("keepdims", 1)), dtype=f),
        "Sqrt": lambda: np.sqrt(v[0])}[n.op_type]()
    assert values[n.output[0]].dtype == np.float32, n.op_type
outputs = [o.name for o in model.graph.output]
assert outputs == ["stiffness"] + (["ensemble_deviation"] if members > 1 else []), outputs
real = own["stiffness"][...]
off = np.max(np.abs(values["stiffness"][:, 0] - real)) / np.max(np.abs(real))
print(f"{members} network(s), {activation}, {layers} hidden layer(s): largest difference {off:.1e} of the largest")
assert values["stiffness"].shape == (len(real), 1) and off < 1e-5, off
if members > 1:
    spread = own["ensemble_deviation"][...]
    assert np.max(np.abs(values["ensemble_deviation"][:, 0] - spread)) < 1e-5 * np.max(np.abs(real))
try:
    import onnxruntime
except ImportError:
    sys.exit()
out = onnxruntime.InferenceSession("study/model.onnx", providers=["CPUExecutionProvider"]).run(
    None, {"descriptors": features})
assert np.max(np.abs(out[0][:, 0] - real)) < 1e-5 * np.max(np.abs(real)), "onnxruntime"
print("onnxruntime agrees")
PY
/usr/bin/python3 check.py 1 Relu 1
for case in "2 Tanh 2 rdf_species" "3 Sigmoid 1 radial"; do
    read -r members activation layers kind <<< "$case"
    hidden=$([ "$layers" -eq 2 ] && echo "[12, 8]" || echo "[16]")
    "$program" run jobs/study.toml --stage descriptors --stage train --set "train.seeds=$members" \
        --set "train.activation=${activation,,}" --set "train.hidden=$hidden" --set "descriptors.kind=$kind" \
        > log 2>&1 || fail "the study with $members of $activation did not run"
    /usr/bin/python3 check.py "$members" "$activation" "$layers"
done
