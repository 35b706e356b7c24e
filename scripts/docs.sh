#!/bin/sh
# Build the documentation in docs/build, without the network: docs.sh ENVIRONMENT
set -eu
cd "$(dirname "$0")/.."
PATH="$PWD/$1/bin:$PATH"
export PATH
build=docs/build
rm -rf "$build"
mkdir -p "$build/rst"
chmod go-w "$build/rst"

antsibull-docs lint-collection-docs --plugin-docs --skip-rstcheck --validate-collection-refs self .
antsibull-docs --config-file docs/antsibull-docs.cfg collection \
    --use-current --squash-hierarchy --fail-on-error --dest-dir "$build/rst" cloudstack.ops
cp -R docs/docsite/rst/pictures "$build/rst/docsite/"  # antsibull-docs takes the texts only
sphinx-build -M html "$build/rst" "$build" -c docs -W --keep-going --quiet
echo "$build/html/index.html"
