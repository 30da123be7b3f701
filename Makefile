# Sotdae: every command that a person or CI needs. Each target does all the set-up it depends on.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LEGACY := .venv-legacy
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
TEST_PACKAGES := curl mosquitto openssl victoria-metrics
SLOW_PACKAGES := chromium fonts-nanum libmodbus5 faketime strace

.PHONY: help setup demo test test-slow lint format bench fuzz mutants debian-test debian-slow clean

help:
	@echo "make demo       set up and watch an underpass flood: the gate closes itself, the province sees it"
	@echo "make test       set up and run the tests (units, laws, contracts, one story, three kills)"
	@echo "make test-slow  all stories, 20 kills, browser, second tflite environment"
	@echo "make lint       formatting, lint, types, layers"
	@echo "make bench      measure and print the benchmarks"
	@echo "make fuzz       a minute of coverage-guided fuzzing for each parser of outside bytes"
	@echo "make mutants    mutation testing of the core"

$(VENV)/python.ok:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; $(PYTHON) is $$($(PYTHON) --version). Try: make PYTHON=python3.11 demo"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
		{ echo "python3-venv is missing. Try: apt-get install python3-venv"; exit 1; }
	@touch $@

$(VENV)/demo.ok: $(VENV)/python.ok pyproject.toml
	@echo "Setting up (about a minute) ..."
	@$(PIP) install -e '.[demo]'
	@touch $@

$(VENV)/dev.ok: $(VENV)/python.ok pyproject.toml
	@echo "Setting up for tests (about a minute) ..."
	@$(PIP) install -e '.[dev]'
	@touch $@ $(VENV)/demo.ok

setup: $(VENV)/dev.ok

demo: $(VENV)/demo.ok
	@$(BIN)/sotdae demo $(ARGS)

# Whole stacks wait most of the time, the rest computes: side by side they take little more than the longer.
test: $(VENV)/dev.ok debian-test
ifeq ($(strip $(ARGS)),)
	@tools/side-by-side "$(BIN)/python -m pytest -m 'not slow and not legacy' --ignore=tests/edge tests" \
		"$(BIN)/python -m pytest -m 'not slow and not legacy' tests/edge"
else
	$(BIN)/python -m pytest -m "not slow and not legacy" $(ARGS)
endif

test-slow: $(VENV)/dev.ok debian-test debian-slow $(LEGACY)/ok
ifeq ($(strip $(ARGS)),)
	@tools/side-by-side "$(BIN)/python -m pytest -m slow tests/scenarios" \
		"$(BIN)/python -m pytest -m slow --ignore=tests/scenarios tests"
else
	$(BIN)/python -m pytest -m slow $(ARGS)
endif
	PYTHONPATH=edge:shared:firmware_bridge:tests $(LEGACY)/bin/python -m pytest -p no:cacheprovider tests/edge/vision $(ARGS)

lint: $(VENV)/dev.ok
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/dev.ok
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/dev.ok
	$(BIN)/sotdae bench all

# Not part of dev: atheris has no wheel for every Python.
fuzz: $(VENV)/dev.ok
	@$(PIP) install 'atheris>=3'
	PYTHONPATH=tests $(BIN)/python tools/fuzz_parsers.py $(ARGS)

mutants: $(VENV)/dev.ok
	@$(PIP) install 'mutmut>=3.8,<4'
	$(BIN)/python tools/mutants.py $(ARGS)

debian-test:
	@tools/debian-packages $(TEST_PACKAGES)

debian-slow:
	@tools/debian-packages $(SLOW_PACKAGES)

# tflite-runtime 2.14 cannot live beside numpy 2: its tests run in an environment of their own, and so does
# the check of the camera adapter against the real picamera2, which is installed without its Pi libraries.
$(LEGACY)/ok: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] > (3, 11))' || \
		{ echo "tflite-runtime 2.14 has no wheels after Python 3.11. Try: make PYTHON=python3.11 test-slow"; exit 1; }
	@$(PYTHON) -m venv $(LEGACY)
	@$(LEGACY)/bin/python -m pip --disable-pip-version-check --quiet install \
		'tflite-runtime==2.14.0' 'numpy>=1.26,<2' 'av>=18,<20' 'pillow>=11' 'pydantic>=2.10,<3' \
		'rfc8785>=0.1.4,<0.2' 'cryptography>=45' 'rich>=13' 'typer>=0.15' \
		'pytest>=8.3' 'pytest-timeout>=2.3' 'hypothesis>=6.120' 'psutil>=6'
	@$(LEGACY)/bin/python -m pip --disable-pip-version-check --quiet install --no-deps 'picamera2==0.3.38'
	@touch $@

clean:
	rm -rf $(VENV) $(LEGACY) run dist build
