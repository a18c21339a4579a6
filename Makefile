# The verbs of the course. Each sets up what it needs; `make` alone lists them.
# Windows: use the conda line in README.md instead.

SHELL  := /bin/sh
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
# Compiled bytecode is written at installation: without it `import bambi` takes three times as long
# wherever Python may not write .pyc files.
INSTALL := $(BIN)/python -m uv pip install --quiet --python $(BIN)/python --compile-bytecode \
           --constraints requirements.lock --build-constraints requirements.lock --editable .
ROOT_FLAG = $(shell [ "$$(id -u)" = 0 ] && echo --allow-root)
WORKERS ?= 2

.DEFAULT_GOAL := help
.PHONY: help lab slides test test-grading notebooks exercises student grade formgrader lint lock doctor check-environment bench clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

SUPPORTED := import sys; sys.exit(not (3, 12) <= sys.version_info < (3, 15))

# An environment that works is kept; a new one is made with the machine's Python.
$(BIN)/uv: requirements.lock
	@$(BIN)/python -c '$(SUPPORTED)' 2>/dev/null || { \
	  $(PYTHON) -c '$(SUPPORTED)' 2>/dev/null || { \
	    echo "Python 3.12, 3.13 or 3.14 is needed; '$(PYTHON)' is \
	$$($(PYTHON) --version 2>&1 | head -n 1). Install one, or name it: make PYTHON=python3.12 ..."; \
	    exit 1; }; \
	  $(PYTHON) -m venv --clear $(VENV) || { rm -rf $(VENV); \
	    echo "Could not make $(VENV). On Debian and Ubuntu: sudo apt-get install python3-venv"; \
	    exit 1; }; }
	@awk '/^[^ ]/ {uv = /^uv==/} uv && !/#/' requirements.lock > $(VENV)/uv.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(VENV)/uv.lock
	@touch $@

# Three stamps, one environment: students' packages, on top of them those for development, and those
# for instructors (nbgrader).
$(VENV)/.student: pyproject.toml requirements.lock $(BIN)/uv
	@echo "Installing the course into $(VENV) (once; about 1 GB, a few minutes) ..."
	@$(INSTALL)
	@touch $@

$(VENV)/.dev: $(VENV)/.student
	@$(INSTALL) --group dev
	@touch $@

$(VENV)/.grading: $(VENV)/.dev
	@$(INSTALL) --group grading
	@touch $@

# What the slides are made of: packages of Python, and of npm into slides/node_modules.
$(VENV)/.slides: $(VENV)/.student slides/package.json slides/package-lock.json
	@$(INSTALL) --group slides
	@cd slides && "$(CURDIR)/$(BIN)/npm" ci --silent --ignore-scripts
	@touch $@

# Without the notice about news and the list of extensions: both want the network.
QUIET := {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": true, \
  "@jupyterlab/extensionmanager-extension": true}}

lab: $(VENV)/.student  ## open JupyterLab at the course's start page
	@mkdir -p $(VENV)/etc/jupyter/labconfig
	@echo '$(QUIET)' > $(VENV)/etc/jupyter/labconfig/page_config.json
	@echo "JupyterLab opens in your browser. Leave this window open; Ctrl-C stops it."
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m jupyterlab $(ROOT_FLAG) --LabApp.default_url=/lab/tree/lectures/index.ipynb \
	  --LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate

slides: $(VENV)/.slides  ## make slides and handouts of the lectures, in build/slides
	@$(BIN)/python -m slides build $(if $(PAPER),--paper $(PAPER))

doctor: $(VENV)/.student  ## check this machine before class
	@$(BIN)/python -m qfc_helpers.doctor

test: $(VENV)/.grading $(VENV)/.slides  ## run all tests, every notebook included
	$(BIN)/python -m pytest --numprocesses=$(WORKERS) --dist=loadscope $(addprefix --ignore=,$(SLOW_GRADING))

# Submissions that attack, class runs, a cluster, a database server: minutes of their own.
SLOW_GRADING := tests/hostile tests/test_grading_run.py
test-grading: $(VENV)/.grading  ## run the slow tests of grading (sandbox, cluster, database)
	$(BIN)/python -m pytest --numprocesses=$(WORKERS) --dist=loadscope $(SLOW_GRADING)

notebooks: $(VENV)/.dev  ## run the sources of lectures and solutions, write their notebooks
	$(BIN)/python tools/notebooks.py build

exercises: $(VENV)/.grading  ## make the exercises out of the solutions
	$(BIN)/python tools/exercises.py build

student: $(VENV)/.grading  ## pack what students get into build/, without solutions
	$(BIN)/python tools/exercises.py check
	$(BIN)/python tools/student.py

# GRADES is the folder for the results; more options in OPTIONS, see
# .venv/bin/python -m grading --help
GRADES ?= grades
grade: $(VENV)/.grading  ## grade a folder of submissions: make grade SUBMISSIONS=folder
	@test -n "$(SUBMISSIONS)" || { echo "Say which: make grade SUBMISSIONS=folder"; exit 2; }
	@$(BIN)/python -m grading "$(SUBMISSIONS)" --output "$(GRADES)" $(OPTIONS)

formgrader: $(VENV)/.grading  ## grade the written answers in the browser, after make grade
	@test -d "$(GRADES)/course" || { echo "First: make grade SUBMISSIONS=folder"; exit 2; }
	@cd "$(GRADES)/course" && PATH="$(CURDIR)/$(BIN):$$PATH" $(CURDIR)/$(BIN)/python -m jupyterlab \
	  $(ROOT_FLAG) --LabApp.default_url=/formgrader

lint: $(VENV)/.dev  ## check style and that scripts and notebooks agree
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/python tools/notebooks.py check

lock: $(VENV)/.dev  ## resolve pyproject.toml into requirements.lock and environment.yml
	$(BIN)/python tools/lock.py $(if $(UPGRADE),--upgrade)

check-environment: $(VENV)/.dev  ## install environment.yml's pip section as conda would
	$(BIN)/python tools/check_environment.py

bench: $(VENV)/.grading  ## time this against what a user would pick instead
	$(BIN)/python -m benchmarks

clean:  ## remove what these targets made (.venv, caches)
	rm -rf $(VENV) .pytest_cache .ruff_cache .hypothesis build dist slides/node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
