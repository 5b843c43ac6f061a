#!/usr/bin/env bash
# What jobs/container.sh refuses before it makes anything, and the packages that it names; an image takes minutes and
# the network, and is made by hand: container.sh <program> <source directory>
# shellcheck source-path=SCRIPTDIR source=../support/regression.sh
. "$(dirname "$0")/../support/regression.sh"
script=$source_directory/jobs/container.sh
mkdir tools
for tool in bash dirname apt-get; do ln -s "$(command -v "$tool" || echo /bin/true)" tools; done

# says STATUS TEXT COMMAND...: it ends so, says that, and makes nothing.
says() {
    local wanted=$1 text=$2 status=0
    shift 2
    "$@" > said 2> log || status=$?
    [ "$status" = "$wanted" ] || fail "$* ended with $status, not $wanted"
    [ ! -s said ] || fail "$* says on standard output: $(cat said)"
    grep -qF -- "$text" log || fail "$* does not say '$text'"
    [ -z "$(find . -name '*.sqfs*')" ] || fail "$* made an image"
}
"$script" --help > help
grep -q '^usage: jobs/container.sh' help || fail "--help: $(cat help)"
says 2 "unknown option --size" "$script" --size 3
says 2 "--out needs a value" "$script" --out
says 2 "has no known form" "$script" --out image.sif
says 2 "there is no nowhere/bin/mgstiff-gpu" "$script" --installed nowhere
says 1 "missing here: mmdebstrap squashfs-tools" env PATH="$work/tools" "$(command -v bash)" "$script" --out image.sqfs
says 1 "apt-get install -y --no-install-recommends mmdebstrap" \
    env PATH="$work/tools" "$(command -v bash)" "$script" --out image.tar
