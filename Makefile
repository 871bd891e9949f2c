# make run    the dashboard          make demo   the dashboard with a demo run
# make test   every check            make lint   formatting and types only
# make audit  known vulnerabilities and secrets alone; 3 when no data source could be asked
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CHECK := import sys; sys.exit(sys.version_info < (3, 11))

.PHONY: run demo test lint audit clean

run: $(VENV)/.installed
	@$(BIN)/python -m dashboard

demo: $(VENV)/.installed
	@$(BIN)/python -m dashboard --demo

test: lint $(VENV)/mlflow-server/.installed
	$(BIN)/python -m pytest -q -rs -n logical --dist loadfile

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

audit: $(VENV)/.installed-dev
	@$(BIN)/python -m tests.audit

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { \
	  echo "$(PYTHON) is not installed. Install Python 3.11 or newer (Debian: apt install python3 python3-venv)."; exit 1; }
	@$(PYTHON) -c '$(CHECK)' || { \
	  echo "MIPRO Studio needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V 2>&1)."; \
	  echo "Install a newer one and name it: make PYTHON=python3.12 run"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
	  echo "Python's venv module is incomplete. Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@echo "Creating $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.txt | $(BIN)/python
	@echo "Installing requirements.txt (once, a few minutes) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/mlflow-server/.installed: requirements-mlflow-server.txt | $(BIN)/python
	@echo "Installing an MLflow server for the tests ..."
	@$(BIN)/python -m venv $(VENV)/mlflow-server
	@$(VENV)/mlflow-server/bin/python -m pip install --quiet --disable-pip-version-check \
	  -r requirements-mlflow-server.txt
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt $(VENV)/.installed
	@echo "Installing requirements-dev.txt ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@
