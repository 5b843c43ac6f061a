#!/usr/bin/env python3
"""Writes nn_reference.txt: loss curves of 20 Adam steps of small networks, computed with NumPy in double precision.

Independent of the program: weights and biases are separate arrays, the gradient is written out by hand with plain
matrix products, and Adam follows Kingma and Ba (arXiv:1412.6980), algorithm 1, with its epsilon outside the
bias-corrected root, and decays weights apart from the gradient (Loshchilov and Hutter, arXiv:1711.05101, algorithm 2).

    python3 make_nn_reference.py > nn_reference.txt
"""
import numpy as np

FUNCTIONS = {
    "relu": (lambda x: np.maximum(x, 0.0), lambda x: (x > 0).astype(float)),
    "sigmoid": (lambda x: 1.0 / (1.0 + np.exp(-x)), lambda x: np.exp(-x) / (1.0 + np.exp(-x)) ** 2),
    "tanh": (np.tanh, lambda x: 1.0 / np.cosh(x) ** 2),
}


def show(name, values):
    values = np.asarray(values, dtype=float).ravel()
    print(name, values.size)
    print(" ".join(f"{v:.17g}" for v in values))


def case(activation, hidden, decay, rng):
    samples, features, batch, steps, rate = 150, 5, 75, 20, 1e-2
    beta1, beta2, epsilon = 0.9, 0.999, 1e-8
    value, slope = FUNCTIONS[activation]
    x = rng.standard_normal((samples, features))
    y = np.sin(x[:, 0]) + 0.3 * x[:, 1] * x[:, 2] - 0.5 * x[:, 4]
    widths = [features, *hidden, 1]
    weights = [rng.standard_normal((o, i)) * np.sqrt(2 / (i + o)) for i, o in zip(widths, widths[1:])]
    biases = [0.1 * rng.standard_normal(o) for o in widths[1:]]

    print("case", activation, batch, steps, len(widths), *widths)
    show("rate", rate)
    show("decay", decay)
    show("x", x)
    show("y", y)
    # The program's layout: per layer the matrix (weights | bias), row-major.
    pack = lambda: np.concatenate([np.hstack([w, b[:, None]]).ravel() for w, b in zip(weights, biases)])
    show("start", pack())

    first = [[np.zeros_like(p) for p in (w, b)] for w, b in zip(weights, biases)]
    second = [[np.zeros_like(p) for p in (w, b)] for w, b in zip(weights, biases)]
    losses = []
    for step in range(steps):
        begin = (step * batch) % samples
        xb, yb = x[begin:begin + batch], y[begin:begin + batch]
        inputs, sums, a = [], [], xb
        for layer, (w, b) in enumerate(zip(weights, biases)):
            inputs.append(a)
            z = a @ w.T + b
            sums.append(z)
            a = z if layer == len(weights) - 1 else value(z)
        error = a[:, 0] - yb
        losses.append(np.mean(error ** 2))
        delta = (2.0 / batch * error)[:, None]
        gradients = [None] * len(weights)
        for layer in reversed(range(len(weights))):
            gradients[layer] = (delta.T @ inputs[layer], delta.sum(axis=0))
            if layer > 0:
                delta = (delta @ weights[layer]) * slope(sums[layer - 1])
        t = step + 1
        for layer in range(len(weights)):
            for k, p in enumerate((weights[layer], biases[layer])):
                g = gradients[layer][k]
                m, v = first[layer][k], second[layer][k]
                m[...] = beta1 * m + (1 - beta1) * g
                v[...] = beta2 * v + (1 - beta2) * g * g
                p *= 1 - rate * decay
                p -= rate * (m / (1 - beta1 ** t)) / (np.sqrt(v / (1 - beta2 ** t)) + epsilon)
    show("loss", losses)
    show("end", pack())


rng = np.random.default_rng(20210446)
case("relu", [7], 0.0, rng)
case("tanh", [6, 4], 0.7, rng)
case("sigmoid", [5, 4, 3], 0.0, rng)
