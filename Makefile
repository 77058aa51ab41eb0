# Two commands: `make demo` and `make test`. Both create .venv first; once installed they need no network.
PYTHON ?= python3
# A CPU build is all hwnas needs; give another requirement (or "-f FOLDER torch") where yours comes from elsewhere.
TORCH ?= torch==2.13.0
VENV := .venv
BIN := $(VENV)/bin
QUIET := --quiet --disable-pip-version-check

.PHONY: demo test lint supernet shipped tables clean

demo: $(VENV)/.installed
	$(BIN)/hwnas demo --out demo

test: $(VENV)/.installed-test
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile

lint: $(VENV)/.installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Reproduces the shipped supernet, about three hours of one processor core; killed, the same command continues.
supernet: $(VENV)/.installed
	$(BIN)/hwnas train mobilenetv3_grey28 --task fashion_mnist --method sandwich --randoms 1 --epochs 15 --threads 1 -o runs/fashion_mnist

# Makes a latency table and the predictors that ship, on a quiet machine, by a search with the shipped supernet.
shipped: $(VENV)/.installed
	rm -rf runs/shipped predictors/mobilenetv3
	mkdir -p runs/shipped latency_tables/mobilenetv3_grey28 predictors
	cp supernets/fashion_mnist/supernet.* runs/shipped
	$(BIN)/hwnas search runs/shipped --task fashion_mnist_slice --device cpu:threads=1 --samples 100 --evaluations 100
	cp runs/shipped/latency_tables/*.json latency_tables/mobilenetv3_grey28/cpu-threads=1.json
	cp -r runs/shipped/predictors predictors/mobilenetv3

# Makes the latency tables that ship, on a quiet machine, in about an hour; killed, the same command continues. OpenVINO
# needs an environment of its own, with numpy and onnxruntime-openvino: see docs/devices.md.
OPENVINO ?= /opt/openvino/bin/python
SPACES := mobilenetv3_grey28 mobilenetv3 micro_cell
SETTINGS := cpu:threads=1 cpu:threads=2 cpu:threads=1,precision=int8 openvino:threads=1,python=$(OPENVINO)
tables: $(VENV)/.installed
	set -e; for space in $(SPACES); do for device in $(SETTINGS); do \
		name=$$(echo $$device | sed 's/,python=.*//; s/[:,]/-/g').json; \
		$(BIN)/hwnas profile $$device --space $$space --samples 60 --seed 0 --out runs/tables/$$space/$$name; \
		mkdir -p latency_tables/$$space; cp runs/tables/$$space/$$name latency_tables/$$space/; \
	done; done

$(VENV)/.installed: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "hwnas needs Python 3.11 or newer, this is " + sys.version)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install $(QUIET) $(TORCH)
	$(BIN)/python -m pip install $(QUIET) --editable .
	touch $@

$(VENV)/.installed-test: $(VENV)/.installed
	$(BIN)/python -m pip install $(QUIET) --editable '.[test]'
	touch $@

clean:
	rm -rf $(VENV) demo
