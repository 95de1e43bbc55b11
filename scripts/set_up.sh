#!/bin/sh
# Makes the project's environment in .venv from the pinned, hashed requirements. Runs again only when they change.
set -eu
cd "$(dirname "$0")/.."

# Trust what the machine trusts: behind a company's proxy that is more than uv brings along.
UV_SYSTEM_CERTS="${UV_SYSTEM_CERTS:-true}"
export UV_SYSTEM_CERTS

say() { printf '%s\n' "$*" >&2; }

find_python() {
  for name in ${PYTHON:-} python3.13 python3.12 python3.11 python3.10 python3 python; do
    if command -v "$name" >/dev/null 2>&1 &&
      "$name" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] < (3, 14))' 2>/dev/null; then
      printf '%s' "$name"
      return 0
    fi
  done
  return 1
}

# What the environment is made from: when any of this changes, it is brought up to date.
fingerprint() { cat requirements/*.txt scripts/set_up.sh pyproject.toml */pyproject.toml | cksum; }

if [ -f .venv/.fingerprint ] && [ "$(cat .venv/.fingerprint)" = "$(fingerprint)" ]; then
  exit 0
fi

if ! python=$(find_python); then
  say "Python 3.10, 3.11, 3.12 or 3.13 is needed and was not found: install one, or name it: make PYTHON=/path/to/python3 <target>"
  exit 1
fi
if [ ! -x .venv/bin/python ]; then
  say "Making the environment in .venv with $($python --version) ..."
  if ! "$python" -m venv .venv >/dev/null 2>&1; then
    rm -rf .venv
    say "'$python -m venv' does not work: install Python's venv module (on Debian and Ubuntu: apt-get install python3-venv)"
    exit 1
  fi
fi
say "Installing the pinned packages ..."
log=.venv/set_up.log
if ! {
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt &&
    .venv/bin/uv pip install --quiet --python .venv/bin/python --require-hashes -r requirements/development.txt &&
    .venv/bin/uv pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation \
      -e delivery -e tap-commercetools -e transform -e target-iterable -e target-dotdigital -e sandbox
} >"$log" 2>&1; then
  tail -n 5 "$log" >&2
  say "The packages could not be installed: check that a Python package index can be reached (the whole story is in $log)"
  exit 1
fi
fingerprint >.venv/.fingerprint
say "The environment is ready."
