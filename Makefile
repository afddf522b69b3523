# All that is needed is Python 3.11 or later, with venv, and make.

PYTHON ?= python3
BIN := .venv/bin

# Python code that is kept compiled starts sooner, whatever the machine has set.
export PYTHONDONTWRITEBYTECODE :=
SOURCES := $(shell find notifier tests migrations -name '*.py')

.DEFAULT_GOAL := help
.PHONY: help serve test faults neighbours fuzz check lint format bench clean
.DELETE_ON_ERROR:

help:  ## List the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  \1\t/' | expand -t 12

serve: .venv/installed  ## Run everything on http://127.0.0.1:5000, with its data in ./data
	@$(BIN)/notifier serve

test: .venv/tools  ## Run the tests
	@rm -f .coverage .coverage.*
	$(BIN)/coverage run -m pytest --numprocesses=auto --maxprocesses=8 --dist=worksteal $(ARGS)
	@$(BIN)/coverage combine --quiet

faults: .venv/tools  ## Kill and stop parts under load, and see that nothing is lost (ARGS=--help)
	$(BIN)/python -W 'ignore:XDG_RUNTIME_DIR is not set' -m tests.faults $(ARGS)

neighbours: .venv/tools  ## See that an endpoint does not suffer from what others do (ARGS=--help)
	$(BIN)/python -W 'ignore:XDG_RUNTIME_DIR is not set' -m tests.faults.neighbours $(ARGS)

fuzz: .venv/tools  ## Send ten thousand requests of each kind, and see that none is a fault
	$(BIN)/pytest tests/fuzz --timeout=0 --requests=10000 --show-capture=no $(ARGS)

check: lint .coverage  ## Check format, style, types, layers and coverage
	$(BIN)/coverage report

lint: .venv/tools
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy --num-workers=2
	$(BIN)/lint-imports

format: .venv/tools  ## Format the code, and mend what can be mended
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/tools  ## Measure how fast it is (ARGS=--help says what can be measured)
	$(BIN)/python -W 'ignore:XDG_RUNTIME_DIR is not set' -m benchmarks $(ARGS)

clean:  ## Remove what the other targets have made, but for ./data
	rm -rf .venv build dist .coverage .coverage.* .hypothesis
	rm -rf .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# What the tests that ran last have covered; they run again if anything is newer.
.coverage: $(SOURCES) pyproject.toml
	@$(MAKE) --no-print-directory test

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or later is needed: make PYTHON=python3.13")'
	@$(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; }

.venv/installed: .venv/bin/python pyproject.toml
	$(BIN)/pip install --quiet --disable-pip-version-check --editable .
	@touch $@

.venv/tools: .venv/bin/python pyproject.toml
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[test,check]'
	@touch $@ .venv/installed
