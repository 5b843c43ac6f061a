#!/usr/bin/env bash
# One relocatable folder with the program, the parity tests, and the shared libraries they need beyond glibc,
# the CUDA driver and the CUDA libraries, for a GPU node that has none of our packages.
set -euo pipefail

usage() {
    cat <<'HELP'
usage: benchmarks/bundle.sh [--no-install] [--no-build] [--out DIR]

Builds into build-bundle/ (compute capability 9.0 only, no MPI, small BLAS, GoogleTest static, stripped) and gathers
the bundle in DIR (default: build-bundle/bundle), less than 50 MB; a glass of 19,652 atoms to measure with is made first
(a minute). On the GPU node, DIR/run-gpu-checks.sh runs tests, benchmarks and stages of jobs/quick.toml on the cuda
backend (benchmarks/gpu.md). Needs nvcc here; no GPU. The last line on standard output is the bundle's absolute path,
alone.

  --no-install   install nothing
  --no-build     gather from build-bundle/ as it is
  --out DIR      where the bundle goes; the folder is replaced if it is a bundle, else it must not exist
  --help         this text
HELP
}

install=1 build=1 out=""
while (($#)); do
    case "$1" in
        --no-install) install=0 ;;
        --no-build) build=0 ;;
        --out)
            (($# >= 2)) || { printf 'error: --out needs a folder\n' >&2 && exit 2; }
            out="$2"
            shift
            ;;
        -h | --help)
            usage
            exit 0
            ;;
        *)
            printf 'error: unknown option %s (see benchmarks/bundle.sh --help)\n' "$1" >&2
            exit 2
            ;;
    esac
    shift
done

exec 3>&1 1>&2

# shellcheck source-path=SCRIPTDIR source=../jobs/setup.sh
. "$(dirname "${BASH_SOURCE[0]}")/../jobs/setup.sh"
work="$mg_root/build-bundle"
out="${out:-$work/bundle}"
max_mb=50

if ((install)); then mg_install run test bundle; else mg_missing_note run test bundle; fi
mg_environment
command -v patchelf >/dev/null || mg_die "patchelf was not found (it makes the bundle relocatable); install it"
if ((build)); then
    command -v nvcc >/dev/null || mg_die "nvcc was not found (the bundle is for a GPU); install the CUDA toolkit"
    mg_configure "$work" -DMG_CUDA=ON -DMG_MPI=OFF -DCMAKE_CUDA_ARCHITECTURES=90 -DMG_BLAS=blas -DMG_STATIC_GTEST=ON \
        -DMG_TESTS=ON -DCMAKE_CUDA_FLAGS=-lineinfo
    mg_build "$work" mgstiff-gpu mg_parity_tests
fi

# A folder that is not a bundle of ours is never replaced.
if [[ -e "$out" ]]; then
    [[ -f "$out/run-gpu-checks.sh" ]] || mg_die "$out exists and is no bundle of ours; name another folder"
    rm -rf "$out"
fi
mkdir -p "$out/lib" "$out/tests"
out="$(cd "$out" && pwd -P)"

program="$work/mgstiff-gpu" parity="$work/tests/mg_parity_tests"
[[ -x "$program" ]] || mg_die "$program was not built; run without --no-build"
cmake --install "$work" --prefix "$out" --strip
programs=("$program")
if [[ -x "$parity" ]]; then
    programs+=("$parity")
    strip -o "$out/bin/mg_parity_tests" "$parity"
else
    mg_say "note: mg_parity_tests was not built and is left out"
fi

# The closure of shared libraries. What stays behind: glibc (the node's, at least as new), the CUDA driver, and the
# CUDA libraries, which run-gpu-checks.sh looks for on the node.
glibc='ld-linux.*|linux-vdso|libc|libm|libmvec|libdl|libpthread|librt|libresolv|libutil|libanl|libnss_.*'
cuda='libcuda|libnvidia-.*|libcudart|libcublas|libcublasLt|libcusolver|libcusparse|libnvJitLink|libcufft|libcurand'
closure="$(ldd "${programs[@]}" | awk '$2 == "=>" { print $1, ($3 == "not" ? "missing" : $3) }' | sort -u)"
while read -r name path; do
    [[ -n "$name" ]] || continue
    if [[ "$name" =~ ^($glibc|$cuda)\.so ]]; then continue; fi
    [[ "$path" != missing ]] || mg_die "$name was not found on this machine (ldd); install what provides it"
    if [[ "$(basename "$(dirname "$path")")" == openblas* ]]; then
        mg_die "$name comes from OpenBLAS ($path), not from the small library; remove build-bundle/ and build again"
    fi
    [[ -e "$out/lib/$name" ]] || install -m 755 "$(readlink -f "$path")" "$out/lib/$name"
done <<<"$closure"
for file in "$out"/lib/*; do
    strip --strip-unneeded "$file"
    # shellcheck disable=SC2016  # $ORIGIN is the loader's
    patchelf --set-rpath '$ORIGIN' "$file"
done
for file in "$out"/bin/*; do
    # shellcheck disable=SC2016
    patchelf --set-rpath '$ORIGIN/../lib' "$file"
done

# What is measured: a glass of the paper's size. A fast quench is as good as a slow one for that.
glass="$work/glass.xyz.gz"
if [[ ! -s "$glass" ]]; then
    cat >"$work/glass.toml" <<TOML
[study]
name = "glass"
output = "glass"
[system]
elements = ["Cu", "Zr"]
fractions = [0.5, 0.5]
atoms = 19652
potential = "$mg_root/jobs/potentials/Cu-Zr_2.eam.fs"
[compute]
backend = "host"
[quench]
samples = 1
rate_K_per_s = 5e14
melt_ps = 2.0
final_K = 300.0
anneal_ps = 0
TOML
    (cd "$work" && ./mgstiff-gpu run glass.toml --stage quench)
    gzip -9 <"$work/glass/samples/0000/glass.xyz" >"$glass.part"
    mv "$glass.part" "$glass"
fi
cp "$glass" "$out/glass.xyz.gz"
if [[ -d "$mg_root/tests/data" ]]; then cp -r "$mg_root/tests/data" "$out/tests/data"; fi
install -m 755 "$mg_root/benchmarks/run-gpu-checks.sh" "$out/run-gpu-checks.sh"
git -C "$mg_root" describe --always --dirty --tags >"$out/VERSION" 2>/dev/null || printf 'unknown\n' >"$out/VERSION"

# Every library of the bundle must now be found in it.
stray=""
while read -r name path; do
    if [[ "$name" =~ ^($glibc|$cuda)\.so || "$path" -ef "$out/lib/$name" ]]; then continue; fi
    stray+=" $name"
done < <(ldd "$out"/bin/* "$out"/lib/* | awk '$2 == "=>" { print $1, $3 }' | sort -u)
[[ -z "$stray" ]] || mg_die "these libraries would come from outside the bundle:$stray"

# It starts from where it is moved to, finds its libraries, and says that there is no GPU where there is none.
elsewhere="$(mktemp -d)"
cp -r "$out" "$elsewhere/bundle"
try() { (cd / && env -u LD_LIBRARY_PATH CUDA_VISIBLE_DEVICES= "$elsewhere/bundle/bin/$1" "${@:2}" 2>&1); }
try mgstiff-gpu info >/dev/null || mg_die "the program of the bundle does not start"
if [[ -x "$out/bin/mg_parity_tests" ]]; then
    try mg_parity_tests --gtest_list_tests >/dev/null || mg_die "the tests of the bundle do not start"
fi
status=0
answer="$(try mgstiff-gpu bench md --backend cuda --structure "$elsewhere/bundle/glass.xyz.gz")" || status=$?
[[ "$status" == 2 && "$answer" == *"no CUDA device was found"* ]] ||
    mg_die "without a GPU the bundle's program should refuse --backend cuda by exit code 2, not $status: $answer"
[[ "$("$elsewhere/bundle/run-gpu-checks.sh" --plan | awk '$1 == "sum" { print $2 }')" -le 330 ]] ||
    mg_die "the plan of run-gpu-checks.sh takes more than 330 s"
rm -rf "$elsewhere"

kb="$(du -sk "$out" | cut -f1)"
newest="$(objdump -T "$out"/bin/* "$out"/lib/* | grep -o 'GLIBC_2\.[0-9]*' | sort -Vu | tail -1)"
# Debian 12 has 2.36, Ubuntu 24.04 2.39.
[[ "$(printf '%s\n' "$newest" GLIBC_2.36 | sort -V | tail -1)" == GLIBC_2.36 ]] ||
    mg_die "the bundle needs $newest, which Debian 12 does not have; build it on Debian 12"
mg_say "Bundle: $((kb / 1024)) MiB, $(find "$out/lib" -type f | wc -l) libraries; needs $newest or newer."
((kb * 1024 < max_mb * 1000000)) ||
    mg_die "the bundle weighs $kb KiB (limit $max_mb MB); see what is heavy: du -a $out | sort -n"
printf '%s\n' "$out" >&3
