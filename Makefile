# Every target is one line of work; `make` alone lists them.
PYTHON ?= python3
BIN := .venv/bin
# Modules are compiled when they are first imported, which most of them never are.
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --constraint .ci/constraints.txt

.DEFAULT_GOAL := help
.PHONY: help demo test lab notebooks lint check bench test-kind wheel clean

help:  ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

demo: .venv/.ready  ## start the practice site, run the core runbooks headless, name an HTML report
	@$(BIN)/edgebook demo

test: .venv/.tools lint  ## run every test: code, contracts, notebooks under nbval
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --ignore tests/test_notebooks.py tests
	$(BIN)/python -m pytest --nbval --nbval-current-env --nbval-cell-timeout 120 tests/test_notebooks.py notebooks

lab: .venv/.ready  ## open JupyterLab on the practice site
	@$(BIN)/edgebook lab up && $(BIN)/jupyter lab notebooks

notebooks: .venv/.ready  ## execute every notebook on a practice site with a fixed clock and store its outputs
	@$(BIN)/edgebook notebooks

lint: .venv/.tools  ## format, lint, types, import contracts
	$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/mypy && $(BIN)/lint-imports --no-cache

check: test  ## what .ci/run runs

bench: .venv/.bench  ## measure hosts beside scp, rsync, Ansible, asyncssh, fabric and parallel-ssh (needs Docker)
	$(BIN)/python -m tests.benchmarks.hosts

# OPTIONS="--bundle DIR" without Internet; --image, --servers, --agents, --edges as well.
test-kind: .venv/.tools  ## make a cluster with kind, run the cluster's contract and the notebooks against it (needs Docker and kind)
	@$(BIN)/python -m tests.lab.kind.run $(OPTIONS)

wheel: .venv/.tools  ## build the wheel into dist/
	$(BIN)/pip wheel --quiet --no-deps --wheel-dir dist .

clean:  ## stop the practice site and remove what was made here
	@test ! -x $(BIN)/edgebook || $(BIN)/edgebook lab down
	rm -rf .venv .lab runs dist .mypy_cache .ruff_cache

.venv/.ready: pyproject.toml .ci/constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { echo "edgebook needs Python 3.11 or newer as '$(PYTHON)': apt-get install python3, or make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "edgebook needs Python's venv module: apt-get install python3-venv"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "installing edgebook and what it needs into .venv (a minute or two the first time)"
	@$(INSTALL) --editable .
	@touch $@

.venv/.tools: .venv/.ready
	@echo "installing what the tests need into .venv"
	@$(INSTALL) --editable '.[dev]'
	@touch $@

.venv/.bench: .venv/.ready
	@echo "installing what edgebook is compared with into .venv"
	@$(INSTALL) --editable '.[bench]'
	@touch $@
