PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 5000

.DEFAULT_GOAL := help
.PHONY: help run test coverage setup lint docs wheel ui demo results benchmarks clean

help:  ## list what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-12s%s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: setup  ## train, evaluate and register CycleGAN on the embedded sample; takes five minutes
	$(BIN)/kedro run --pipeline=cyclegan

test: setup  ## run the tests
	$(BIN)/python -m pytest

coverage: setup  ## run the tests and report the lines and branches that they reach; fails below the floor in pyproject.toml
	$(BIN)/python -m pytest --cov --cov-report=term:skip-covered --cov-report=html

setup: $(VENV)/.installed  ## make the environment in .venv

$(VENV)/.installed: pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(v < (3, 11) and "genlab needs Python 3.11 or newer, this is %d.%d. Choose another: make PYTHON=python3.11 ..." % v[:2])'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint requirements.lock --editable '.[pipelines,satellite,theory,video,test,lint,docs]'
	@touch $@

lint: setup  ## check style, format and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: setup  ## build the site in docs/_build/html; a warning is an error
	$(BIN)/sphinx-build --fail-on-warning --keep-going -b html docs docs/_build/html

wheel: setup  ## build the wheel in dist/
	rm -rf build  # modules of an earlier build, which are gone by now, would be packed again
	$(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .

ui: setup  ## browse runs, pictures and models with MLflow; prints the address (PORT=5000)
	$(BIN)/python -m pipelines.ui --port $(PORT)

demo: setup  ## try the registered models on a local web page
	$(BIN)/genlab demo

results: setup  ## write the pages in docs/results from the results of `dvc repro` and `make benchmarks`
	$(BIN)/python -m pipelines.results

benchmarks: setup  ## measure speeds against plain loops and scikit-learn, for the results pages; takes half an hour
	$(BIN)/python benchmarks/adversarial.py
	$(BIN)/python benchmarks/style.py
	$(BIN)/python benchmarks/mixtures.py
	$(BIN)/python benchmarks/serving.py

clean:  ## remove the files that runs made; keeps the raw data and MLflow's record
	rm -rf data/02_intermediate data/03_primary data/05_model_input data/06_models data/07_model_output data/08_reporting .genlab
