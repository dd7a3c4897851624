# Everything that is done with this repository, by name. `make help` lists it.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
ONCE ?=
# Folders with a package-lock.json that tests need.
NPM := generator/web tests/rigs/lighthouse
# Tests in parallel: on two cores two workers leave two fifths of them idle, for tests wait for servers, queues and clocks.
WORKERS ?= 4
PYTEST_FLAGS ?=

.DEFAULT_GOAL := help
.PHONY: acceptance acceptance-tfserving cluster code-server gitea killed on-kind openstack swift help demo again conformance parts quick test lint format bench site screenshots lock runtime wheel clean

help: ## List what can be made.
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 21

# The environment comes in two layers, each made once and again only when what it depends on changes.
# Both take only what their lock file names by its hash; then the project itself is put in, alone.
# `ready` says beforehand what the machine lacks for it; all takes so many gigabytes.
READY := 3
demo: READY := demo 3
test parts quick lint bench: READY := 5
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile
LOCKED := $(PIP) --only-binary :all: --require-hashes -r
$(VENV)/.run: pyproject.toml requirements.lock
	@PYTHON='$(PYTHON)' .github/ready $(READY)
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo 'Installing what requirements.lock names, 2.5 GB: that takes minutes, and says nothing meanwhile.'
	$(LOCKED) requirements.lock
	$(PIP) --no-deps --no-build-isolation -e .
	$(BIN)/python -m compileall -q -j0 $(VENV)/lib src generator || true
	@touch $@

$(VENV)/.dev: $(VENV)/.run requirements-dev.lock
	$(LOCKED) requirements-dev.lock
	$(BIN)/python -m compileall -q -j0 -x ansible_collections $(VENV)/lib src generator || true
	@touch $@

# What tests of the website take from npm; where that fails they are skipped, and CI fails.
$(VENV)/.npm: $(NPM:%=%/package-lock.json)
	@.github/npm $(NPM) && touch $@ || test -z "$$CI"

# Validators of what the website gives to programs; some contradict each other's and our own versions.
$(VENV)/.validators: tests/site/validators/requirements.lock
	$(PYTHON) -m venv --clear $(VENV)/validators
	$(VENV)/validators/bin/python -m pip install --quiet --disable-pip-version-check --no-compile --no-deps \
		--require-hashes -r $<
	@touch $@

# What servers are held against: the real DEEPaaS, clients of others, what asks all that a description allows.
$(VENV)/.%: tests/serving/server/%/requirements.lock
	$(PYTHON) -m venv --clear $(VENV)/$*
	$(VENV)/$*/bin/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r $<
	@touch $@

demo: $(VENV)/.run ## From a fresh clone to a prediction and a website; ONCE=1 takes it all down again.
	@$(BIN)/deepcat demo $(if $(ONCE),--once)

parts: $(VENV)/.dev $(VENV)/.npm $(VENV)/.validators $(VENV)/.deepaas $(VENV)/.openapi $(VENV)/.openinference $(VENV)/.clients ## What tests take from indexes; with -j side by side.

test: parts ## Run all tests.
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup $(PYTEST_FLAGS)

again: $(VENV)/.dev ## Run alone, one by one, what failed last, if it was few tests of a whole run.
	@$(BIN)/python .github/again.py $(VENV)/.pytest
	$(BIN)/python -m pytest @$(VENV)/.pytest/again.txt $(PYTEST_FLAGS)
	@echo "It passes alone: it is unsteady, and to be mended all the same."

conformance: $(VENV)/.dev ## Try every kind of cloud, and keep what each passed for the package and the docs.
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup --keep tests/clouds/conformance/test_conformance.py tests/clouds/test_template_kind.py $(PYTEST_FLAGS)
	$(BIN)/python docs/reference/write.py

openstack: $(VENV)/.dev ## Hold the kind of that name to real services, which are installed once, for many minutes; as root.
	$(BIN)/python -m pytest $(wildcard tests/clouds/kinds/openstack/acceptance_*.py) $(PYTEST_FLAGS)

# The controller of Ingresses has a run of its own: after it a port of a node is refused in the same one.
INGRESS := tests/clouds/kinds/kubernetes/acceptance_ingress.py
cluster: $(VENV)/.dev ## Hold manifests to a real cluster, which Go builds once, for many minutes; as root with a real node.
	$(BIN)/python -m pytest $(filter-out $(INGRESS),$(wildcard tests/clouds/*/acceptance_cluster.py tests/clouds/kinds/kubernetes/acceptance_*.py tests/rigs/cluster/acceptance_*.py)) $(PYTEST_FLAGS)
	$(BIN)/python -m pytest $(INGRESS) $(PYTEST_FLAGS)

swift: $(VENV)/.dev ## Hold data and the store of models to a real Swift, of the system's packages; as root, for a minute.
	$(BIN)/python -m pytest -n0 tests/runs/acceptance_swift.py tests/loop/trained/acceptance_swift.py $(PYTEST_FLAGS)

gitea: $(VENV)/.dev ## Hold the stores of models in a forge to a real Gitea, which Go builds once, for many minutes.
	$(BIN)/python -m pytest -n0 tests/loop/trained/acceptance_gitea.py $(PYTEST_FLAGS)

killed: $(VENV)/.dev ## Kill trainings, and what brings them about, at thirty moments that chance chooses, and a node of Slurm; for minutes.
	$(BIN)/python -m pytest -n0 $(wildcard tests/e2e/acceptance_killed*.py tests/clouds/kinds/slurm/acceptance_*.py) $(PYTEST_FLAGS)

code-server: $(VENV)/.dev ## Work in the real code-server of this machine, in Chromium: here, by ssh, as a job of Slurm; it has to be in PATH.
	$(BIN)/python -m pytest -n0 tests/e2e/acceptance_code_server.py $(PYTEST_FLAGS)

# Of upstream, for those who can pull it; a registry without TLS is named by TFSERVING_REGISTRY.
TFSERVING ?= docker.io/tensorflow/serving:latest
acceptance-tfserving: $(VENV)/.dev ## Serve by TensorFlow Serving's own image: TFSERVING names another one.
	TFSERVING_IMAGE='$(TFSERVING)' $(BIN)/python -m pytest tests/runs/test_container.py $(PYTEST_FLAGS)

# Kind's own for those who can pull it; another one by its name; `built` from Debian's packages and Go's modules.
KIND_IMAGE ?=
on-kind: $(VENV)/.dev ## Try the kind `kubernetes` on a cluster that kind makes by Docker or Podman; KIND_IMAGE names its node image.
	KIND_IMAGE='$(KIND_IMAGE)' $(BIN)/python -m pytest -n0 tests/clouds/conformance/test_conformance.py --on kind $(PYTEST_FLAGS)

ACCEPTANCE := openstack cluster swift gitea killed code-server acceptance-tfserving on-kind
acceptance: $(VENV)/.dev ## All that is held to real parts and is no part of `make test`, one after the other; what they lack is said.
	@failed=; for each in $(ACCEPTANCE); do echo "== $$each"; \
		$(MAKE) --no-print-directory $$each || failed="$$failed $$each"; done; \
	test -z "$$failed" || { echo "failed:$$failed"; exit 1; }

quick: $(VENV)/.dev ## Run the tests that start nothing: no server, no Ansible, no browser, no TensorFlow.
	$(BIN)/python -m pytest -n auto --dist worksteal -q -m "not starts" --hypothesis-profile=quick $(PYTEST_FLAGS)

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

# One is a library of the others, one needs another checkout (python bench/beside.py CHECKOUT), one takes half an hour.
BENCHES = $(filter-out bench/synthetic.py bench/beside.py bench/schedules.py bench/keras.py bench/large_cluster.py,$(wildcard bench/*.py))
bench: $(VENV)/.dev ## Run the benchmarks and keep their figures under bench/RESULTS.
	@for script in $(BENCHES); do echo "== $$script"; $(BIN)/python $$script || exit 1; done

site: $(VENV)/.run ## Build the website into _site/.
	$(BIN)/deepcat site build

screenshots: $(VENV)/.dev ## Take the pictures of the website again; needs Chromium.
	$(BIN)/deepcat apply iris-classifier digits-classifier --yes
	$(BIN)/deepcat site build
	$(BIN)/python generator/screenshots.py
	$(BIN)/python generator/review_picture.py
	$(BIN)/deepcat destroy iris-classifier digits-classifier --yes

runtime: $(VENV)/.run ## Build what hosts without deepcat are given, into dist/.
	$(BIN)/deepcat runtime build --with-python --out dist

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
	$(RESOLVE) --extra fast --extra site --extra tosca --extra forge --extra policy --constraint requirements-dev.lock \
		--output-file src/deepcat/catalog/beginning/forges/review.lock pyproject.toml
	$(RESOLVE) --extra all --extra policy --extra notify --extra kubernetes --extra openstack --extra store --constraint requirements-dev.lock \
		--output-file src/deepcat/catalog/beginning/forges/deploy.lock pyproject.toml
	$(RESOLVE) --extra all --extra policy --extra notify --extra kubernetes --extra openstack --extra store --extra vault --constraint requirements-dev.lock \
		--output-file src/deepcat/catalog/beginning/forges/vault.lock pyproject.toml
	cd tests/site/validators && $(abspath $(BIN))/uv pip compile --quiet --no-deps --universal --python-version 3.11 \
		--generate-hashes --no-header --no-annotate --output-file requirements.lock requirements.in
	cd tests/serving/server && for which in clients deepaas openapi openinference; do $(abspath $(BIN))/uv pip compile --quiet --universal \
		--python-version 3.11 --generate-hashes --no-header --no-annotate \
		--output-file $$which/requirements.lock $$which/requirements.in || exit 1; done
	for each in modules/*/deepaas; do cp tests/serving/server/deepaas/requirements.lock $$each/; done

	cd src/deepcat/runtime && for which in cpu gpu; do $(abspath $(BIN))/uv pip compile --quiet $(UPGRADE) --no-deps \
		--universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--constraint ../../../requirements.lock --output-file $$which.lock $$which.in || exit 1; done

	cd src/deepcat/runtime && $(abspath $(BIN))/uv pip compile --quiet $(UPGRADE) --universal --python-version 3.11 \
		--generate-hashes --no-header --no-annotate --output-file jupyter.lock jupyter.in

clean: ## Remove what was built; running deployments are taken down first.
	@test ! -x $(BIN)/deepcat || $(BIN)/deepcat destroy --all --yes
	rm -rf _site .deepcat dist build
