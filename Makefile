# The project's commands. They need git, make and Python 3.10 to 3.13, and set up everything else by themselves.
.DEFAULT_GOAL := help
# Trust what the machine trusts: behind a company's proxy that is more than uv brings along.
export UV_SYSTEM_CERTS ?= true
.PHONY: help demo sandbox test check format bench set-up requirements clean

help: ## Show what there is to do
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' Makefile

set-up: ## Make or update the environment in .venv
	@PYTHON="$(PYTHON)" sh scripts/set_up.sh

demo: set-up ## Sync a made-up shop into both destinations, change it, and sync the changes
	@.venv/bin/python scripts/demo.py

sandbox: set-up ## Serve the three emulated services on port 8765 until stopped
	@.venv/bin/commerce-sandbox serve

test: set-up ## Check style and types, and run every test
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@scripts/check_types.sh
	@.venv/bin/python -m pytest --numprocesses logical --dist loadfile $(TESTS)

format: set-up ## Format the code
	@.venv/bin/ruff check --fix .
	@.venv/bin/ruff format .

bench: set-up ## Measure
	@.venv/bin/python benchmarks/run.py

requirements: set-up ## Resolve all dependencies anew and write the hashed exports
	@.venv/bin/uv pip compile --quiet --upgrade --generate-hashes --no-header --no-annotate --universal requirements/bootstrap.in -o requirements/bootstrap.txt
	@.venv/bin/uv lock --quiet --upgrade
	@.venv/bin/uv export --quiet --no-emit-workspace --no-header -o requirements/development.txt
	@.venv/bin/uv export --quiet --no-emit-workspace --no-header --no-dev -o requirements/plugins.txt

clean: ## Remove the environment and everything the demo left
	@rm -rf .venv .meltano output rejects .demo benchmarks/.incumbent
