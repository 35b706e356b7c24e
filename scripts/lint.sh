#!/bin/sh
# Run all linters, and say at the end which failed: lint.sh ENVIRONMENT
set -u
cd "$(dirname "$0")/.." || exit 1
PATH="$PWD/$1/bin:$PATH"
export PATH
failed=

try() {
    echo "== $*"
    "$@" || failed="$failed $1"
}

try ruff check --output-format concise .
try ruff format --check --output-format concise .
# Areas of the simulator that need each other can be neither read nor tried alone.
try pylint --disable=all --enable=cyclic-import --score=no simulator/cloudstack_simulator
# What stands in pyproject.toml: the simulator, whose areas agree with each other by their types.
try mypy
try yamllint --strict .
try shellcheck scripts/*.sh scripts/find_python .ci/run
try ansible-lint --offline
try antsibull-changelog lint
[ -z "$failed" ] || { echo "lint failed:$failed" >&2; exit 1; }
