# The habits of this house, spelled out. Nothing is hidden here that you couldn't type yourself.
#
#   make demo     a bridge with invented learners, on this machine
#   make serve    the service
#   make test     all tests; with PostgreSQL installed, on both databases
#   make check    style, types, and who may import whom
#   make conformance  the public xAPI conformance suite, where it is installed: both versions, both databases
#   make plugin   the Moodle plugin as the ZIP that Moodle's installer takes, in dist/
#   make moodle-test MOODLE_DIR=…  the plugin in a real Moodle, whose source is given, and a real bridge; DB=mariadb for that
#   make screenshots  every page as on a phone and on a desk, with the people of the demonstration, in dist/screenshots
#   make bench    how near the service comes to its limits, what pages, recomputing and importing cost; needs wrk, PostgreSQL
#
# ONLY narrows conformance:  make conformance ONLY="--version 1.0.3 --database sqlite --grep State"
# PYTHON is the Python that .venv is made with:  make test PYTHON=python3.12

PYTHON ?= python3
WORKERS ?= 2
VENV := .venv
PIP := $(VENV)/bin/python -m pip install --quiet --disable-pip-version-check

.PHONY: help demo serve test check conformance plugin moodle-test screenshots bench ready
.DEFAULT_GOAL := help

help:
	@sed -n '3,11s/^# *//p' $(firstword $(MAKEFILE_LIST))

demo: $(VENV)/installed
	@$(VENV)/bin/lrs-bridge demo

serve: $(VENV)/installed
	@$(VENV)/bin/lrs-bridge serve

test: ready
	@$(VENV)/bin/pytest -n $(WORKERS)

check: ready
	@echo "ruff: rules";        $(VENV)/bin/ruff check --quiet
	@echo "ruff: layout";       $(VENV)/bin/ruff format --check --quiet
	@echo "mypy: types";        $(VENV)/bin/mypy --no-error-summary
	@echo "import-linter: who may import whom"; $(VENV)/bin/lint-imports

conformance: ready
	@$(VENV)/bin/python tests/conformance/run.py $(ONLY)

plugin: ready
	@$(VENV)/bin/python plugins/moodle/build_zip.py

moodle-test: ready
	@$(VENV)/bin/python tests/moodle/run.py $(if $(MOODLE_DIR),--moodle "$(MOODLE_DIR)") $(if $(DB),--database $(DB)) $(ONLY)

screenshots: ready
	@$(VENV)/bin/python tests/screenshots.py

bench: ready
	@$(VENV)/bin/python benchmarks/receive.py
	@$(VENV)/bin/python benchmarks/limits.py sqlite
	@$(VENV)/bin/python benchmarks/limits.py postgres
	@$(VENV)/bin/python benchmarks/pages.py 100000
	@$(VENV)/bin/python benchmarks/recompute.py 1000
	@$(VENV)/bin/python benchmarks/imports.py 2000

ready: $(VENV)/installed-for-development

# The stamps lie in .venv, so that removing it is enough to start afresh.
$(VENV)/made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "lrs_bridge needs Python 3.11 or newer, and $(PYTHON) is:" \
			"$$($(PYTHON) --version 2>&1 || true). Say which to use: make PYTHON=/path/to/python3.12" >&2; \
		exit 1; }
	@$(VENV)/bin/python -m pip --version >/dev/null 2>&1 || { \
		echo "making $(VENV) with $$($(PYTHON) --version)"; \
		$(PYTHON) -m venv $(VENV); }
	@touch $@

$(VENV)/installed: pyproject.toml | $(VENV)/made
	@echo "installing lrs_bridge into $(VENV)"
	@$(PIP) -e .
	@touch $@

$(VENV)/installed-for-development: pyproject.toml | $(VENV)/made
	@echo "installing lrs_bridge into $(VENV), with what its tests need"
	@$(PIP) -e '.[dev,postgres]'
	@touch $@ $(VENV)/installed
