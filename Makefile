# `make run` is all that a visitor needs; `make test` is what every change must pass.

RUN := handraise demo --serve
PYTEST_ARGS ?=
UPGRADE ?=

VENV := .venv
BIN := $(VENV)/bin
RUN_STAMP := $(VENV)/run.stamp
DEV_STAMP := $(VENV)/dev.stamp
BENCH_STAMP := $(VENV)/bench.stamp
# What is installed for development is enough to run.
READY := $(or $(wildcard $(DEV_STAMP)),$(RUN_STAMP))

PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input -qq
# The locks hold everything that is needed: nothing is looked up, so no newer release can come between.
INSTALL_SELF := $(PIP) install --no-deps --no-build-isolation -e .
COMPILE := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock' $(UPGRADE)
LOCK := $(COMPILE) pyproject.toml

MAKEFLAGS += --no-print-directory
.PHONY: help run dev test check format bench bench-familiar lock clean
.DELETE_ON_ERROR:

help:
	@echo 'make run     start the demo'
	@echo 'make test    all checks, then all tests'
	@echo 'make check   formatting, lint, types, imports'
	@echo 'make format  mend what can be mended by itself'
	@echo 'make bench   measure'
	@echo 'make bench-familiar   measure what is learned, on the rows in the folder HANDRAISE_DATA'
	@echo 'make lock    renew requirements/ (UPGRADE=--upgrade takes newer versions)'
	@echo 'make clean   remove what checks, tests and builds leave behind'

run: $(READY)
	@$(BIN)/$(RUN)

dev: $(DEV_STAMP)

# As many tests as there are processors run at once: none of them may share out its arithmetic.
# Plain examples are what coverage is counted on; counting more than doubles the time, so that the
# drawn ones, and those that try the whole at length, run without it. The coverage of the core has
# the last word.
TRY := $(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

test: check
	@browser="$$(scripts/browser)" && export HANDRAISE_BROWSER="$$browser" OPENBLAS_NUM_THREADS=1 && \
		{ $(TRY) -m 'hypothesis or uncounted' || test $$? -eq 5 || failed=1; } && \
		{ $(TRY) -m 'not hypothesis and not uncounted' --cov --cov-report=term || failed=1; } && exit $${failed:-0}
	@$(BIN)/coverage report --include='src/handraise/core/*' --fail-under=100

check: $(DEV_STAMP)
	@$(BIN)/ruff format --check --quiet --output-format concise .
	@$(BIN)/ruff check --quiet --output-format concise .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo --no-cache

format: $(DEV_STAMP)
	@$(BIN)/ruff check --quiet --fix-only .
	@$(BIN)/ruff format --quiet .

bench: $(DEV_STAMP)
	@$(BIN)/python -m bench

bench-familiar: $(BENCH_STAMP)
	@$(BIN)/python -m bench familiar

lock:
	@command -v uv >/dev/null || { echo 'error: make lock needs uv (pip install uv)' >&2; exit 1; }
	@$(LOCK) --extra backtest --extra demo --extra learn --extra plots --extra prove --group build -o requirements/run.txt
	@$(LOCK) --all-extras --group dev --group bench -c requirements/run.txt -o requirements/dev.txt
	@$(COMPILE) --group bench-familiar -c requirements/dev.txt -o requirements/bench.txt

clean:
	@rm -rf build dist htmlcov test-results .coverage .coverage.* .hypothesis \
		.mypy_cache .pytest_cache .ruff_cache .schemathesis
	@find src tests bench -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true

$(BIN)/python:
	@scripts/venv $(VENV)

$(RUN_STAMP): requirements/run.txt pyproject.toml | $(BIN)/python
	@echo 'Installing what Handraise needs into $(VENV) (a minute, the first time) ...'
	@$(PIP) install --require-hashes --no-deps -r $<
	@$(INSTALL_SELF)
	@touch $@

$(DEV_STAMP): requirements/dev.txt pyproject.toml | $(BIN)/python
	@echo 'Installing what its tests need into $(VENV) (two minutes, the first time) ...'
	@$(PIP) install --require-hashes --no-deps -r $<
	@$(INSTALL_SELF)
	@touch $@

$(BENCH_STAMP): requirements/bench.txt $(DEV_STAMP)
	@echo 'Installing what it is measured against into $(VENV) ...'
	@$(PIP) install --require-hashes --no-deps -r $<
	@touch $@
