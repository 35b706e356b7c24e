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
try yamllint --strict .
try shellcheck scripts/*.sh scripts/find_python .ci/run
try ansible-lint --offline
[ -z "$failed" ] || { echo "lint failed:$failed" >&2; exit 1; }
