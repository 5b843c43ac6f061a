#!/usr/bin/env bash
# The revision that every output names is that of the build, not of the configuration, and a build without a new one
# compiles nothing anew: revision.sh <program> <source directory>
# shellcheck source-path=SCRIPTDIR source=../support/regression.sh
. "$(dirname "$0")/../support/regression.sh"
git_here() { git -C "$work/tree" -c user.name=test -c user.email=test@example.org "$@"; }
header=$work/generated/git_revision.hpp
write() { cmake -D ROOT="$work/tree" -D TO="$header" -P "$source_directory/cmake/git_revision.cmake"; }
# named: the revision that the header gives.
named() { sed -n 's/.*git = "\(.*\)";/\1/p' "$header"; }

mkdir "$work/tree"
write
[ "$(named)" = "" ] || fail "a tree without git has the revision '$(named)'"
git_here init -q
git_here commit -q --allow-empty -m one
write
[ "$(named)" = "$(git_here rev-parse --short HEAD)" ] || fail "the first commit is '$(named)'"
touch -d "2000-01-01" "$header"
write
[ "$(stat -c %Y "$header")" -lt 1000000000 ] || fail "the header was written anew for the same revision"
git_here commit -q --allow-empty -m two
write
[ "$(named)" = "$(git_here rev-parse --short HEAD)" ] || fail "the second commit is '$(named)'"
