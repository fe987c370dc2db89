PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test setup lint ui results benchmarks clean

run: setup  ## train, evaluate and register CycleGAN on the embedded sample
	$(BIN)/kedro run --pipeline=cyclegan

test: setup  ## run the tests
	$(BIN)/python -m pytest

setup: $(VENV)/.installed

$(VENV)/.installed: pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(v < (3, 11) and "genlab needs Python 3.11 or newer, this is %d.%d. Choose another: make PYTHON=python3.11 ..." % v[:2])'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint requirements.lock --editable '.[test,satellite]'
	@touch $@

lint: setup  ## style and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

ui: setup  ## browse runs, pictures and models at http://127.0.0.1:5000
	MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false MLFLOW_DISABLE_TELEMETRY=true \
		$(BIN)/mlflow ui --backend-store-uri sqlite:///mlflow.db --host 127.0.0.1 --port 5000

results: setup  ## write the pages in docs/results from what is there of `dvc repro` and `make benchmarks`
	$(BIN)/python -m pipelines.results

benchmarks: setup  ## measure speeds next to a plain loop and scikit-learn, for the pages: half an hour
	$(BIN)/python benchmarks/adversarial.py
	$(BIN)/python benchmarks/style.py
	$(BIN)/python benchmarks/mixtures.py

clean:  ## remove what runs made, but for the raw data and the runs' record
	rm -rf data/02_intermediate data/03_primary data/05_model_input data/06_models data/07_model_output data/08_reporting .genlab
