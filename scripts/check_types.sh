#!/bin/sh
# Checks the types of each package with its tests on its own: test modules of different packages may share a name.
set -eu
cd "$(dirname "$0")/.."
for folder in delivery sandbox tap-commercetools transform target-iterable target-dotdigital; do
  MYPYPATH="$folder/tests" .venv/bin/mypy --no-error-summary "$folder"
done
MYPYPATH=tests .venv/bin/mypy --no-error-summary tests scripts
MYPYPATH=benchmarks .venv/bin/mypy --no-error-summary benchmarks
