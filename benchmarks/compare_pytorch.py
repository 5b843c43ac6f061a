#!/usr/bin/env python3
"""
Training against PyTorch: the same data, first weights, batches and Adam, in double, by turns on the same threads.

compare_pytorch.py [--quick] [--threads N] [--program build/mgstiff-gpu] [--samples 176868] [--features 40]
                   [--hidden 200] [--batch 256] [--rounds 3] [--work DIR] [--json FILE] [--bound 1.0]
                   [--model MODEL.onnx --study DIR]

First 100 steps of Adam on 256 samples, whose losses must agree to 1e-4 (relative). Then epochs by turns: PyTorch's
fastest plain way (gathered batches of a tensor in memory, torch.optim.Adam with foreach), in float64 as the program
computes, and in float32 for information. --quick takes a tenth of the samples and at most five minutes. With --model
and --study it also runs the model.onnx of a study in onnxruntime and compares with prediction.h5 (1e-5 of the largest).
Exit 1 where the losses differ, or the program is slower than --bound times PyTorch. Needs torch, numpy and h5py (and
onnxruntime).
"""

import argparse
import glob
import json
import os
import statistics
import subprocess
import sys
import time

import h5py
import numpy as np
import torch

STEPS = 100


def program(options, *arguments):
    environment = dict(os.environ, OMP_NUM_THREADS=str(options.threads))
    done = subprocess.run([options.program, "bench", "train", "--backend", options.backend, *map(str, arguments)],
                          env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"bench train failed:\n{done.stderr}")
    return json.loads(done.stdout)


def network(widths, activation, parameters, dtype):
    """Linear layers from the program's flat parameters: per layer (outputs, inputs + 1), the last column the bias."""
    layers, at = [], 0
    for k, (inputs, outputs) in enumerate(zip(widths, widths[1:])):
        block = parameters[at:at + outputs * (inputs + 1)].reshape(outputs, inputs + 1)
        at += outputs * (inputs + 1)
        layer = torch.nn.Linear(inputs, outputs, dtype=dtype)
        with torch.no_grad():
            layer.weight.copy_(torch.from_numpy(block[:, :-1]))
            layer.bias.copy_(torch.from_numpy(block[:, -1]))
        layers.append(layer)
        if k + 2 < len(widths):
            layers.append({"relu": torch.nn.ReLU, "sigmoid": torch.nn.Sigmoid, "tanh": torch.nn.Tanh}[activation]())
    return torch.nn.Sequential(*layers)


class Training:
    """What the program trained, in PyTorch."""

    def __init__(self, path, hidden, activation, batch, rate, dtype):
        with h5py.File(path) as file:
            x, y = file["features"][...], file["target"][...]
            self.order = torch.from_numpy(file["order"][...].astype(np.int64))
            parameters = file["initial_parameters"][...]
        x = (x - x.mean(axis=0)) / x.std(axis=0)
        y = (y - y.mean()) / y.std()
        self.x, self.y = torch.from_numpy(x).to(dtype), torch.from_numpy(y).to(dtype)[:, None]
        self.model = network([x.shape[1], *hidden, 1], activation, parameters, dtype)
        self.adam = torch.optim.Adam(self.model.parameters(), lr=rate, foreach=True)
        self.batch, self.epoch = batch, 0

    def run_epoch(self):
        """Mean loss of the epoch's rows, each batch before its update; and the seconds."""
        order = self.order[self.epoch % len(self.order)]
        begin, total = time.perf_counter(), 0.0
        losses = []
        for first in range(0, len(order), self.batch):
            rows = order[first:first + self.batch]
            self.adam.zero_grad(set_to_none=True)
            loss = torch.nn.functional.mse_loss(self.model(self.x[rows]), self.y[rows])
            loss.backward()
            self.adam.step()
            losses.append(loss.detach() * len(rows))
        total = float(torch.stack(losses).sum())
        self.epoch += 1
        return total / len(order), time.perf_counter() - begin


def check_model(options):
    import onnxruntime
    session = onnxruntime.InferenceSession(options.model, providers=["CPUExecutionProvider"])
    worst = 0.0
    for folder in sorted(glob.glob(os.path.join(options.study, "samples", "*"))):
        with h5py.File(os.path.join(folder, "descriptors.h5")) as file:
            features = file["features"][...].astype(np.float32)
        with h5py.File(os.path.join(folder, "prediction.h5")) as file:
            ours = file["stiffness"][...]
        theirs = session.run(["stiffness"], {"descriptors": features})[0][:, 0]
        worst = max(worst, float(np.max(np.abs(theirs - ours)) / np.max(np.abs(ours))))
    print(f"onnxruntime {onnxruntime.__version__}: largest difference {worst:.1e} of the largest value")
    return worst


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    parser.add_argument("--program", default=os.path.join(root, "build", "mgstiff-gpu"))
    parser.add_argument("--backend", default="host")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--samples", type=int)
    parser.add_argument("--features", type=int, default=40)
    parser.add_argument("--hidden", type=lambda s: [int(w) for w in s.split(",")], default=[200])
    parser.add_argument("--activation", default="relu")
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--work", default="pytorch-comparison")
    parser.add_argument("--json")
    parser.add_argument("--bound", type=float, default=1.0)
    parser.add_argument("--write-losses", metavar="FILE",
                        help="adds PyTorch's losses of the 100 steps to this JSON and ends, as for "
                             "tests/data/torch_losses.json")
    parser.add_argument("--model")
    parser.add_argument("--study")
    options = parser.parse_args()
    samples = options.samples or (17686 if options.quick else 176868)
    rounds = options.rounds or 3
    torch.set_num_threads(options.threads)
    os.makedirs(options.work, exist_ok=True)
    data = os.path.join(options.work, "data.h5")
    hidden = ",".join(str(w) for w in options.hidden)
    shape = ["--features", options.features, "--hidden", hidden, "--activation", options.activation]

    # A batch that is the whole set: an epoch is a step.
    ours = program(options, *shape, "--samples", 256, "--batch", 256, "--epochs", STEPS, "--write-data", data)["loss"]
    torch_run = Training(data, options.hidden, options.activation, 256, 1e-3, torch.float64)
    theirs = [torch_run.run_epoch()[0] for _ in range(STEPS)]
    difference = max(abs(a - b) / abs(b) for a, b in zip(ours, theirs))
    print(f"{STEPS} steps of Adam: losses {theirs[0]:.6f} to {theirs[-1]:.6f}, largest relative difference "
          f"{difference:.1e}")

    if options.write_losses:
        cases = []
        if os.path.exists(options.write_losses):
            with open(options.write_losses, encoding="utf-8") as file:
                cases = json.load(file)
        cases.append({"torch": torch.__version__, "features": options.features, "hidden": options.hidden,
                      "activation": options.activation, "loss": theirs})
        with open(options.write_losses, "w", encoding="utf-8") as file:
            json.dump(cases, file)
        return 0

    common = [*shape, "--samples", samples, "--batch", options.batch, "--epochs", 4]
    program(options, *common, "--write-data", data)
    runs = {kind: Training(data, options.hidden, options.activation, options.batch, 1e-3, dtype)
            for kind, dtype in (("torch_float64", torch.float64), ("torch_float32", torch.float32))}
    seconds = {"program": [], "torch_float64": [], "torch_float32": []}
    for run in runs.values():
        run.run_epoch()  # as the program's first, not timed
    for _ in range(rounds):
        seconds["program"].append(program(options, *common)["epoch_s"])
        for kind, run in runs.items():
            seconds[kind].append(statistics.median(run.run_epoch()[1] for _ in range(3)))
    os.remove(data)
    medians = {k: statistics.median(v) for k, v in seconds.items()}
    ratio = medians["torch_float64"] / medians["program"]
    print(f"{options.features}-{hidden.replace(',', '-')}-1, {samples} samples, batches of {options.batch}, "
          f"{options.threads} thread(s), torch {torch.__version__}:")
    for kind, value in medians.items():
        print(f"  {kind:14s} {value:.3f} s per epoch ({min(seconds[kind]):.3f} to {max(seconds[kind]):.3f}), "
              f"{samples / value:.3g} samples/s")
    print(f"  {ratio:.2f} times as fast as PyTorch in float64, {medians['torch_float32'] / medians['program']:.2f} "
          "times as fast as in float32")
    result = {"torch": torch.__version__, "threads": options.threads, "samples": samples, "seconds": seconds,
              "ratio_float64": ratio, "largest_loss_difference": difference}
    failed = difference > 1e-4 or ratio < options.bound
    if options.model:
        result["onnx_difference"] = check_model(options)
        failed = failed or result["onnx_difference"] > 1e-5
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(result, file, indent=1)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
