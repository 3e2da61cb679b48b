# Everything runs from .venv, which is made on first use and updated when pyproject.toml changes.
# make PYTHON=python3.12 venv   chooses the interpreter of a new .venv
SHELL := /bin/bash
MAKEFLAGS += --no-print-directory

PYTHON ?= $(shell .ci/find-python python3.13 python3.12 python3.11 python3)
PYTHON_VERSIONS := 3.11 3.12 3.13
BIN := .venv/bin
INSTALLED := .venv/.installed
PIP_INSTALL := -m pip install --quiet --disable-pip-version-check
PYTEST := -m pytest -n auto --maxprocesses=8 -m
FUZZ_ARGS ?=
EXHAUSTIVE_ARGS ?=
BENCH_ARGS ?=

# Tests run one process per core; BLAS threads on top would only fight over them.
test pytest test-slow test-pythons: export OPENBLAS_NUM_THREADS ?= 1

.DEFAULT_GOAL := help
.PHONY: help venv demo test pytest test-slow lint format test-pythons fuzz exhaustive bench bench-peers hooks clean

help:  ## what there is to make
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 16

venv: $(INSTALLED)  ## .venv, with the package installed in place

$(INSTALLED): pyproject.toml
	@if ! test -x $(BIN)/python; then \
	    python="$(PYTHON)"; \
	    if test -z "$$python"; then \
	        echo "No Python >= 3.11 that can make environments was found; choose one: make PYTHON=..." >&2; exit 1; \
	    fi; \
	    echo "making .venv with $$("$$python" --version)"; \
	    "$$python" -m venv .venv; \
	fi
	@echo "installing into .venv"
	@$(BIN)/python $(PIP_INSTALL) -e '.[dev,data,viz]'
	@touch $@

demo: venv  ## trace against source conversion, on branching models
	@$(BIN)/python examples/compare_trace_vs_source.py

# Pytest runs even when lint fails, and last: one run shows all there is to mend.
test: venv  ## every check: ruff, pyright, import-linter, pytest
	@status=0; $(MAKE) lint || status=1; $(MAKE) pytest || status=1; exit $$status

pytest: venv  ## the tests alone
	@$(BIN)/python $(PYTEST) "not slow"

test-slow: venv  ## the tests that `make test` leaves out: minutes of compiling, frozen applications, more random programs
	@$(BIN)/python $(PYTEST) slow
	@DY2STATIC_EXECUTOR=native $(BIN)/python $(PYTEST) "not slow" tests/dy2static

lint: venv  ## ruff, pyright, import-linter
	@status=0; \
	$(BIN)/ruff check --quiet . || status=1; \
	$(BIN)/ruff format --check --quiet . || { echo "not formatted: run make format" >&2; status=1; }; \
	$(BIN)/pyright || status=1; \
	$(BIN)/lint-imports --no-logo || status=1; \
	exit $$status

format: venv  ## rewrites the sources to the agreed form
	@$(BIN)/ruff check --quiet --fix . ; $(BIN)/ruff format .

test-pythons:  ## the tests on each Python that the machine has
	@status=0; tested=; \
	for version in $(PYTHON_VERSIONS); do \
	    python=$$(.ci/find-python python$$version $$HOME/.pyenv/versions/$$version.*/bin/python); \
	    if test -z "$$python"; then echo "== Python $$version: not on this machine"; continue; fi; \
	    echo "== Python $$version: $$python"; tested="$$tested $$version"; \
	    $(MAKE) .venv-$$version/.installed BASE_PYTHON="$$python" \
	        && .venv-$$version/bin/python $(PYTEST) "not slow" || status=1; \
	done; \
	echo "== tested on:$${tested:- none}"; test -n "$$tested" && exit $$status

.venv-%/.installed: pyproject.toml
	@test -x .venv-$*/bin/python || "$(BASE_PYTHON)" -m venv .venv-$*
	@.venv-$*/bin/python $(PIP_INSTALL) -e '.[test,data,viz]'
	@touch $@

fuzz: venv  ## random programs, all modes against each other; FUZZ_ARGS=...
	@$(BIN)/python tests/fuzz.py $(FUZZ_ARGS)

exhaustive: venv  ## all float32 through each native function; EXHAUSTIVE_ARGS=...
	@$(BIN)/python tests/exhaustive.py $(EXHAUSTIVE_ARGS)

bench: venv  ## measurements; BENCH_ARGS=...
	@$(BIN)/python -m benchmarks $(BENCH_ARGS)

bench-peers: venv  ## ours against the frameworks that can be installed; BENCH_ARGS=...
	@$(BIN)/python -m benchmarks.peers.install
	@$(BIN)/python -m benchmarks peers $(BENCH_ARGS)

hooks: venv  ## runs the checks before each commit
	@$(BIN)/pre-commit install

clean:  ## removes environments, caches and build outputs
	@rm -rf .venv .venv-* build dist *.egg-info .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
