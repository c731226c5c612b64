# Two commands do everything:
#   make demo   sets up and runs the main job on data_samples/
#   make test   sets up and runs all tests
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV ?= .venv
BIN = $(VENV)/bin

.PHONY: demo test setup setup-dev browser lint docs lock clean

demo: setup
	$(BIN)/critex run data_samples/notes.csv --patients data_samples/patients.csv --out out/demo
	@echo "Open out/demo/report.html in a browser."

test: setup-dev browser lint
	$(BIN)/python -m pytest

setup: $(VENV)/.installed

$(VENV)/.installed: requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --editable .
	@touch $@

setup-dev: $(VENV)/.installed-dev

$(VENV)/.installed-dev: requirements-dev.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --no-deps --editable .
	@touch $@ $(VENV)/.installed

# Debian packages that the browser and Spark tests need; those tests skip where they cannot be had.
browser:
	@sh tests/install_system_packages.sh

lint: setup-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: setup-dev
	$(BIN)/mkdocs build --clean --strict

lock:
	rm -f requirements.lock requirements-dev.lock
	uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --python-version 3.11 pyproject.toml -o requirements.lock
	uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --python-version 3.11 --all-extras pyproject.toml -o requirements-dev.lock

clean:
	rm -rf $(VENV) out site dist build
