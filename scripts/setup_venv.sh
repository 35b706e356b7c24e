#!/bin/sh
# Make an environment: setup_venv.sh DIRECTORY REQUIREMENTS [PROJECT TO INSTALL EDITABLE]
# Quick when it is already there; the stamp holds what it was made from. The collection is linked into it.
set -eu
cd "$(dirname "$0")/.."
venv=$1
requirements=$2
project=${3:-}

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
[ -f "$project/pyproject.toml" ] || project=
now=$(cat requirements.txt "$requirements" ${project:+"$project/pyproject.toml"}; echo "$PWD")
if [ "$now" != "$(cat "$stamp" 2>/dev/null)" ]; then
    echo "Installing $requirements${project:+ and $project} into $venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r "$requirements" ${project:+-e "$project"}
    printf '%s\n' "$now" > "$stamp"
fi
"$venv/bin/python" scripts/link_collection.py
