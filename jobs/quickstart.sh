#!/usr/bin/env bash
# From a fresh Debian 12 to the pictures of a small study. The last line on standard output is the absolute path of
# report.html, alone; all else goes to standard error.
set -euo pipefail

usage() {
    cat <<'HELP'
usage: jobs/quickstart.sh [--no-install] [--out DIR]

Installs the Debian packages that are missing (as root or with sudo), builds the program into build/, runs
jobs/quick.toml and prints the absolute path of report.html. Run again, it only does what is left to do.

  --no-install   install nothing
  --out DIR      where the results go (default: out/quick)
  --help         this text
HELP
}

install=1 out=""
while (($#)); do
    case "$1" in
        --no-install) install=0 ;;
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
            printf 'error: unknown option %s (see jobs/quickstart.sh --help)\n' "$1" >&2
            exit 2
            ;;
    esac
    shift
done

exec 3>&1 1>&2

# shellcheck source-path=SCRIPTDIR source=setup.sh
. "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
out="${out:-$mg_root/out/quick}"
mkdir -p "$out"
out="$(cd "$out" && pwd -P)"

if ((install)); then mg_install run; else mg_missing_note run; fi
mg_environment
mg_say_cuda
installed=$SECONDS
mg_configure "$mg_root/build" -DMG_TESTS=OFF
mg_build "$mg_root/build" mgstiff-gpu
built=$SECONDS
"$mg_root/build/mgstiff-gpu" run "$mg_root/jobs/quick.toml" --out "$out"
[[ -s "$out/report.html" ]] || mg_die "the run ended without $out/report.html (see its messages above)"
mg_say "Seconds: install $installed, build $((built - installed)), study $((SECONDS - built))"
printf '%s\n' "$out/report.html" >&3
