# Everything that is done with this repository, by name. `make help` lists it.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
ONCE ?=
# Folders with a package-lock.json that tests need.
NPM := generator/web tests/rigs/lighthouse
# Tests in parallel: two workers suit a machine of two cores.
WORKERS ?= 2
PYTEST_FLAGS ?=

.DEFAULT_GOAL := help
.PHONY: help demo quick test lint format bench site screenshots lock wheel clean

help: ## List what can be made.
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

# The environment comes in two layers, each made once and again only when what it depends on changes.
# Both take only what their lock file names by its hash; then the project itself is put in, alone.
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile
LOCKED := $(PIP) --only-binary :all: --require-hashes -r
$(VENV)/.run: pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit("deepcat needs Python 3.11 or newer; name one: make PYTHON=python3.12 …" if sys.version_info < (3, 11) else 0)'
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo 'This Python lacks venv; on Debian: apt-get install python3-venv'; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(LOCKED) requirements.lock
	$(PIP) --no-deps --no-build-isolation -e .
	$(BIN)/python -m compileall -q $(VENV)/lib src generator || true
	@touch $@

$(VENV)/.dev: $(VENV)/.run requirements-dev.lock
	$(LOCKED) requirements-dev.lock
	$(BIN)/python -m compileall -q -x ansible_collections $(VENV)/lib src generator || true
	@touch $@

# What tests of the website take from npm; where npm is missing they are skipped, and CI fails.
$(VENV)/.npm: $(NPM:%=%/package-lock.json)
	@if command -v npm >/dev/null; then \
		for folder in $(NPM); do npm ci --prefix $$folder --silent --no-audit --no-fund || exit 1; done; touch $@; \
	else echo 'npm is missing, so some tests of the website are skipped; on Debian: apt-get install nodejs npm'; fi

# Validators of what the website gives to programs; some contradict each other's and our own versions.
$(VENV)/.validators: tests/site/validators/requirements.lock
	$(PYTHON) -m venv --clear $(VENV)/validators
	$(VENV)/validators/bin/python -m pip install --quiet --disable-pip-version-check --no-deps \
		--require-hashes -r $<
	@touch $@

demo: $(VENV)/.run ## From a fresh clone to a prediction and a website; ONCE=1 takes it all down again.
	@$(BIN)/deepcat demo $(if $(ONCE),--once)

test: $(VENV)/.dev $(VENV)/.npm $(VENV)/.validators ## Run all tests.
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup $(PYTEST_FLAGS)

quick: $(VENV)/.dev ## Run the tests that start nothing: no server, no Ansible, no browser, no TensorFlow.
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -q -m "not starts" $(PYTEST_FLAGS)

lint: $(VENV)/.dev ## Run all linters.
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deepcat check
	BIN=$(BIN) .github/lint

format: $(VENV)/.dev ## Mend what the linters can mend.
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# One is a library of the others; one needs another checkout: python bench/beside.py CHECKOUT.
BENCHES = $(filter-out bench/synthetic.py bench/beside.py,$(wildcard bench/*.py))
bench: $(VENV)/.dev ## Run the benchmarks and keep their figures under bench/RESULTS.
	@for script in $(BENCHES); do echo "== $$script"; $(BIN)/python $$script || exit 1; done

site: $(VENV)/.run ## Build the website into _site/.
	$(BIN)/deepcat site build

screenshots: $(VENV)/.dev ## Take the pictures of the website again; needs Chromium.
	$(BIN)/deepcat apply iris-classifier digits-classifier --yes
	$(BIN)/deepcat site build
	$(BIN)/python generator/screenshots.py
	$(BIN)/deepcat destroy iris-classifier digits-classifier --yes

wheel: $(VENV)/.dev ## Build the wheel and the source archive into dist/.
	$(BIN)/python -m build

# `make lock UPGRADE=` keeps each version that still fits.
UPGRADE ?= --upgrade
RESOLVE = $(BIN)/uv pip compile --quiet $(UPGRADE) --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate --group pyproject.toml:build

lock: ## Resolve the lock files anew for every Python and system: what runs, and what develops.
	test -x $(BIN)/uv || $(PIP) uv
	$(RESOLVE) --extra all --output-file requirements.lock pyproject.toml
	$(RESOLVE) --all-extras --constraint requirements.lock --output-file requirements-dev.lock pyproject.toml
	cd tests/site/validators && $(abspath $(BIN))/uv pip compile --quiet --no-deps --universal --python-version 3.11.5 \
		--generate-hashes --no-header --no-annotate --output-file requirements.lock requirements.in

clean: ## Remove what was built; running deployments are taken down first.
	@test ! -x $(BIN)/deepcat || $(BIN)/deepcat destroy --all --yes
	rm -rf _site .deepcat dist build
