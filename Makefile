# Everything runs in .venv, made from requirements.lock with nothing but python3 and make.
PYTHON ?= python3
BIN := .venv/bin
.DEFAULT_GOAL := help
.PHONY: help setup demo up test test-postgresql check format lock clean

help: ## Show this list.
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 18

setup: .venv/.ready ## Make .venv with the command .venv/bin/menagerie.

.venv/.ready: requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "No $(PYTHON) found: install Python 3.11 or newer, or name one: make PYTHON=/path/to/python3 $(MAKECMDGOALS)" >&2; exit 2; }
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(0 if v >= (3, 11) else "menagerie needs Python 3.11 or newer; $(PYTHON) is %d.%d. Name a newer one: make PYTHON=python3.11 $(MAKECMDGOALS)" % v[:2])'
	@echo "Setting up .venv; this takes a minute or two, once."
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	@touch $@

demo: setup ## Run the whole job against the sandbox: no key, no network.
	@$(BIN)/menagerie demo

up: setup ## Run Prefect's server, schedules, a worker and the pages, until Ctrl-C.
	@exec $(BIN)/menagerie up

# Tests wait for servers and children half of the time, so that three suit two cores.
test: setup ## Run the tests.
	@$(BIN)/python -m pytest -n 3 --dist worksteal

test-postgresql: setup ## Run the tests with every catalog on PostgreSQL; see CONTRIBUTING.md.
	@MENAGERIE_TEST_POSTGRESQL=$${MENAGERIE_TEST_POSTGRESQL:-temporary} $(BIN)/python -m pytest -n 3 --dist worksteal

check: setup ## Lint and check types.
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

format: setup ## Put the code in its format.
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

lock: setup ## Resolve the dependencies afresh into requirements.lock.
	@$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header --group dev --extra cluster --extra onnx pyproject.toml --output-file requirements.lock

clean: ## Remove .venv and what tools leave behind.
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis
