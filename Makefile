# `make help` lists what this file can do. Settings reach the commands from the environment: PORT=9000 make serve.
.DEFAULT_GOAL := help
SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# A Python of 3.11 to 3.13, for example PYTHON=python3.12 make setup. By default the first that will do.
PYTHON ?=
export PYTHON
# Options of the comparison in `make bench`, for example BENCH="--roots data/raw --series 200".
BENCH ?=

.PHONY: help setup run serve build-pyramids sample test lint format bench bench-browser bench-truth screenshots reference test-faults test-long messages lock clean

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' Makefile

setup: $(READY) ## Make .venv with the pinned packages and Packscope in it

$(READY): pyproject.toml requirements.lock scripts/setup.sh
	@bash scripts/setup.sh $(VENV)
	@touch $@

run: $(READY) ## Everything: set-up, a sample site if there is no data, the pyramids, the dashboard
	@$(BIN)/packscope run

serve: $(READY) ## Serve the dashboard from the store as it is
	@$(BIN)/packscope serve

build-pyramids: $(READY) ## Build the store from the CSVs in METER_ROOTS, only what changed
	@$(BIN)/packscope build

sample: $(READY) ## Write the sample site, with its known faults, to data/sample
	@$(BIN)/packscope sample

test: $(READY) lint ## Every check: lint, types, all tests with coverage, in a real browser too
	@bash scripts/chromium.sh
	@$(BIN)/pytest -n 2 --dist loadfile -m "not long" --cov --cov-report=term

lint: $(READY) ## Check style and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

format: $(READY) ## Put the code into the house style
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: $(READY) ## Measure building (beside parsing and pandas) and answering on this machine
	@$(BIN)/python -m tests.bench $(BENCH)
	@$(BIN)/packscope bench

bench-browser: $(READY) ## Measure the dashboard beside a bare Dash application in Chromium, and write docs/performance.md
	@bash scripts/chromium.sh
	@$(BIN)/python -m tests.bench.browser --store "$${STORE:-data/store}" --write

bench-truth: $(READY) ## Measure what faults are found, how small and how soon, and write docs/detection.md
	@$(BIN)/packscope bench truth --write

screenshots: $(READY) ## Take the pictures in docs/screenshots from the sample site
	@bash scripts/chromium.sh
	@$(BIN)/python -m scripts.screenshots

reference: $(READY) ## Write signals.md, limits.md and the methods of methods.md in docs from the code
	@$(BIN)/python -m scripts.reference

test-faults: $(READY) ## Kill builds at random moments, break files, and see that nothing is lost
	@$(BIN)/pytest tests/fault

test-long: $(READY) ## The tests that take long: known truth over many simulated sites
	@$(BIN)/pytest -m long

messages: $(READY) ## Bring the catalogue of German words up to date with the code; new ones are left empty
	@pot=$$(mktemp) && $(BIN)/pybabel -q extract -F pyproject.toml -k t -k mark -k tn:1,2 --no-default-keywords --no-location \
		--omit-header --sort-output -o $$pot . && $(BIN)/pybabel -q update -N --ignore-obsolete --no-wrap --omit-header -l de \
		-i $$pot -o app/locales/de/packscope.po; rm -f $$pot

lock: $(READY) ## Pin the newest versions that pyproject.toml allows
	@$(BIN)/pip-compile --quiet --upgrade --generate-hashes --extra dev --extra s3 --build-deps-for editable --strip-extras \
		--allow-unsafe --no-header --no-annotate --no-emit-index-url --no-emit-find-links --no-emit-trusted-host \
		--output-file requirements.lock pyproject.toml

clean: ## Remove .venv and caches; data stays
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage .coverage.* htmlcov
