#!/usr/bin/env python3
"""Runs clang-tidy (checks: .clang-tidy) on the C++ sources that were changed; any warning about a changed file fails.

usage: tidy.py [--build DIR] [--base REVISION] [FILE...]

Changed is what differs from the point where this branch left origin/main (where there is none, from HEAD~1), in commits
or in the working tree, and what git does not know yet. FILEs are checked instead where they are given. Changed headers
are checked through the changed .cpp files that include them. The build folder has to be configured
(compile_commands.json). Exits 1 where there is a warning, 2 on wrong usage.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
HEADERS = {".hpp", ".h", ".inl"}


def stop(problem):
    print(f"error: {problem}", file=sys.stderr)
    sys.exit(2)


def git(*arguments):
    """Lines that git writes, or None where it fails."""
    done = subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True, text=True)
    return done.stdout.splitlines() if done.returncode == 0 else None


def changed_files(base):
    """(files that differ from `base` and still exist, relative to the root; the revision that they differ from)"""
    if base is None:
        base = (git("merge-base", "HEAD", "origin/main") or ["HEAD~1"])[0]
    differing = git("diff", "--name-only", "--relative", "--diff-filter=d", base)
    if differing is None:
        stop(f"git cannot compare with {base} (no repository, or no such revision); give --base or FILEs")
    return sorted({*differing, *git("ls-files", "--others", "--exclude-standard")}), base


def by_source(entry):
    """A compile command as one for each source: files compiled together are included by a file that CMake writes."""
    file = pathlib.Path(entry["file"])
    if file.parent.name != "Unity":
        return [entry]
    together = re.findall(r'^#include "(.+)"', file.read_text(), re.M)
    return [{**entry, "file": one, "command": entry["command"].replace(entry["file"], one)} for one in together]


def write_commands(build, sources, folder):
    """Writes into `folder` one compile command per source; returns the sources that the build compiles."""
    database = build / "compile_commands.json"
    if not database.is_file():
        stop(f"{database} is missing (the build folder is not configured); run cmake first, or give --build")
    chosen = {}
    for entry in (one for together in json.loads(database.read_text()) for one in by_source(together)):
        name = os.path.relpath(entry["file"], ROOT)
        # Some sources are compiled again for the emulation of CUDA; the library's own command comes first.
        if name in sources and (name not in chosen or "MG_SIMT" in chosen[name]["command"]):
            chosen[name] = entry
    folder.mkdir(exist_ok=True)
    (folder / "compile_commands.json").write_text(json.dumps(list(chosen.values())))
    return sorted(chosen)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("files", nargs="*", type=pathlib.Path, help="check these instead of what was changed")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build", help="a configured build folder")
    parser.add_argument("--base", help="revision that the changes are counted from")
    arguments = parser.parse_args()
    tidy = shutil.which("clang-tidy")
    if tidy is None:
        stop("clang-tidy was not found; install the packages clang-tidy and libomp-dev")
    if arguments.files:
        files, said = [os.path.relpath(f.resolve(), ROOT) for f in arguments.files], "named"
    else:
        files, base = changed_files(arguments.base)
        said = f"changed since {base[:12]}"
    wanted = [f for f in files if f.endswith(".cpp")]
    folder = arguments.build.resolve() / "lint-tidy"
    sources = write_commands(arguments.build.resolve(), wanted, folder)
    headers = "|".join(re.escape(f) for f in files if pathlib.PurePath(f).suffix in HEADERS)
    command = [tidy, "-p", str(folder), "--quiet", "--warnings-as-errors=*", f"--header-filter=/({headers or '^$'})$"]

    def check(source):
        return subprocess.run([*command, str(ROOT / source)], capture_output=True, text=True)

    failed = 0
    with concurrent.futures.ThreadPoolExecutor(max_workers=len(os.sched_getaffinity(0))) as pool:
        for source, done in zip(sources, pool.map(check, sources)):
            if done.returncode == 0:
                continue
            failed += 1
            ended = f"{source}: clang-tidy ended with {done.returncode}:\n{done.stderr}"
            print(done.stdout.replace(f"{ROOT}/", "") or ended, flush=True)
    for source in sorted(set(wanted) - set(sources)):
        print(f"note: {source} is no part of this build and was not checked")
    print(f"clang-tidy: {len(sources)} sources {said}, {failed} with warnings")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
