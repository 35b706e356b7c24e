#!/bin/sh
# Make the environment that tests and the demo run in: setup_venv.sh DIRECTORY
# Quick when it is already there; the stamp holds what it was made from.
set -eu
cd "$(dirname "$0")/.."
venv=$1

if ! "$venv/bin/python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    python=$(sh scripts/find_python 3.11)
    echo "Making $venv with $("$python" --version)"
    rm -rf "$venv"
    "$python" -m venv "$venv" || {
        echo "This Python cannot make virtual environments. On Debian: apt-get install python3-venv" >&2
        exit 1
    }
fi

stamp=$venv/.made-from
inputs="requirements.txt requirements/test.txt"
[ -f simulator/pyproject.toml ] && inputs="$inputs simulator/pyproject.toml"
now=$(cat $inputs; echo "$PWD")
if [ "$now" != "$(cat "$stamp" 2>/dev/null)" ]; then
    echo "Installing what tests and the demo need into $venv"
    set -- -r requirements/test.txt
    [ -f simulator/pyproject.toml ] && set -- "$@" -e ./simulator
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check "$@"
    printf '%s\n' "$now" > "$stamp"
fi
"$venv/bin/python" scripts/link_collection.py
