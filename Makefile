# Two commands: `make demo` and `make test`. Both create .venv first; once installed they need no network.
PYTHON ?= python3
# A CPU build is all hwnas needs; give another requirement (or "-f FOLDER torch") where yours comes from elsewhere.
TORCH ?= torch==2.13.0
VENV := .venv
BIN := $(VENV)/bin
QUIET := --quiet --disable-pip-version-check --no-compile

# The releases that the two commands install, of everything but torch; `pip install .` takes any that pyproject.toml allows.
PINS := -c constraints.txt

.PHONY: demo test lint pins test-lowest test-newest claims mutants supernet shipped tables clean

demo: $(VENV)/.installed
	$(BIN)/hwnas demo --out demo

test: $(VENV)/.installed-test
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

lint: $(VENV)/.installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Renews constraints.txt with the newest releases; run the tests after it, then commit it.
pins: $(VENV)/.installed
	$(BIN)/python -m pip install $(QUIET) uv
	printf '%s\n' '$(TORCH)' | $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --no-header \
		--extra test --extra import --constraints - --output-file constraints.txt pyproject.toml

# Once per release: the tests with the lowest releases that pyproject.toml allows, and with the newest there are; what
# cannot be had, say a build of torch without GPU libraries, is fixed by CONSTRAIN=torch==2.13.0.
test-lowest:
	$(MAKE) .venv-lowest/.resolved RESOLUTION=lowest-direct
	$(MAKE) test VENV=.venv-lowest

test-newest:
	$(MAKE) .venv-newest/.resolved RESOLUTION=highest
	$(MAKE) test VENV=.venv-newest

# Writes docs/claims.md from benchmarks/results/.
claims:
	$(BIN)/python benchmarks/claims_table.py

# A hundred random mutants of the package against its tests, in hours; killed, the same command continues.
mutants: $(VENV)/.installed-test
	$(BIN)/python -m pip install $(QUIET) cosmic-ray
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/mutants.py runs/mutants

# Reproduces the shipped supernet, about three hours of one processor core; killed, the same command continues.
supernet: $(VENV)/.installed
	$(BIN)/hwnas train mobilenetv3_grey28 --task fashion_mnist --method sandwich --setting randoms=1 --epochs 15 --threads 1 -o runs/fashion_mnist

# Makes a latency table and the predictors that ship, on an idle machine, by a search with the shipped supernet.
shipped: $(VENV)/.installed
	rm -rf runs/shipped predictors/mobilenetv3
	mkdir -p runs/shipped latency_tables/mobilenetv3_grey28 predictors
	cp supernets/fashion_mnist/supernet.* runs/shipped
	$(BIN)/hwnas search runs/shipped --task fashion_mnist_slice --device cpu:threads=1 --samples 100 --evaluations 100
	cp runs/shipped/latency_tables/*.json latency_tables/mobilenetv3_grey28/cpu-threads=1.json
	cp -r runs/shipped/predictors predictors/mobilenetv3

# Makes the latency tables that ship, on an idle machine, in about an hour; killed, the same command continues. OpenVINO
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

define install
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "hwnas needs Python 3.11 or newer, this is " + sys.version)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install $(QUIET) $(PINS) $(TORCH)
	$(BIN)/python -m pip install $(QUIET) $(PINS) --editable '$(1)'
endef

$(VENV)/.installed: pyproject.toml constraints.txt
	$(call install,.)
	touch $@

$(VENV)/.installed-test: pyproject.toml constraints.txt
	$(call install,.[test])
	touch $(VENV)/.installed $@

# An environment of other releases than the pinned ones, resolved by uv; it counts as installed.
.venv-%/.resolved: pyproject.toml
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/python -m pip install $(QUIET) uv
	printf '%s\n' '$(CONSTRAIN)' | $(@D)/bin/uv pip install --quiet --python $(@D) \
		--resolution $(RESOLUTION) --constraints - --editable '.[test]'
	touch $(@D)/.installed $(@D)/.installed-test $@

clean:
	rm -rf .venv .venv-lowest .venv-newest demo
