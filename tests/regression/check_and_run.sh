#!/usr/bin/env bash
# `check` refuses what `run` refuses, with the same message, and nothing else: generated study files, in about half of
# which something is wrong: check_and_run.sh <program> <source directory>
#
# MG_FILES: how many (default 12). MG_SEED: the first one's (default 1). MG_WALL: how long each may run (default 1s).
# shellcheck source-path=SCRIPTDIR source=../support/regression.sh
. "$(dirname "$0")/../support/regression.sh"
small_study train.max_crystalline=1.0 barriers.atoms=0.01 barriers.events_per_atom=1 barriers.max_attempts_per_atom=1 \
    elastic.labels=40
"$program" check jobs/study.toml > jobs/resolved.toml 2> log || fail "the study itself is refused"
sed -i '/^potential = /s/.*/potential = "Cu-Zr_2.eam.fs"/;/_sha256 = /d' jobs/resolved.toml

/usr/bin/python3 - "$program" "${MG_FILES:-12}" "${MG_SEED:-1}" "${MG_WALL:-1s}" << 'PY'
import random, re, shutil, subprocess, sys
from regression import finish, hold
program, count, first, wall = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
lines = open("jobs/resolved.toml", encoding="utf-8").read().splitlines()
keys = [k for k, line in enumerate(lines) if re.match(r"\w+ = ", line) and not re.match(r"(output|backend) = ", line)]

def changed(value, draw):
    """Another value of a key: mostly of its type, sometimes far off, sometimes of another type."""
    kind = draw.random()
    if kind < 0.05:
        return draw.choice(['"word"', "[]", "true", "-1", "0", "1e300", "[1, 2, 3]", "nan", '""', "{}"])
    if re.fullmatch(r"[-+0-9.e]+", value):
        number = float(value)
        new = draw.choice([number * 10 ** draw.uniform(-0.3, 0.3), number * 10 ** draw.uniform(-3, 3), -number,
                           number + draw.randint(0, 2), number * draw.choice([0.5, 2]),
                           number * draw.uniform(0.7, 1.4)])
        return str(round(new)) if re.fullmatch(r"[-+0-9]+", value) and draw.random() < 0.9 else f"{new:.6g}"
    if value in ("true", "false"):
        return draw.choice(["true", "false"])
    if value.startswith("["):
        items = [v.strip() for v in value[1:-1].split(",") if v.strip()]
        if items and draw.random() < 0.7:
            k = draw.randrange(len(items))
            items[k] = changed(items[k], draw)
        else:
            items = items + items[:1] if draw.random() < 0.5 else items[1:]
        return "[" + ", ".join(items) + "]"
    words = ["dynamics", "harmonic", "both", "rdf", "radial", "inherent", "mean", "iso", "tri", "double", "mixed",
             "test", "all", "relu", "tanh", "first-frame"]
    return f'"{draw.choice(words)}"'

def said(result):
    message = [line for line in result.stderr.splitlines() if line]
    start = next((k for k, line in enumerate(message) if line.startswith("mgstiff-gpu: ")), None)
    return message[start:] if start is not None else []

refused = 0
for seed in range(first, first + count):
    draw = random.Random(seed)
    text = list(lines)
    for k in draw.sample(keys, draw.choice([1, 1, 1, 2])):
        key, value = text[k].split(" = ", 1)
        text[k] = f"{key} = {changed(value.split('  #')[0].strip(), draw)}"
    if draw.random() < 0.05:
        k = draw.choice(keys)
        text[k] = "no_" + text[k]
    name = f"jobs/{seed}.toml"
    open(name, "w", encoding="utf-8").write("\n".join(text) + "\n")
    shutil.rmtree("out", ignore_errors=True)
    ask = lambda command: subprocess.run([program, command, name, "--out", "out"] + (
        ["--max-wall", wall] if command == "run" else []), capture_output=True, text=True, timeout=300)
    check, run = ask("check"), ask("run")
    differs = [f"{a} -> {b}" for a, b in zip(lines, text) if a != b]
    where = f"file {seed} ({'; '.join(differs)})"
    if check.returncode == 2:
        refused += 1
        hold(run.returncode == 2, f"{where}: check refuses it, run ends with {run.returncode}: {said(check)}")
        hold(said(check) == said(run), f"{where}: check says {said(check)}, run {said(run)}")
    else:
        hold(check.returncode == 0, f"{where}: check ends with {check.returncode}: {said(check)}")
        physics = run.returncode == 1 and re.search(r"steps? before step", run.stderr)
        hold(run.returncode in (0, 75) or physics,
             f"{where}: check takes it, run ends with {run.returncode}: {said(run)}")
print(f"{count} files, {refused} of them refused")
hold(count < 20 or 0.25 * count < refused < 0.75 * count, f"{refused} of {count} files were refused")
finish()
PY
