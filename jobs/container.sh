#!/usr/bin/env bash
# One file with the program and all that it needs, from Debian packages alone, for machines on which nothing may be
# installed: it runs there without privileges. The last line on standard output is the path of that file, alone.
set -euo pipefail

usage() {
    cat <<'HELP'
usage: jobs/container.sh [--out FILE] [--suite NAME] [--mirror URI] [--installed DIR]

Builds the program in a fresh Debian made by mmdebstrap, takes out again what only building needs, and packs the rest
(program, study files, potentials, Python for the report, mpirun) into FILE. Needs no image hub. As root, or as anybody
where `unshare` works and /etc/subuid has the user (package uidmap).

  --out FILE       default out/mgstiff-gpu.sqfs. *.sqfs, *.squashfs: Charliecloud, Apptainer; *.tar, *.tar.gz: Podman,
                   Docker, and Charliecloud unpacked
  --suite NAME     the Debian release in it (default: this machine's, or bookworm where it has another system)
  --mirror URI     where packages come from (default: what apt on this machine is set up for; its proxies are used too)
  --installed DIR  take this tree (cmake --install build --prefix DIR), built on the same release, and build nothing
  --help           this text

MG_CONTAINER_JOBS is how many compilers run side by side (default: as many as cores and memory allow).

Then, in a folder with study.toml:
  ch-run --bind "$PWD:/data" --cd /data FILE.sqfs -- mgstiff-gpu run study.toml     (Charliecloud)
  apptainer exec FILE.sqfs mgstiff-gpu run study.toml
  podman import FILE.tar mgstiff-gpu && podman run --rm -v "$PWD:/data" -w /data mgstiff-gpu mgstiff-gpu run study.toml
HELP
}

# shellcheck source-path=SCRIPTDIR source=setup.sh
. "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

out="" suite="" mirror="" installed=""
while (($#)); do
    case "$1" in
        --out | --suite | --mirror | --installed)
            if (($# < 2)) || [[ -z "$2" ]]; then
                mg_say "error: $1 needs a value (see jobs/container.sh --help)"
                exit 2
            fi
            printf -v "${1#--}" '%s' "$2"
            shift
            ;;
        -h | --help)
            usage
            exit 0
            ;;
        *)
            mg_say "error: unknown option $1 (see jobs/container.sh --help)"
            exit 2
            ;;
    esac
    shift
done
exec 3>&1 1>&2

out="${out:-$mg_root/out/mgstiff-gpu.sqfs}"
case "$out" in
    *.sqfs | *.squashfs) packs=(mksquashfs) ;;
    *.tar) packs=() ;;
    *.tar.gz) packs=(gzip) ;;
    *) mg_say "error: '$out' has no known form (its ending); name it *.sqfs, *.tar or *.tar.gz" && exit 2 ;;
esac
if [[ -n "$installed" && ! -x "$installed/bin/mgstiff-gpu" ]]; then
    mg_say "error: there is no $installed/bin/mgstiff-gpu (--installed); cmake --install build --prefix $installed"
    exit 2
fi
missing=()
for tool in mmdebstrap:mmdebstrap "${packs[@]/%/:squashfs-tools}" apt-get:apt; do
    command -v "${tool%%:*}" >/dev/null || missing+=("${tool#*:}")
done
if ((EUID != 0)) && ! command -v newuidmap >/dev/null; then missing+=(uidmap); fi
((${#missing[@]} == 0)) ||
    mg_die "missing here: ${missing[*]}; as root: apt-get install -y --no-install-recommends ${missing[*]}"

if [[ -z "$suite" ]]; then
    # shellcheck source=/dev/null
    suite="$(. /etc/os-release && [[ "${ID:-}" == debian ]] && printf '%s' "${VERSION_CODENAME:-}")" || true
    suite="${suite:-bookworm}"
fi
mkdir -p "$(dirname "$out")"
out="$(cd "$(dirname "$out")" && pwd -P)/$(basename "$out")"
# Not in TMPDIR's default where an unprivileged mmdebstrap could not read the folder.
work="$(mktemp -d)"
trap 'rm -rf "$work" "$out.part"' EXIT
chmod 755 "$work"

# ---- Where packages come from: as apt here has it, so that a site's mirrors and proxies serve the image too ----------
if [[ -n "$mirror" ]]; then
    printf 'deb %s %s main\n' "$mirror" "$suite"
else
    # shellcheck disable=SC2016  # the format is apt's
    apt-get indextargets --format '$(ORIGIN) $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
        awk -v suite="$suite" '$1 == "Debian" && ($3 == suite || index($3, suite "-") == 1) && $3 !~ /backports/ &&
                               $4 == "main" && !seen[$2 $3]++ { print "deb", $2, $3, $4 }'
fi >"$work/sources.list"
if ! grep -q " $suite main" "$work/sources.list"; then
    mg_say "apt on this machine has no Debian $suite (try apt-get update): taking it from mmdebstrap's own mirror"
    : >"$work/sources.list"
fi
apt-config dump | grep -E '^Acquire::(https?::.*Proxy|Check-(Valid-Until|Date)) ' >"$work/apt.conf" || true

# ---- What goes in ----------------------------------------------------------------------------------------------------
# All that building and drawing need (setup.sh), and of that stays what is run by its own name.
mapfile -t packages < <(mg_package_list | awk '$1 == "run" && $2 != "git" && $2 != "ccache" { print $2 }')
mapfile -t stay < <(printf '%s\n' "${packages[@]}" | grep -E '^(python3.*|openmpi-bin)$')
mapfile -t go < <(printf '%s\n' "${packages[@]}" | grep -vE '^(python3.*|openmpi-bin)$')
revision="$(git -C "$mg_root" describe --always --dirty --tags 2>/dev/null || true)"
if [[ -n "$installed" ]]; then
    tar -C "$installed" -cf "$work/tree.tar" .
else
    # What is in the folder, changes too, but not what was made in it.
    tar -C "$mg_root" --exclude=./.git --exclude='./build*' --exclude='./out*' --exclude='*/__pycache__' \
        -cf "$work/tree.tar" .
fi
cat >"$work/inside.sh" <<INSIDE
set -eu
if [ -n "${installed:+yes}" ]; then
    tar -C /usr/local --no-same-owner -xf /tree.tar
else
    mkdir -p /building/source
    tar -C /building/source --no-same-owner -xf /tree.tar
    export MG_REVISION='$revision'
    cmake -S /building/source -B /building/build -G Ninja -DCMAKE_BUILD_TYPE=Release -DMG_TESTS=OFF -DMG_CUDA=OFF
    ninja -C /building/build -j ${MG_CONTAINER_JOBS:-$(mg_jobs)} mgstiff-gpu
    cmake --install /building/build --prefix /usr/local --strip
fi
rm -rf /building /tree.tar
mkdir -p /building
# Libraries of the program came with packages for building, and stay when those go. Some packages name them in /lib,
# some in /usr/lib, which are one folder, so they are looked up by their own name.
for library in \$(ldd /usr/local/bin/mgstiff-gpu | awk '/not found/ { print; exit 1 } \$3 ~ /^\// { print \$3 }'); do
    dpkg-query -S "*/\$(basename "\$(realpath "\$library")")" 2>/dev/null | sed -n '1s/[,:].*//p'
done | sort -u >/building/libraries
apt-mark manual \$(cat /building/libraries) ${stay[*]} >/dev/null
apt-mark auto ${go[*]} >/dev/null
DEBIAN_FRONTEND=noninteractive apt-get autoremove -y --purge
apt-get clean
# SciPy's package asks for Pythran, and that for a compiler and SymPy, none of which anything here calls: what is large
# of them goes, though their packages stay on the list.
rm -rf /usr/lib/gcc/*/*/cc1* /usr/lib/gcc/*/*/lto* /usr/lib/gcc/*/*/f951 /usr/include /usr/share/unicode \\
    /usr/lib/python3/dist-packages/sympy /usr/lib/python3/dist-packages/pythran
find /usr/lib -name '*.a' -delete
rm -rf /building /var/lib/apt/lists/* /etc/apt/apt.conf.d/99mmdebstrap /inside.sh
# A mirror's password is not for everybody who gets the image.
sed -i 's|//[^/@]*@|//|' /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null || true
mkdir -p /data
# Ranks in containers of their own may not read each other's memory.
cat >>/etc/openmpi/openmpi-mca-params.conf <<'MCA'
btl_vader_single_copy_mechanism = none
MCA
ldd /usr/local/bin/mgstiff-gpu | grep 'not found' && exit 1
mgstiff-gpu info >/dev/null
python3 -c 'import h5py, matplotlib.pyplot, numpy, scipy.optimize, scipy.sparse.csgraph, scipy.spatial, scipy.stats'
INSIDE

# ---- Make it ---------------------------------------------------------------------------------------------------------
pack() {
    case "$out" in
        *.tar) cat >"$out.part" ;;
        *.tar.gz) gzip >"$out.part" ;;
        *) mksquashfs - "$out.part" -tar -comp zstd -noappend -no-progress -quiet ;;
    esac
}
mg_say "Debian $suite with ${installed:-a build of the program}:" \
    "${#packages[@]} packages and what they need, from"
if [[ -s "$work/sources.list" ]]; then sed 's|\(//\)[^/@]*@|\1|; s/^/    /' "$work/sources.list" >&2; fi
# shellcheck disable=SC2016  # the shell is mmdebstrap's
inside='chroot "$1" sh /inside.sh' sources=()
[[ ! -s "$work/sources.list" ]] || sources=("$work/sources.list")
mmdebstrap --variant=apt --components=main --include="$(IFS=, && printf '%s' "${packages[*]}")" \
    --aptopt="$work/apt.conf" --aptopt='Acquire::Languages "none"' \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
    --customize-hook="upload '$work/tree.tar' /tree.tar" --customize-hook="upload '$work/inside.sh' /inside.sh" \
    --customize-hook="$inside" --format=tar "$suite" - "${sources[@]}" | pack ||
    mg_die "the image could not be made (see above)"
mv "$out.part" "$out"
mg_say "Seconds: $SECONDS; size: $(du -m "$out" | cut -f1) MB"
printf '%s\n' "$out" >&3
