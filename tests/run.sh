#!/usr/bin/env bash
# Sets up, builds and runs every test: unit, parity, mpi, regression, lint and the short validation.
set -euo pipefail

usage() {
    cat <<'HELP'
usage: tests/run.sh [--setup-only] [--no-install] [--validation | --lint | --fuzz MINUTES | --races]

Installs the Debian packages that are missing, configures and builds into build/ (the program is build/mgstiff-gpu)
and runs all tests with ctest. Where nvcc is found, a second build without CUDA goes into build-host/, where the
quick ones of those tests whose code differs run as well. No GPU is needed: parity tests skip, aloud, without one;
MG_REQUIRE_GPU=1 turns those skips into failures.

  --setup-only   install what is missing, and stop
  --no-install   install nothing
  --races        run what has threads under the thread sanitizer, with tuned and with plain loops (a quarter of an
                 hour; clang, whose OpenMP the sanitizer knows)
  --fuzz MINUTES read changed inputs for so many minutes with each reader, under the sanitizers
  --validation   run the full validation tables instead (long: hours), MG_VALIDATION=full, without time limits
  --lint         run the linters instead, and build nothing: tests/lint/lint.py, and clang-tidy on the C++ sources that
                 differ from origin/main (from HEAD~1 where there is none), where any warning fails
  --help         this text

MG_TEST_JOBS is how many tests run side by side (default: the number of cores), one OpenMP thread each.
MG_SIMT_SEED is the first of the seeds that order the threads of CUDA kernels on the CPU (default: 1; tests simt.*).
HELP
}

setup_only=0 install=1 validation=0 lint=0 fuzz=0 races=0
while (($#)); do
    case "$1" in
        --setup-only) setup_only=1 ;;
        --no-install) install=0 ;;
        --validation) validation=1 ;;
        --lint) lint=1 ;;
        --races) races=1 ;;
        --fuzz)
            fuzz=${2:-}
            if [[ ! $fuzz =~ ^[1-9][0-9]*$ ]]; then
                printf 'error: --fuzz takes a number of minutes (see tests/run.sh --help)\n' >&2
                exit 2
            fi
            shift
            ;;
        -h | --help)
            usage
            exit 0
            ;;
        *)
            printf 'error: unknown option %s (see tests/run.sh --help)\n' "$1" >&2
            exit 2
            ;;
    esac
    shift
done

# shellcheck source-path=SCRIPTDIR source=../jobs/setup.sh
. "$(dirname "${BASH_SOURCE[0]}")/../jobs/setup.sh"
cd "$mg_root"

# lap NAME: closes the step that began at the previous lap.
laps="" lap_start=$SECONDS
lap() {
    laps+="${laps:+, }$1 $((SECONDS - lap_start)) s"
    lap_start=$SECONDS
}

needed=(run test) optional=(view)
if ((lint)); then needed+=(lint) optional=(); fi
if ((races)); then needed+=(races) optional=(); fi
if ((install)); then
    mg_install "${needed[@]}"
    mg_install_optional "${optional[@]}"
else
    mg_missing_note "${needed[@]}" "${optional[@]}"
fi
lap install
if ((setup_only)); then
    mg_say "Set up ($laps). Nothing was built: --setup-only."
    exit 0
fi

mg_environment
# Files compiled together stand in the build folder; without its path ccache serves the second build from the first.
export CCACHE_BASEDIR="${CCACHE_BASEDIR:-$mg_root}"
mg_say_cuda
# Tests run side by side, one thread each; a test of threads sets their number itself.
export OMP_NUM_THREADS=1
jobs="${MG_TEST_JOBS:-$(mg_cores)}"

if ((lint)); then
    mg_configure build -DMG_TESTS=ON -DMG_CUDA=ON
    mg_build build mg_git_revision  # a header that sources include
    lap configure
    status=0
    python3 tests/lint/lint.py --build build || status=$?
    lap lint.py
    python3 tests/lint/tidy.py --build build || status=$?
    lap clang-tidy
    mg_say "Seconds: $laps"
    exit "$status"
fi

if ((races)); then
    # What clang leaves in of Highway's checks at -O1 is in its library.
    mg_configure build-races -DMG_TESTS=ON -DMG_CUDA=OFF -DMG_MPI=OFF -DCMAKE_CXX_COMPILER=clang++ \
        -DCMAKE_CXX_FLAGS="-fsanitize=thread -g1" -DCMAKE_CXX_FLAGS_RELEASE=-O1 -DCMAKE_CXX_STANDARD_LIBRARIES=-lhwy
    mg_build build-races mg_unit_tests
    lap build
    # Archer tells the sanitizer what OpenMP's library synchronises.
    archer="$(clang++ -print-resource-dir)/../../libarcher.so"
    [[ -f "$archer" ]] || mg_die "there is no $archer (libomp-dev)"
    export OMP_TOOL_LIBRARIES="$archer" TSAN_OPTIONS="ignore_noninstrumented_modules=1" OMP_NUM_THREADS=3
    export OMP_WAIT_POLICY=passive
    for race in -UMG_NO_RACE -DMG_NO_RACE; do
        clang++ -fsanitize=thread -fopenmp -g1 "$race" tests/support/race.cpp -o build-races/race
        found=0
        build-races/race >/dev/null 2>&1 || found=1
        [[ "$race$found" == -UMG_NO_RACE1 || "$race$found" == -DMG_NO_RACE0 ]] ||
            mg_die "the thread sanitizer cannot tell a race here ($race)"
    done
    status=0
    # Molecular dynamics, minimisers, shells, searches and learning, each once: the sanitizer makes hundreds of seconds
    # of what takes one.
    threaded='EngineForces.*:EngineNeighbors.*:EngineDynamics.Rep*:EngineMinimize.Repl*:Descriptors.*:Inputs.*'
    threaded+=':ArtnRegion.*:ArtnEvents.AreTheSame*:Training.SameBits*:GemmThreads.*:ElasticNetwork.*Thread*'
    for isa in avx2 generic; do
        [[ "$isa" == generic ]] || grep -qw "$isa" /proc/cpuinfo || continue
        MGSTIFF_ISA="$isa" build-races/tests/mg_unit_tests --gtest_brief=1 --gtest_filter="$threaded" || status=1
        lap "$isa"
    done
    mg_say "Seconds: $laps"
    exit "$status"
fi

if ((fuzz)); then
    mg_configure build -DMG_TESTS=ON -DMG_CUDA=OFF -DMG_FUZZ_SECONDS=$((60 * fuzz)) -DMG_TEST_TIMEOUT=1000000
    lap configure
    mg_build build mg_fuzz
    lap build
    mg_say "Seconds: $laps"
    cd build
    exec ctest -L fuzz --verbose --no-tests=error -j "$jobs"
fi

if ((validation)); then
    mg_configure build -DMG_TESTS=ON -DMG_CUDA=ON -DMG_TEST_TIMEOUT=1000000
    lap configure
    mg_build build
    lap build
    mg_say "Seconds: $laps"
    export MG_VALIDATION=full
    cd build
    exec ctest -L validation --verbose --no-tests=error -j "$jobs"
fi

mg_configure build -DMG_TESTS=ON -DMG_CUDA=ON -DMG_TEST_TIMEOUT=600
with_cuda="$(grep -c '^CMAKE_CUDA_COMPILER:.*[^D]$' build/CMakeCache.txt || true)"
lap configure
mg_build build
lap build

# The build without CUDA: the program, the unit and the parity tests. The rest of the tests would only repeat.
# ccache serves the files that no CUDA switch touches from the first build.
host_status=0
if ((with_cuda)); then
    mg_configure build-host -DMG_TESTS=ON -DMG_CUDA=OFF -DMG_TEST_TIMEOUT=600
    mg_build build-host mgstiff-gpu mg_unit_tests mg_parity_tests
    lap "host-only build"
    printf 'Tests of the build without CUDA:\n'
    # Suites of seconds whose code is the same in both builds run in the other one alone.
    same='Elasticity|ElasticNetwork|EngineNeighbors|EngineForces|EngineDynamics|EngineMinimize|EngineRelax|ArtnEvents'
    same+='|ArtnRegion|HarmonicStiffness|SoftestModes|DensityOfStates|ReferenceBasin|OracleSelf|Compressed'
    (cd build-host && ctest -R '^(unit|parity|regression\.(bad_input|evaluate))' -E "^unit\.(($same)\.|forces_)" \
        --output-on-failure --no-tests=error -j "$jobs") || host_status=$?
    lap "host-only tests"
fi

printf 'Tests of the build %s CUDA:\n' "$( ((with_cuda)) && echo with || echo without)"
printf 'Seconds before these tests: %s\n' "$laps"
((host_status == 0)) || printf 'The build without CUDA FAILED its tests, see above.\n'
status=0
(cd build && ctest --output-on-failure --no-tests=error -j "$jobs") || status=$?
lap tests
mg_say "Seconds: $laps, total $SECONDS s"
((host_status == 0)) || mg_say "FAILED: tests of the build without CUDA (ctest exit $host_status)"
((status == 0)) || mg_say "FAILED: tests of the main build (ctest exit $status)"
exit $((status != 0 ? status : host_status))
