# make run [PORT=8501]   install what is missing, start everything on http://127.0.0.1:PORT
# make test              install what is missing, lint, types and every test (browser tests included)
# make test-az           the az CLI against the simulator (installs it first)
# make test-azurite      the simulator's blob storage against Azurite (installs it first)
# make test-r            models of R: handler, sandbox, container, browser (installs R and plumber first); part of test
# make test-frameworks   handlers of PyTorch, Keras and MLflow models (installs 1.5 GB first)
# make lock              compile requirements*.in into requirements*.txt
# make clean             remove what this file made (.venv, build); your projects stay where they are

PORT   ?= 8501
PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || command -v python3)
VENV   := .venv
BIN    := $(VENV)/bin
TYPED  := $(wildcard app.py services simulator pages benchmarks)
SHELL  := /bin/bash

.PHONY: run test test-az test-azurite test-frameworks test-r lock clean venv installed installed-dev chromium sandbox r
.DEFAULT_GOAL := run

run: installed
	@exec $(BIN)/streamlit run app.py --server.port $(PORT)

# Lint and types run beside the tests; pytest's summary comes last.
test: installed-dev chromium sandbox
	@mkdir -p build/screenshots
	@( failed=0; $(BIN)/ruff check . || failed=1; $(BIN)/ruff format --check . || failed=1; \
	   $(BIN)/mypy $(TYPED) || failed=1; exit $$failed ) > build/checks.log 2>&1 & \
	checks=$$!; \
	CHROMIUM="$$(cat build/chromium)" $(BIN)/python -m pytest -n 2 --dist loadfile $(ARGS) 2>&1 | tee build/pytest.log; \
	tests=$${PIPESTATUS[0]}; \
	if wait $$checks; then echo "lint and types: passed"; \
	else cat build/checks.log; echo "lint and types: FAILED"; tests=1; fi; \
	tail -n 1 build/pytest.log; \
	exit $$tests

# The az CLI as a user runs it, in an environment of its own; not part of `test` because of the install time.
test-az: installed-dev
	@[ -x build/az/bin/az ] || { "$(PYTHON)" -m venv build/az && build/az/bin/python -m pip install -q --disable-pip-version-check azure-cli; }
	AZ=build/az/bin/az $(BIN)/python -m pytest tests/az

lock: venv
	@$(BIN)/python -m pip install --disable-pip-version-check -q uv
	$(BIN)/python -m uv pip compile -q --no-header --python-version 3.11 requirements.in -o requirements.txt
	$(BIN)/python -m uv pip compile -q --no-header --python-version 3.11 requirements-dev.in -o requirements-dev.txt

clean:
	rm -rf $(VENV) build .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A Python that is too old, or Debian's without its venv package, is told before anything is written.
venv:
	@[ -n "$(PYTHON)" ] || { echo "Python 3.11 or newer is needed and none was found. Install it (Debian: apt-get install python3 python3-venv) or name one: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@[ -x $(BIN)/python ] || { \
	  "$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is $$("$(PYTHON)" -V); Groundplan needs 3.11 or newer. Name one: make PYTHON=/path/to/python3.11" >&2; exit 1; }; \
	  "$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { echo "$(PYTHON) cannot make virtual environments. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }; \
	  echo "Making $(VENV) with $$("$(PYTHON)" -V)"; \
	  "$(PYTHON)" -m venv $(VENV) || { rm -rf $(VENV); exit 1; }; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip >/dev/null

# pip_install FILES, STAMP: only when the content of the files has changed since the last time.
define pip_install
	@sum="$$(cat $(1) | cksum)"; \
	[ "$$(cat $(VENV)/.$(2) 2>/dev/null)" = "$$sum" ] || { \
	  echo "Installing $(1) (the first time takes some minutes)"; \
	  $(BIN)/python -m pip install --disable-pip-version-check -q $(foreach file,$(1),-r $(file)) && \
	  echo "$$sum" > $(VENV)/.$(2); }
endef

installed: venv
	$(call pip_install,requirements.txt,installed)

installed-dev: installed
	$(call pip_install,requirements-dev.txt,installed-dev)

# The browser tests need a Chromium; its path is left in build/chromium.
chromium:
	@mkdir -p build
	@find_chromium() { for name in "$$CHROMIUM" chromium chromium-browser google-chrome; do \
	    [ -n "$$name" ] && command -v "$$name" && return 0; done; return 1; }; \
	sudo=; [ "$$(id -u)" = 0 ] || sudo="sudo -n"; \
	find_chromium > build/chromium || { \
	  echo "No Chromium found; installing it with apt-get"; \
	  { $$sudo apt-get update -q && $$sudo apt-get install -q -y chromium; } > build/apt.log 2>&1 || true; \
	  find_chromium > build/chromium; } || { \
	  echo "The browser tests need Chromium. Install it (Debian: apt-get install chromium) or name one: make test CHROMIUM=/path/to/chromium" >&2; exit 1; }

# Models are tested in bubblewrap where it can be had; without it their tests in it skip, and say so.
sandbox:
	@command -v bwrap >/dev/null || { sudo=; [ "$$(id -u)" = 0 ] || sudo="sudo -n"; \
	  echo "No bubblewrap found; installing it with apt-get"; \
	  { $$sudo apt-get update -q && $$sudo apt-get install -q -y bubblewrap; } > build/apt-bubblewrap.log 2>&1 || \
	  echo "bubblewrap could not be installed: the tests in it will skip"; }

# Models of R from the file to the endpoint; `test` runs these too where R is there, and skips them where it is not.
test-r: installed-dev chromium sandbox r
	@mkdir -p build/screenshots
	CHROMIUM="$$(cat build/chromium)" $(BIN)/python -m pytest -rs tests/simulator/test_scoring_r.py tests/models/test_r_sample.py \
	  tests/models/test_r_release.py tests/models/test_handler_r.py tests/pages/test_model_r_browser.py $(ARGS)

r:
	@Rscript -e 'library(plumber)' >/dev/null 2>&1 || { sudo=; [ "$$(id -u)" = 0 ] || sudo="sudo -n"; \
	  echo "No R with plumber found; installing them with apt-get"; \
	  { $$sudo apt-get update -q && $$sudo apt-get install -q -y --no-install-recommends r-base-core r-cran-plumber; } > build/apt-r.log 2>&1 || \
	  { echo "R could not be installed (Debian: apt-get install r-base-core r-cran-plumber); see build/apt-r.log" >&2; exit 1; }; }

# The simulator's blob storage held against Azurite, Microsoft's emulator; needs node and npm.
test-azurite: installed-dev
	@[ -x build/azurite/node_modules/.bin/azurite-blob ] || npm install --no-fund --no-audit --prefix build/azurite azurite@3.35.0
	$(BIN)/python -m pytest tests/simulator/test_blobs_azurite.py

# Handlers of heavy frameworks (PyTorch, Keras, MLflow) with real models; not part of `test` because of the install size.
test-frameworks: installed-dev
	@[ -x build/frameworks/bin/python ] || "$(PYTHON)" -m venv build/frameworks
	@build/frameworks/bin/python -m pip install -q --disable-pip-version-check torch==2.13.0 --extra-index-url https://download.pytorch.org/whl/cpu
	@build/frameworks/bin/python -m pip install -q --disable-pip-version-check -r tests/frameworks/requirements.txt
	FRAMEWORKS=$(CURDIR)/build/frameworks/bin/python $(BIN)/python -m pytest tests/frameworks
