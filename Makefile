# make build, make test, make docs: on the demo data, or with VARS=, TRANSACTIONS= and CUSTOMERS=.
PYTHON ?= python3
python := .venv/bin/python
# Handed over by the environment, so that the shell expands nothing in them.
export VARS TRANSACTIONS CUSTOMERS
export PORT ?= 8000
words := --vars "$$VARS" --transactions "$$TRANSACTIONS" --customers "$$CUSTOMERS"

compile := .venv/bin/uv pip compile pyproject.toml --universal --generate-hashes --no-strip-extras \
	--python-version 3.11 --quiet

.DEFAULT_GOAL := help
.PHONY: help build publish report serve check-input test test-spark java docs lineage lock clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-11s %s\n", $$1, $$2}'
	@echo 'build, check-input, test and docs take VARS=<vars file>, TRANSACTIONS=<file or relation> and'
	@echo 'CUSTOMERS=<file or relation>; without them, docs those of the last build, others the demo data.'

build: .venv/installed ## Build every segment, publish what was made, write report and documentation
	@$(python) -m segmentation build $(words)

publish: .venv/installed ## Publish the last build again, if it was complete and green, and report on it
	@$(python) -m segmentation publish

report: .venv/installed ## Write the report of what is published anew
	@$(python) -m segmentation report

serve: .venv/installed ## Serve what is published to this machine only, on PORT=8000
	@$(python) -m segmentation serve --port "$$PORT"

check-input: .venv/installed ## Guess how an input is mapped and what a build would make of it
	@$(python) -m segmentation check-input $(words)

test: .venv/installed ## Run everything that guards the project
	@$(python) -m segmentation test $(words)

test-spark: java .venv-spark/installed ## Build the demo on Spark, too, and compare every table with DuckDB's
	@.venv-spark/bin/python -m pytest tests/python/test_spark.py --numprocesses 0

java:
	@"$${JAVA_HOME:+$$JAVA_HOME/bin/}java" -version 2>&1 | grep -Eq 'version "(1[7-9]|[2-9][0-9])' \
		|| { echo 'Spark needs Java 17 or newer: install it, or name its folder in JAVA_HOME.' >&2; exit 1; }

docs: .venv/installed ## Write the page that documents models, columns and lineage
	@$(python) -m segmentation docs $(words)

lineage: .venv/installed ## Draw the picture of the lineage in README anew
	@$(python) -m segmentation lineage

lock: .venv/installed ## Compile the requirements anew from pyproject.toml
	@$(compile) --extra dev --output-file requirements.txt
	@$(compile) --all-extras --constraint requirements.txt --output-file requirements-spark.txt

clean: ## Remove what builds leave behind, except the database
	@rm -rf .venv .venv-spark target logs .pytest_cache .ruff_cache

.venv/installed: requirements.txt
.venv-spark/installed: requirements-spark.txt
.venv/installed .venv-spark/installed:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null \
		|| { echo 'Python 3.11, 3.12 or 3.13 is needed: name one, as in make build PYTHON=python3.12.' >&2; exit 1; }
	@echo 'Setting up $(@D) (once, about a minute) …'
	@$(PYTHON) -m venv --clear $(@D)
	@$(@D)/bin/pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@
