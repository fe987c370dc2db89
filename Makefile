PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Files are shared among processes in this order: those with the longest tests first, so that no process is left alone with them.
ALL_CORES := --numprocesses=logical --dist=loadfile --no-loadscope-reorder tests/pipelines tests
VIZ := $(VENV)/viz

.DEFAULT_GOAL := help
.PHONY: help run reproduce test coverage setup lint docs wheel ui viz demo study results metrics benchmarks bench gpu clean

help:  ## list what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-12s%s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: setup  ## train, evaluate and register CycleGAN on the embedded sample; takes five minutes
	$(BIN)/kedro run --pipeline=cyclegan

reproduce: setup  ## train a mixture and a GAN from scratch in a fresh clone, and compare weights and scores with the record
	$(BIN)/python scripts/reproduce.py

test: setup  ## run the tests
	$(BIN)/python -m pytest $(ALL_CORES)

coverage: setup  ## run the tests and report the lines and branches that they reach; fails below the floor in pyproject.toml
	$(BIN)/python -m pytest $(ALL_CORES) --cov --cov-report=term:skip-covered --cov-report=html

setup: $(VENV)/.installed  ## make the environment in .venv

$(VENV)/.installed: pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(v < (3, 11) and "genlab needs Python 3.11 or newer, this is %d.%d. Choose another: make PYTHON=python3.11 ..." % v[:2])'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint requirements.lock --editable '.[pipelines,fetch,satellite,lsun,theory,video,test,lint,docs]'
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
	$(BIN)/python -m pipelines.ui --port $(or $(PORT),5000)

viz: $(VIZ)/.installed  ## browse the pipelines with Kedro-Viz; prints the address (PORT=4141)
	$(VIZ)/bin/python -m pipelines.viz --port $(or $(PORT),4141)

# Kedro-Viz 12 needs IPython 8, and genlab is tested with IPython 9: it gets an environment of its own on top of .venv.
$(VIZ)/.installed: $(VENV)/.installed
	$(BIN)/python -m venv --without-pip $(VIZ)
	$(BIN)/python -c 'import site; print(site.getsitepackages()[0])' > "$$($(VIZ)/bin/python -c 'import site; print(site.getsitepackages()[0])')/genlab.pth"
	grep -v '^ipython==' requirements.lock > $(VIZ)/constraints.txt
	$(VIZ)/bin/python -m pip install --quiet --constraint $(VIZ)/constraints.txt --editable '.[pipelines,viz]'
	@touch $@

demo: setup  ## try the registered models on a local web page; prints the address (PORT=5002)
	$(BIN)/genlab demo --port $(or $(PORT),5002)

study: setup  ## serve a study of people made by `kedro run --pipeline=user_study`; prints the address (PORT=5003 HOST=127.0.0.1 STUDY=name)
	$(BIN)/python -m pipelines.user_study --port $(or $(PORT),5003) --host $(or $(HOST),127.0.0.1) $(if $(STUDY),--name $(STUDY))

results: setup  ## write the pages in docs/results from the results of `dvc repro` and `make benchmarks`
	$(BIN)/python -m pipelines.results

metrics: setup  ## try all metrics on damaged real images, and write docs/metrics.md; takes a few minutes
	$(BIN)/kedro run --pipeline=prepare_fashion
	$(BIN)/kedro run --pipeline=prepare_emoji_3d
	$(BIN)/python scripts/metrics_ladder.py

benchmarks: setup  ## measure speeds against plain loops and scikit-learn, for the results pages; takes half an hour
	$(BIN)/python benchmarks/adversarial.py
	$(BIN)/python benchmarks/style.py
	$(BIN)/python benchmarks/mixtures.py
	$(BIN)/python benchmarks/serving.py

# Without setup: it must run on a machine that has the library's dependencies only.
gpu:  ## check and measure genlab on a GPU, in docs/performance; takes 8 minutes (DEVICE=cuda OPTIONS=--quick)
	$(if $(wildcard $(BIN)/python),$(BIN)/python,$(PYTHON)) -m benchmarks.device --device $(or $(DEVICE),cuda) $(OPTIONS)

bench: setup  ## measure what docs/performance.md shows on this machine, and write its parts; takes two hours
	$(BIN)/python -m benchmarks.device --device cpu --minutes 22 --out docs/performance/device_cpu
	$(BIN)/python benchmarks/peers.py --page
	$(BIN)/python benchmarks/busy.py
	$(BIN)/python benchmarks/overhead.py
	$(BIN)/python benchmarks/evaluation.py --frechet
	$(BIN)/python benchmarks/startup.py --page
	$(BIN)/python benchmarks/preparation.py
	$(BIN)/python benchmarks/growth.py --page
	$(BIN)/python benchmarks/turns.py

clean:  ## remove the files that runs made; keeps the raw data and MLflow's record
	rm -rf data/02_intermediate data/03_primary data/05_model_input data/06_models data/07_model_output data/08_reporting .genlab
