# make build, make test, make docs: on the demo data, or with VARS=<file> TRANSACTIONS=<path>.
PYTHON ?= python3
python := .venv/bin/python
# Handed over by the environment, so that the shell expands nothing in them.
export VARS TRANSACTIONS
words := --vars "$$VARS" --transactions "$$TRANSACTIONS"

.DEFAULT_GOAL := help
.PHONY: help build test docs lock clean

help: ## List the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-7s %s\n", $$1, $$2}'
	@echo 'Each takes VARS=<vars file> and TRANSACTIONS=<file or relation>; without them, the demo data.'

build: .venv/installed ## Build every segment and summarise what was made
	@$(python) -m segmentation build $(words)

test: .venv/installed ## Run everything that guards the project
	@$(python) -m segmentation test $(words)

docs: .venv/installed ## Write the page that documents models, columns and lineage
	@$(python) -m segmentation docs $(words)

lock: .venv/installed ## Compile requirements.txt anew from pyproject.toml
	@.venv/bin/uv pip compile pyproject.toml --all-extras --universal --generate-hashes \
		--no-strip-extras --python-version 3.11 --quiet --output-file requirements.txt

clean: ## Remove what builds leave behind, except the database
	@rm -rf .venv target logs .pytest_cache .ruff_cache

.venv/installed: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null \
		|| { echo 'Python 3.11, 3.12 or 3.13 is needed: name one, as in make build PYTHON=python3.12.' >&2; exit 1; }
	@echo 'Setting up .venv (once, about a minute) …'
	@$(PYTHON) -m venv --clear .venv
	@.venv/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@
