#!/usr/bin/env python3
"""Enforces the layers of the source tree and its house rules, formatted text (clang-format 14), and that every header
compiles alone.

usage: lint.py [ROOT] [--build DIR] [--no-compile] [--self-test]

Prints one line "path:line: problem" per violation and exits 1 if there is any, 2 on wrong usage. The tables below are
the rules; README.md shows the first of them to people.
"""

import argparse
import concurrent.futures
import functools
import hashlib
import json
import os
import pathlib
import platform
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import threading

# ---- Who may include whom: the layer of a file is its first folder below src/, or cuda, mpi, tests, benchmarks. ------
CORE = {"core"}
PHYSICS = CORE | {"physics"}
SWEEPS = PHYSICS | {"sweeps"}
OPS = SWEEPS | {"ops"}
MD = OPS | {"md"}
ARTN = MD | {"artn"}
NN = OPS | {"nn"}
ELASTIC = MD | NN | {"elastic"}
IO = PHYSICS | {"io"}
DESCRIPTORS = OPS | {"descriptors"}
CONFIG = ARTN | ELASTIC | IO | DESCRIPTORS | {"config"}
STUDY = CONFIG | ELASTIC | {"study"}
REPORT = STUDY | {"report"}
APP = REPORT | {"app", "mpi"}
MAY_INCLUDE = {
    "core": CORE,
    "physics": PHYSICS,
    "sweeps": SWEEPS,
    "ops": OPS,
    "md": MD,
    "artn": ARTN,
    "nn": NN,
    "elastic": ELASTIC,
    "io": IO,
    "descriptors": DESCRIPTORS,
    "config": CONFIG,
    "study": STUDY,
    "report": REPORT,
    "app": APP,
    "mpi": {"core", "ops", "mpi"},
    "cuda": OPS | {"cuda"},
}
SRC_LAYERS = set(MAY_INCLUDE) - {"mpi", "cuda"}
FREE_LAYERS = {"tests", "benchmarks"}  # may include anything

# Preprocessor conditions: file or folder -> pattern of the conditions that it may use.
CONDITIONS_ALLOWED = {
    "src/core/macros.hpp": r".*",
    "src/app/": r"\b(if\s+!?\s*defined\s*\(?|ifdef|ifndef)\s*MG_WITH_(MPI|CUDA)\b",
    "src/core/atomic.hpp": r"\bif MG_DEVICE_PASS\b",  # an atomic has no common spelling
    "src/ops/forces.cpp": r"\bif MG_X86_64\b",        # loops for AVX2 and AVX-512 exist there alone
    "src/ops/blas.cpp": r"\bif MG_X86_64\b",
    "src/ops/simd/instructions.hpp": r"\bif HWY_TARGET\b",  # AVX2 and AVX-512 have no common spelling
}

# Folders whose headers need an instruction set, and the least of those that CMakeLists.txt builds them for.
MACHINE_FLAGS = {"src/ops/simd": ["-march=x86-64-v3", "-maes", "-mpclmul"]}

# Libraries that only some layers may touch, and that no header passes on to others.
LIBRARY_OWNERS = [
    (re.compile(r"^(thrust|cub|cuda)/|^(cuda\w*|cublas\w*|cusolver\w*)\.h$"), {"cuda"},
     "CUDA, Thrust and CUB belong in cuda/"),
    (re.compile(r"^mpi\.h$"), {"mpi", "app"}, "MPI belongs in mpi/ and src/app"),
]
NOT_IN_HEADERS = re.compile(r"^(thrust|cub|toml\+\+)/")

# Factors of core/units.hpp between the units inside and those of people, and the layers that may name them.
CONVERSIONS = re.compile(r"\bunits::(second|femtosecond|gigapascal_per_pressure)\b|"
                         r"\busing\s+namespace\s+(mg::)?units\b")
CONVERTERS = {"io", "config", "app", "study"}  # study: the stages still read a study file in the units of people

# Folders whose names are namespaces in mg.
NAMESPACES = {"io", "study"}
OPENED_NAMESPACE = re.compile(r"^(inline )?namespace mg(::(?P<inner>\w+))?\b")

SOURCE = {".hpp", ".h", ".inl", ".cuh", ".cpp", ".cu"}
HEADERS = {".hpp", ".h", ".cuh"}
TEXT = SOURCE | {".py", ".js", ".sh", ".cmake", ".in", ".toml", ".json", ".md", ".cff", ".sbatch", ".yml", ".txt", ""}
FREE_WIDTH = {".md", ".json", ".cff"}  # prose and data may have long lines
DATA = {("tests", "data"), ("benchmarks", "results")}  # as machines wrote them
MAX_COLUMNS = 120
MAX_LINES = 500  # of a source file in a layer
FORBIDDEN_WORDS = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "X" + "XX"]) + r")\b")
FORBIDDEN_PATHS = re.compile(r"\.\./" + r"shared\b|(?<![\w.$}])/(work|tmp|root|home)/")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
CONDITION = re.compile(r"^\s*#\s*(if|ifdef|ifndef|elif|elifdef|elifndef)\b")


def project_files(root):
    """Files of the project: what git tracks or would, else everything but builds and results."""
    if (root / ".git").exists() and shutil.which("git"):
        listed = subprocess.run(["git", "-C", str(root), "ls-files", "-coz", "--exclude-standard"], capture_output=True)
        if listed.returncode == 0:
            names = listed.stdout.decode("utf-8", "surrogateescape").split("\0")
            return sorted({root / n for n in names if n and (root / n).is_file()})
    files = []
    for path in root.rglob("*"):
        parts = path.relative_to(root).parts
        if re.match(r"build|out|results$|\.git$|\.cache$", parts[0]) or "__pycache__" in parts or not path.is_file():
            continue
        files.append(path)
    return sorted(files)


def layer_of(relative):
    """Layer of a path relative to the root, or None outside the layers."""
    parts = relative.parts
    if parts[0] == "src" and len(parts) > 2:
        return parts[1]
    return parts[0] if parts[0] in {"mpi", "cuda"} | FREE_LAYERS else None


class Lint:
    def __init__(self, root):
        self.root = root
        self.problems = []
        self.includes = {}     # room -> rooms that it includes
        self.includes_of = {}  # room -> one of its files

    def note_include(self, path, target):
        room, other = (p.relative_to(self.root).with_suffix("") for p in (path, target))
        self.includes_of[room] = path
        if room != other and layer_of(path.relative_to(self.root)) not in FREE_LAYERS:
            self.includes.setdefault(room, set()).add(other)

    def problem(self, path, line, text):
        self.problems.append(f"{path.relative_to(self.root)}:{line}: {text}")

    # ---- text rules -----------------------------------------------------------------------------------------------
    def check_text(self, path, lines):
        width_free = path.suffix in FREE_WIDTH
        for number, line in enumerate(lines, 1):
            if "\t" in line:
                self.problem(path, number, "a tab; use spaces")
            if line != line.rstrip():
                self.problem(path, number, "trailing whitespace")
            if len(line) > MAX_COLUMNS and not width_free:
                self.problem(path, number, f"{len(line)} columns; at most {MAX_COLUMNS}")
            if found := FORBIDDEN_WORDS.search(line):
                self.problem(path, number, f"'{found.group(0)}': file an issue, or do it")
            if found := FORBIDDEN_PATHS.search(line):
                self.problem(path, number, f"'{found.group(0)}' is a path of one machine; use one in the project")

    # ---- rules of C++ and CUDA files --------------------------------------------------------------------------------
    def check_source(self, path, lines):
        relative = path.relative_to(self.root)
        layer = layer_of(relative)
        header = path.suffix in HEADERS
        if header:
            first = next((line.strip() for line in lines if line.strip()), "")
            if first != "#pragma once":
                self.problem(path, 1, "a header starts with #pragma once")
        if layer is None:
            return
        if layer not in MAY_INCLUDE and layer not in FREE_LAYERS:
            self.problem(path, 1, f"'{layer}' is no layer of src/ (see the table in lint.py)")
            return
        if layer not in FREE_LAYERS and len(lines) > MAX_LINES + 1:  # the last one is empty
            self.problem(path, MAX_LINES, f"{len(lines) - 1} lines; at most {MAX_LINES}: split it")
        for number, line in enumerate(lines, 1):
            if layer not in FREE_LAYERS and CONDITION.match(line) and not self.condition_allowed(relative, line):
                self.problem(path, number, f"'{line.strip()}': no preprocessor conditions here; "
                                           "use the Space or a file of its own")
            if layer not in CONVERTERS | FREE_LAYERS and (found := CONVERSIONS.search(line)):
                self.problem(path, number, f"'{found.group(0)}' in {layer}: units inside are A, eV, ps, K; convert in "
                                           f"{', '.join(sorted(CONVERTERS))}")
            if (opened := OPENED_NAMESPACE.match(line)) and layer not in FREE_LAYERS:
                inner = opened.group("inner")
                if (layer in NAMESPACES or inner in NAMESPACES) and inner != layer:
                    self.problem(path, number, f"'{opened.group(0)}' in {layer}: mg::io and mg::study are the "
                                               "namespaces of the folders of these names")
            if match := INCLUDE.match(line):
                self.check_include(path, number, layer, header, match.group(1), match.group(2))

    @staticmethod
    def condition_allowed(relative, line):
        name = relative.as_posix()
        return any((name == where or (where.endswith("/") and name.startswith(where))) and re.search(pattern, line)
                   for where, pattern in CONDITIONS_ALLOWED.items())

    def check_include(self, path, number, layer, header, bracket, name):
        if path.suffix == ".hpp" and NOT_IN_HEADERS.match(name):
            self.problem(path, number, f"<{name}> in a header reaches everyone who includes it; move it to a .cpp file")
        if layer in FREE_LAYERS:
            return
        for pattern, owners, text in LIBRARY_OWNERS:
            if pattern.match(name) and layer not in owners:
                self.problem(path, number, f"<{name}> in {layer}: {text}")
        target = self.resolve(path, name)
        if bracket == "<":
            if target is not None and name.split("/")[0] in SRC_LAYERS:
                self.problem(path, number, f"<{name}> is the project's own; include it in quotes")
            return
        if target is None:
            self.problem(path, number, f'"{name}" was not found in src, cuda, mpi or among the generated headers; '
                                       "libraries are included in angle brackets")
            return
        if layer in SRC_LAYERS and target in SRC_LAYERS and name.split("/")[0] not in SRC_LAYERS:
            self.problem(path, number, f'"{name}": includes are rooted at src/, as "{target}/..."')
        if target not in MAY_INCLUDE[layer]:
            allowed = ", ".join(sorted(MAY_INCLUDE[layer]))
            self.problem(path, number, f'{layer} may not include {target} ("{name}"); it may include: {allowed}')

    # ---- circles: a room is a file without its end, such as src/md/dynamics with its .hpp and .cpp ------------------
    def check_circles(self):
        """Names the rooms of every circle of includes once."""
        number, low, stack, on_stack = {}, {}, [], set()

        def visit(room):
            number[room] = low[room] = len(number)
            stack.append(room)
            on_stack.add(room)
            for other in sorted(self.includes.get(room, ())):
                if other not in number:
                    visit(other)
                    low[room] = min(low[room], low[other])
                elif other in on_stack:
                    low[room] = min(low[room], number[other])
            if low[room] != number[room]:
                return
            circle = []
            while not circle or circle[-1] != room:
                circle.append(stack.pop())
                on_stack.discard(circle[-1])
            if len(circle) > 1:
                self.problem(self.includes_of[room], 1, "a circle of includes: " + ", ".join(sorted(map(str, circle))))

        for room in sorted(self.includes):
            if room not in number:
                visit(room)

    def resolve(self, path, name):
        """Layer of the file that a quoted include names, or None."""
        bases = [self.root / "src", path.parent, self.root / "cuda", self.root / "mpi", self.root, self.root / "tests"]
        for base in bases:
            candidate = base / name
            if candidate.is_file():
                resolved = candidate.resolve()
                if self.root in resolved.parents:
                    self.note_include(path, resolved)
                    return layer_of(resolved.relative_to(self.root))
        if (self.root / "cmake" / (pathlib.PurePath(name).name + ".in")).is_file():
            return name.split("/")[0]  # written by CMake under build/generated/<layer>
        first = name.split("/")[0]
        return first if first in MAY_INCLUDE and first not in SRC_LAYERS else None

    def run(self):
        files = project_files(self.root)
        for path in files:
            if path.suffix not in TEXT or path.is_symlink():
                continue
            if path.relative_to(self.root).parts[:2] in DATA:
                continue
            try:
                lines = path.read_text(encoding="utf-8").split("\n")
            except UnicodeDecodeError:
                if path.suffix in SOURCE:
                    self.problem(path, 1, "not UTF-8")
                continue
            if path.name != "LICENSE":
                self.check_text(path, lines)
            if path.suffix in SOURCE:
                self.check_source(path, lines)
        self.check_circles()
        return files


# ---- C++ and CUDA files are as clang-format writes them --------------------------------------------------------------
FORMAT_MAJOR = 14  # other versions write some lines differently


def check_format(root, files):
    """Returns (problems, what to say). Without clang-format nothing is checked, which is a problem in CI alone."""
    formatter = shutil.which("clang-format")
    if formatter is None:
        missing = "clang-format was not found (it checks the format); install the package clang-format"
        return ([missing] if os.environ.get("CI") else []), "FORMAT NOT CHECKED: " + missing
    version = subprocess.run([formatter, "--version"], capture_output=True, text=True).stdout.strip()
    major = re.search(r"version (\d+)", version)
    if major is None or int(major.group(1)) != FORMAT_MAJOR:
        return [], f"FORMAT NOT CHECKED: it is that of clang-format {FORMAT_MAJOR}, and here is {version}"
    sources = [str(f.relative_to(root)) for f in files if f.suffix in SOURCE]
    done = subprocess.run([formatter, "--dry-run", "-Werror", "--fallback-style=none", *sources], cwd=root,
                          capture_output=True, text=True)
    found = re.findall(r"^(.+?):(\d+):\d+: error: code should be clang-formatted", done.stderr, re.M)
    first_lines = dict(reversed(found))
    problems = [f"{name}:{line}: not formatted; clang-format -i {name}" for name, line in sorted(first_lines.items())]
    if done.returncode != 0 and not problems:
        problems.append(f"clang-format ended with {done.returncode}:\n{done.stderr}")
    return problems, f"format of {len(sources)} files checked"


# ---- Every header compiles alone -----------------------------------------------------------------------------------
def header_folders(root, build):
    return [root / "src", build / "generated", root / "cuda", root / "mpi", root / "tests"]


def compile_flags(root, build):
    """Include folders, taken from the build's compile commands, and the defaults of a Debian system."""
    flags = [f"-I{folder}" for folder in header_folders(root, build)]
    commands = build / "compile_commands.json"
    if commands.is_file():
        for entry in json.loads(commands.read_text()):
            if not entry["file"].endswith(".cpp"):
                continue
            words = shlex.split(entry["command"])
            for i, word in enumerate(words):
                if word == "-isystem":
                    flag = f"-isystem{words[i + 1]}"
                elif word.startswith("-I"):
                    flag = word
                else:
                    continue
                if flag not in flags:
                    flags.append(flag)
    elif pathlib.Path("/usr/include/hdf5/serial").is_dir():
        flags.append("-isystem/usr/include/hdf5/serial")
    return flags


def content_hash(path, folders, seen):
    """Feeds `seen` with the text of a header and of every project header that it reaches."""
    if path in seen:
        return
    text = path.read_bytes()
    seen[path] = hashlib.sha256(text).hexdigest()
    for line in text.decode("utf-8", "replace").split("\n"):
        if (match := INCLUDE.match(line)) and match.group(1) == '"':
            for folder in [path.parent, *folders]:
                if (folder / match.group(2)).is_file():
                    content_hash((folder / match.group(2)).resolve(), folders, seen)
                    break


def begun_with(root, build):
    """Headers that a source compiled by itself includes first: the build has shown that they compile alone."""
    commands = build / "compile_commands.json"
    if not commands.is_file():
        return set()
    found = set()
    for source in {pathlib.Path(entry["file"]) for entry in json.loads(commands.read_text())}:
        header = source.with_suffix(".hpp")
        if source.suffix != ".cpp" or not source.is_file() or not header.is_file():
            continue
        lines = source.read_text("utf-8", "replace").split("\n")
        first = next(filter(None, map(INCLUDE.match, lines)), None)
        if first and any(folder / first.group(2) == header for folder in header_folders(root, build)):
            found.add(header)
    return found


# Reading these takes most of the time of a header that has them.
PRECOMPILED = (("string", "vector"), ("string", "vector", "memory", "algorithm"),
               ("string", "vector", "memory", "algorithm", "functional"))


def precompile(command, folder, names):
    """Options that give a header all these from a file made in the folder; none where that fails."""
    them_all = folder / f"{'_'.join(names)}.hpp"
    them_all.write_text("".join(f"#include <{name}>\n" for name in names))
    done = subprocess.run([*command, "-x", "c++-header", str(them_all), "-o", f"{them_all}.gch"], capture_output=True)
    return ["-include", str(them_all)] if done.returncode == 0 else []


def reached_precompiled(seen):
    """The most of PRECOMPILED that the headers read for a content_hash include, or none. Only such a header is given
    them beforehand, so that one which uses them and asks for none still fails alone."""
    found = {match.group(2) for path in seen for line in path.read_text("utf-8", "replace").split("\n")
             if (match := INCLUDE.match(line)) and match.group(1) == "<"}
    return max((names for names in PRECOMPILED if found.issuperset(names)), key=len, default=None)


def compile_headers(root, build, files):
    """Compiles each header alone and included twice; returns (problems, compiled, from cache, skipped).

    The build has compiled those of begun_with."""
    compiler = shutil.which("g++")
    if compiler is None:
        return ["g++ was not found (headers are compiled alone); install g++, or give --no-compile"], 0, 0, 0
    headers = [f for f in files if f.suffix in {".hpp", ".h"} and layer_of(f.relative_to(root)) is not None]
    if platform.machine() not in {"x86_64", "AMD64"}:
        headers = [f for f in headers if f.parent.relative_to(root).as_posix() not in MACHINE_FLAGS]
    headers = sorted(set(headers) - begun_with(root, build))
    skipped = sum(1 for f in files if f.suffix == ".cuh")
    flags = compile_flags(root, build)
    version = subprocess.run([compiler, "--version"], capture_output=True, text=True).stdout.split("\n")[0]
    folders = header_folders(root, build)
    cache = build / "lint-cache"
    cache.mkdir(parents=True, exist_ok=True)

    basic = [compiler, "-std=c++20", "-Wall", "-Wextra", "-fopenmp"]
    scratch = tempfile.TemporaryDirectory()

    once = threading.Lock()

    @functools.cache
    def given(names):
        return precompile(basic, pathlib.Path(scratch.name), names)

    def one(header):
        seen = {}
        machine = MACHINE_FLAGS.get(header.parent.relative_to(root).as_posix(), [])
        content_hash(header.resolve(), folders, seen)
        contents = sorted((str(name), digest) for name, digest in seen.items())
        mark = cache / hashlib.sha256(repr((version, flags, machine, str(header), contents)).encode()).hexdigest()
        if mark.exists():
            return header, True, ""
        source = f'#include "{header}"\n#include "{header}"\n'
        beforehand = []
        if not machine and (names := reached_precompiled(seen)):
            with once:
                beforehand = given(names)
        command = [*basic, "-fsyntax-only", *flags, *machine, *beforehand, "-x", "c++", "-"]
        done = subprocess.run(command, input=source, capture_output=True, text=True)
        if done.returncode == 0:
            mark.touch()
            return header, False, ""
        return header, False, done.stderr

    problems, cached = [], 0
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        for header, hit, errors in pool.map(one, headers):
            cached += hit
            if errors:
                problems.append(f"{header.relative_to(root)}:1: does not compile alone:\n{errors}")
    return problems, len(headers) - cached, cached, skipped


def lint(root, build, compile_alone):
    checker = Lint(root)
    files = checker.run()
    unformatted, format_said = check_format(root, files)
    checker.problems += unformatted
    summary = f"{len(files)} files, {format_said}"
    if compile_alone:
        problems, compiled, cached, skipped = compile_headers(root, build, files)
        checker.problems += problems
        summary += (f", {compiled + cached} headers compiled alone ({cached} of them unchanged since last time), "
                    f"{skipped} CUDA headers (.cuh) skipped")
    return checker.problems, summary


# ---- Self-test: plants violations and looks for each of them ---------------------------------------------------------
def self_test():
    clean = {
        "src/core/macros.hpp": "#pragma once\n#if defined(__CUDACC__)\n#define MG_HD __device__\n#endif\n",
        "src/core/box.hpp": '#pragma once\n#include <vector>\n#include "core/macros.hpp"\nstruct Box { double a; };\n',
        "src/physics/eam.hpp": '#pragma once\n#include "core/box.hpp"\ninline Box eam() { return {}; }\n',
        "src/sweeps/drift.hpp": '#pragma once\n#include "physics/eam.hpp"\n',
        "src/ops/forces.hpp": '#pragma once\n#include "sweeps/drift.hpp"\n',
        "src/ops/forces.inl": '#include "ops/forces.hpp"\n',
        "src/md/run.cpp": '#include "ops/forces.hpp"\n#include "core/build_info.hpp"\n',
        "src/nn/train.cpp": '#include "ops/forces.hpp"\nnamespace mg {}\n',
        "src/io/toml.cpp": '#include <toml++/toml.h>\n\n#include "physics/eam.hpp"\n\nnamespace mg::io {}\n',
        "src/study/stage.cpp": '#include "ops/forces.hpp"\ndouble dt = units::femtosecond;\n',
        "src/report/units.cpp": "double kT = units::boltzmann * 300;\n",
        "src/app/main.cpp": '#ifdef MG_WITH_MPI\n#include "../../mpi/comm.hpp"\n#endif\n#include "core/box.hpp"\n',
        "cmake/build_info.hpp.in": "#pragma once\n",
        "cuda/device.cuh": '#pragma once\n#include <cub/cub.cuh>\n\n#include "ops/forces.hpp"\n',
        "cuda/device.cu": '#include "device.cuh"\n',
        "mpi/comm.hpp": '#pragma once\n#include "core/box.hpp"\n',
        "tests/unit/test_box.cpp": '#include "app/../core/box.hpp"\n#if 1\n#endif\n',
        "README.md": "A long line of prose is fine. " * 10 + "x\n",
    }
    # (name, path, text, pattern that exactly one problem must match)
    planted = [
        ("core includes physics", "src/core/bad.cpp", '#include "physics/eam.hpp"\n', r"core may not include physics"),
        ("physics includes io", "src/physics/bad.cpp", '#include "io/good.hpp"\n', r"physics may not include io"),
        ("md includes nn", "src/md/bad.cpp", '#include "nn/layer.hpp"\n', r"md may not include nn"),
        ("nn includes md", "src/nn/bad.cpp", '#include "md/step.hpp"\n', r"nn may not include md"),
        ("io includes ops", "src/io/bad.cpp", '#include "ops/forces.hpp"\n', r"io may not include ops"),
        ("inl file includes md", "src/ops/bad.inl", '#include "md/step.hpp"\n', r"ops may not include md"),
        ("study includes report", "src/study/bad.cpp", '#include "report/page.hpp"\n', r"study may not include report"),
        ("ops includes cuda", "src/ops/bad.cpp", '#include "device.cuh"\n', r"ops may not include cuda"),
        ("app includes cuda", "src/app/bad.cpp", '#include "../../cuda/device.cuh"\n', r"app may not include cuda"),
        ("study includes mpi", "src/study/worse.cpp", '#include "../../mpi/comm.hpp"\n', r"study may not include mpi"),
        ("mpi includes cuda", "mpi/bad.cpp", '#include "device.cuh"\n', r"mpi may not include cuda"),
        ("mpi includes md", "mpi/worse.cpp", '#include "md/step.hpp"\n', r"mpi may not include md"),
        ("cuda includes md", "cuda/bad.cu", '#include "md/step.hpp"\n', r"cuda may not include md"),
        ("unknown layer", "src/misc/bad.hpp", "#pragma once\n", r"'misc' is no layer"),
        ("include not rooted", "src/md/unrooted.cpp", '#include "step.hpp"\n', r"rooted at src"),
        ("own header in angles", "src/md/angles.cpp", "#include <ops/forces.hpp>\n", r"include it in quotes"),
        ("library in quotes", "src/md/quotes.cpp", '#include "fmt/format.h"\n', r"was not found"),
        ("mpi.h outside", "src/ops/uses_mpi.cpp", "#include <mpi.h>\n", r"MPI belongs in"),
        ("thrust outside", "src/ops/uses_thrust.cpp", "#include <thrust/sort.h>\n", r"belong in cuda/"),
        ("cub in a header", "cuda/bad.hpp", "#pragma once\n#include <cub/cub.cuh>\n", r"reaches everyone"),
        ("toml++ in a header", "src/io/bad_toml.hpp", "#pragma once\n#include <toml++/toml.h>\n", r"reaches everyone"),
        ("ifdef", "src/ops/cond.cpp", "#ifdef MG_WITH_CUDA\n", r"no preprocessor conditions"),
        ("if", "cuda/cond.cu", "#if __CUDA_ARCH__ > 800\n", r"no preprocessor conditions"),
        ("other condition in app", "src/app/cond.cpp", "#ifdef MG_WITH_OTHER\n", r"no preprocessor conditions"),
        ("conversion in md", "src/md/unit.cpp", "double dt = 2 * mg::units::femtosecond;\n", r"femtosecond' in md"),
        ("conversion in physics", "src/physics/unit.hpp",
         "#pragma once\ninline double p = 1 / units::gigapascal_per_pressure;\n", r"units inside are"),
        ("all units", "src/ops/units.cpp", "using namespace mg::units;\n", r"units inside are"),
        ("io outside of its namespace", "src/io/outside.cpp", "namespace mg {}\n", r"'namespace mg' in io"),
        ("a namespace of another folder", "src/md/study.cpp", "namespace mg::study {}\n", r"mg::study' in md"),
        ("no pragma once", "src/core/guard.hpp", "struct Guard {};\n", r"pragma once"),
        ("long file", "src/core/tall.cpp", "int x;\n" * 501, r"501 lines; at most 500"),
        ("circle of rooms", "src/md/step.cpp", '#include "md/turn.hpp"\n', r"circle of includes: src/md/s"),
        ("tab", "src/core/tab.cpp", "int a;\tint b;\n", r"a tab"),
        ("trailing space", "src/core/space.cpp", "int c; \n", r"trailing whitespace"),
        ("long line", "src/core/long.cpp", "// " + "x" * 120 + "\n", r"123 columns"),
        ("forbidden word", "src/core/word.cpp", "// TO" + "DO: later\n", r"file an issue"),
        ("forbidden word in a script", "jobs/word.sh", "# FIX" + "ME\n", r"file an issue"),
        ("path of a machine", "jobs/path.toml", 'output = "/' + 'work/x"\n', r"path of one machine"),
        ("path outside", "docs/path.md", "see ../" + "shared/design\n", r"path of one machine"),
        ("not UTF-8", "src/core/latin.cpp", b"// \xe9\n", r"not UTF-8"),
    ]
    targets = ["src/nn/layer.hpp", "src/md/step.hpp", "src/report/page.hpp", "src/io/good.hpp"]
    support = dict.fromkeys(targets, "#pragma once\n")
    support["src/md/turn.hpp"] = '#pragma once\n#include "md/step.hpp"\n'
    failures = []

    def write(root, files):
        for name, text in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())

    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder).resolve() / "tree"
        write(root, clean | support)
        problems, summary = lint(root, root / "build", True)
        failures += [f"clean tree: {p}" for p in problems]
        if "1 CUDA headers (.cuh) skipped" not in summary:
            failures.append(f"clean tree: CUDA headers were not counted: {summary}")
        _, summary = lint(root, root / "build", True)
        if "11 headers compiled alone (11 of them unchanged" not in summary:
            failures.append(f"second run did not use its cache: {summary}")
        for name, path, text, pattern in planted:
            write(root, {path: text})
            problems, _ = lint(root, root / "build", False)
            if len(problems) != 1 or not problems[0].startswith(path + ":") or not re.search(pattern, problems[0]):
                failures.append(f"{name}: expected one problem '{pattern}' in {path}, got {problems}")
            (root / path).unlink()
        for name, text, pattern in [
            ("header needs another", "#pragma once\ninline std::vector<int> f();\n", r"does not compile alone"),
            ("header with an error", "#pragma once\ninline int f() { return undeclared; }\n", r"undeclared"),
            ("one of the precompiled", "#pragma once\n#include <string>\ninline std::vector<int> f();\n",
             r"does not compile alone"),
            ("precompiled, an error", "#pragma once\n#include <string>\n#include <vector>\nint f() { return g; }\n",
             r"was not declared"),
        ]:
            write(root, {"src/core/alone.hpp": text})
            for attempt in ("first", "second"):  # a failure is never cached
                problems, _ = lint(root, root / "build", True)
                if len(problems) != 1 or not re.search(pattern, problems[0]):
                    failures.append(f"{name} ({attempt}): expected '{pattern}', got {problems}")
        # A change in an included header invalidates those that include it.
        write(root, {"src/core/alone.hpp": "#pragma once\n", "src/core/box.hpp": "#pragma once\nstruct Crate {};\n"})
        problems, _ = lint(root, root / "build", True)
        if not any(p.startswith("src/physics/eam.hpp") for p in problems):
            failures.append(f"a header was served from the cache though what it includes had changed: {problems}")

        failures += format_self_test(root)

    for failure in failures:
        print(failure)
    print(f"lint self-test: {len(planted) + 12} checks, {len(failures)} failed")
    return 1 if failures else 0


def format_self_test(root):
    """Failures of check_format in the tree of the self-test, whose files are given the style of the house."""
    failures = []
    shutil.copy(pathlib.Path(__file__).resolve().parents[2] / ".clang-format", root)
    good, bad = root / "src/core/good.cpp", root / "src/core/bad.cpp"
    good.write_text("int first = 1;\n")
    bad.write_text("int first = 1;\nint second=2;\n")
    problems, said = check_format(root, [good, bad])
    if "NOT CHECKED" in said:
        print(said)
    elif problems != ["src/core/bad.cpp:2: not formatted; clang-format -i src/core/bad.cpp"]:
        failures.append(f"not formatted: expected one problem in line 2 of bad.cpp, got {problems}")

    tools = root / "tools"
    tools.mkdir()
    path, ci = os.environ["PATH"], os.environ.pop("CI", None)
    os.environ["PATH"] = str(tools)
    if (problems := check_format(root, [bad])[0]) != []:
        failures.append(f"without clang-format nothing is a problem outside CI, got {problems}")
    os.environ["CI"] = "true"
    if len(problems := check_format(root, [bad])[0]) != 1:
        failures.append(f"without clang-format CI has one problem, got {problems}")
    (tools / "clang-format").write_text(f"#!/bin/sh\necho clang-format version {FORMAT_MAJOR + 1}.0.0\n")
    (tools / "clang-format").chmod(0o755)
    problems, said = check_format(root, [bad])
    if problems or "NOT CHECKED" not in said:
        failures.append(f"another version of clang-format is skipped aloud, got {problems} and '{said}'")
    os.environ["PATH"] = path
    del os.environ["CI"]
    if ci is not None:
        os.environ["CI"] = ci
    return failures


def default_build(root):
    """The build folder that the test runs in, else build/ of the tree."""
    here = pathlib.Path.cwd()
    for folder in [here, *here.parents]:
        if (folder / "CMakeCache.txt").is_file():
            return folder
    return root / "build"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("root", nargs="?", default=pathlib.Path(__file__).resolve().parents[2], type=pathlib.Path)
    parser.add_argument("--build", type=pathlib.Path, help="build folder: generated headers, include paths, cache")
    parser.add_argument("--no-compile", action="store_true", help="text, include rules and format only")
    parser.add_argument("--self-test", action="store_true", help="plant violations; each must be caught")
    arguments = parser.parse_args()
    if arguments.self_test:
        return self_test()
    root = arguments.root.resolve()
    if not (root / "src").is_dir():
        print(f"error: {root} has no src/ (it is not the project's root); give the root", file=sys.stderr)
        return 2
    problems, summary = lint(root, (arguments.build or default_build(root)).resolve(), not arguments.no_compile)
    for problem in problems:
        print(problem)
    print(f"lint: {summary}, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
