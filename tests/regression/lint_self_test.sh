#!/usr/bin/env bash
# The lint catches every violation that is planted for it. Arguments: PROGRAM ROOT.
set -euo pipefail
root="${2:?usage: lint_self_test.sh PROGRAM ROOT}"
python=/usr/bin/python3
[[ -x "$python" ]] || python=python3
exec "$python" "$root/tests/lint/lint.py" --self-test
