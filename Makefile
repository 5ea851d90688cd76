# Everything a fresh machine needs is Python 3.11 or newer, make and a POSIX shell.
# Node comes as a Python wheel; the engines come as Python wheels.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO_ARGS ?=
DEMO_DATA ?= var/demo
PYTEST_ARGS ?=

.DEFAULT_GOAL := help

.PHONY: help
help: ## Show what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' Makefile

$(VENV)/.uv: requirements/bootstrap.txt
	@$(PYTHON) -c 'import sys; sys.exit("Otklik needs Python 3.11 or newer; PYTHON=python3.12 make … names another one." if sys.version_info < (3, 11) else 0)'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt
	@touch $@

$(VENV)/.ready: $(VENV)/.uv requirements/dev.txt pyproject.toml
	@echo "Installing Python packages"
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/dev.txt
	@OTKLIK_SKIP_UI=1 $(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@

.PHONY: setup
setup: $(VENV)/.ready ## Install everything into .venv

.PHONY: build
build: setup ## Build the interface
	@$(BIN)/python tools/ui.py build

.PHONY: demo
demo: build ## Run the main job on real orders and leave the program running
	@$(BIN)/otklik demo --data $(DEMO_DATA) $(DEMO_ARGS)

.PHONY: up
up: build ## Start the program
	@$(BIN)/otklik up

.PHONY: test
test: setup ## Run every check and test
	@sh tools/test.sh $(PYTEST_ARGS)

.PHONY: lint
lint: setup ## Check form, types and import contracts
	@$(BIN)/ruff check src tests benchmarks tools migrations
	@$(BIN)/ruff format --check src tests benchmarks tools migrations
	@$(BIN)/mypy
	@$(BIN)/lint-imports

.PHONY: format
format: setup ## Put the code into its form
	@$(BIN)/ruff check --fix --quiet src tests benchmarks tools migrations || true
	@$(BIN)/ruff format src tests benchmarks tools migrations

.PHONY: bench
bench: build ## Run the benchmarks; BENCH=name runs one
	@$(BIN)/python -m benchmarks $(BENCH)

.PHONY: lock
lock: $(VENV)/.uv ## Resolve the dependencies again
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 --group dev pyproject.toml -o requirements/dev.txt
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 -c requirements/dev.txt pyproject.toml -o requirements/run.txt
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 requirements/bootstrap.in -o requirements/bootstrap.txt

.PHONY: clean
clean: ## Remove what was built; data folders stay
	@rm -rf $(VENV) src/otklik/static web/node_modules web/*/node_modules .mypy_cache .ruff_cache .pytest_cache
