# Two commands for a user: `make lab` and `make test`. The rest is for whoever works on the code.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN := $(BIN)/python -P -m

.PHONY: lab test test-all check lint types contracts bench pictures format clean install

lab: $(VENV)/installed  ## install what is missing, then open the lab
	$(BIN)/zhtui

install: $(VENV)/installed  ## only the virtual environment and what a user needs

test: $(VENV)/dev  ## the tests
	$(RUN) pytest

test-all: $(VENV)/dev  ## with those that train for minutes
	$(RUN) pytest -m "" --timeout 1800

check: lint types contracts test  ## all that CI does

lint: $(VENV)/dev
	$(RUN) ruff format --check .
	$(RUN) ruff check .

types: $(VENV)/dev
	$(RUN) mypy

contracts: $(VENV)/dev
	$(BIN)/lint-imports

format: $(VENV)/dev
	$(RUN) ruff format .
	$(RUN) ruff check --fix .

bench: $(VENV)/dev  ## speed, as ratios measured in one run; PEER=DIR names a checkout to compare with
	$(BIN)/python -m benchmarks $(if $(PEER),--peer $(PEER))

pictures: $(VENV)/dev  ## draw README's pictures anew from the runs in checkpoints/
	$(BIN)/python -P tests/pictures.py

clean:
	rm -rf $(VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/installed: pyproject.toml
	$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'zhtui needs Python 3.11 or newer: make lab PYTHON=python3.11')"
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable .
	$(BIN)/python -m compileall -q zhtui lessons
	touch $@

$(VENV)/dev: $(VENV)/installed pyproject.toml
	$(BIN)/python -m pip install --quiet --group dev
	touch $@
