# Everything a newcomer types. Needs a Python from 3.11 to 3.13 and make; makes its own environments here.
#   make plan     solve the example home purchase on the embedded market, write plan.json
#   make test     every test but the long proofs
#   make check    style, types, architecture, packaging, public names
#   make verify   the long proofs, and the pages of docs/ that are written by programs
#   make bench    all benchmarks, against the peers of benchmarks/peers.txt
#   make parity   the benchmarks once, untimed: do we and the peers agree?
#   make oldest   every test on a copy installed with the oldest versions declared
#   make clean    remove what was built; the environments stay

FIND_PYTHON = for p in python3 python3.13 python3.12 python3.11 /usr/bin/python3; do \
	$$p -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null \
	&& command -v $$p && exit; done; \
	echo "goalplan needs Python 3.11, 3.12 or 3.13 with its venv module (Debian: apt-get install python3-venv)." >&2; \
	exit 1
PYTHON ?= $$($(FIND_PYTHON))
PYTEST_WORKERS ?= 2

BIN := .venv/bin
PIP_INSTALL := -m pip --disable-pip-version-check install --quiet
PYTEST := $(BIN)/pytest
export PIP_PREFER_BINARY = 1

.PHONY: help plan test check verify bench parity oldest peers clean
.DEFAULT_GOAL := help

help:
	@sed -n '/^#/!q;s/^# \{0,1\}//p' Makefile

# Environments. A stamp says that what setup.cfg declares is installed; a second call finds nothing to do.
.venv/.made:
	@python="$(PYTHON)" && echo "making .venv with $$python" && "$$python" -m venv .venv
	@touch $@

.venv/.plain: setup.cfg pyproject.toml | .venv/.made
	@echo "installing into .venv: a minute or two"
	$(BIN)/python $(PIP_INSTALL) --editable .
	@touch $@

.venv/.full: setup.cfg pyproject.toml | .venv/.made
	@echo "installing into .venv: a minute or two"
	$(BIN)/python $(PIP_INSTALL) --editable '.[test,check]'
	@touch .venv/.plain $@

.venv/.proofs: .venv/.full
	$(BIN)/python $(PIP_INSTALL) --editable '.[verify]'
	@touch $@

.venv-oldest/.full: setup.cfg tests/oldest.txt
	rm -rf build
	@python="$(PYTHON)" && echo "making .venv-oldest with $$python" && "$$python" -m venv .venv-oldest
	.venv-oldest/bin/python $(PIP_INSTALL) --constraint tests/oldest.txt '.[test]'
	@touch $@

.venv-peers/.full: benchmarks/peers.txt
	@python="$(PYTHON)" && echo "making .venv-peers with $$python" && "$$python" -m venv .venv-peers
	.venv-peers/bin/python $(PIP_INSTALL) --requirement benchmarks/peers.txt
	@touch $@

plan: .venv/.plain
	$(BIN)/goalplan plan api/examples/home.en.toml --output plan.json

# Compiled ahead, by two processes that share nothing: two workers of pytest would each compile the same.
test: .venv/.full
	$(BIN)/goalplan warmup
	$(PYTEST) -n $(PYTEST_WORKERS) --dist worksteal

# mypy sees what a user's mypy sees: the installed package, py.typed included.
check: .venv/.full
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	rm -rf build
	$(BIN)/python $(PIP_INSTALL) --no-deps --no-build-isolation --target build/installed .
	MYPYPATH=build/installed $(BIN)/mypy -p goalplan
	$(PYTEST) tests/test_*.py

verify: .venv/.proofs
	$(PYTEST) -m verify --timeout=0 || test $$? -eq 5
	$(BIN)/goalplan schema --output docs/schema
	find docs -name '*.py' | sort | while read -r script; do \
		echo "$$script" && $(BIN)/python "$$script" || exit 1; done

peers: .venv-peers/.full

bench: .venv/.full .venv-peers/.full
	GOALPLAN_PEERS="$(CURDIR)/.venv-peers/bin/python" $(PYTEST) benchmarks --benchmark-enable --timeout=0

parity: .venv/.full
	$(PYTEST) benchmarks || test $$? -eq 5

oldest: .venv-oldest/.full
	rm -rf build
	.venv-oldest/bin/python $(PIP_INSTALL) --no-deps --no-build-isolation --force-reinstall .
	.venv-oldest/bin/goalplan warmup
	.venv-oldest/bin/pytest -n $(PYTEST_WORKERS) --dist worksteal

clean:
	rm -rf build dist plan.json .pytest_cache .mypy_cache .ruff_cache .hypothesis .benchmarks
