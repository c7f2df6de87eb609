# otel-quality from a checkout. `make` lists the commands; each installs what it needs into .venv, once.

RECENT := -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do $$p $(RECENT) && echo $$p && break; done)
BIN := .venv/bin
ARGS ?=
LOCK := uv pip compile pyproject.toml --quiet --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate \
	--extra server --extra postgres --extra judge --group build
# Pytest gets it as an option: the programs under test shall not see a variable that is no setting of theirs.
unexport OTEL_QUALITY_NO_SKIPS
PYTEST := $(BIN)/python -m pytest -q -n 2 --dist loadfile $(if $(OTEL_QUALITY_NO_SKIPS),--no-skips)

.PHONY: help demo test lint bench generated pictures lock server-packages test-packages programs

help: ## list the commands
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile | expand -t 18

demo: server-packages ## watch a simulated backend get worse; ARGS="--seconds 30" is passed on
	@$(BIN)/otel-quality demo $(ARGS)

test: test-packages programs lint ## run every test; ARGS="tests/sdk" runs some
	@echo "running the tests"
	@$(PYTEST) $(ARGS)

lint: test-packages ## ruff and mypy
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy $(addprefix -p ,otel_quality benchmarks grafana prometheus tools)

bench: test-packages ## measure; nothing is asserted
	@$(BIN)/python -m benchmarks $(ARGS)

generated: test-packages ## write rules, dashboards and docs/reference.md anew from their specifications
	@$(BIN)/python -m prometheus
	@$(BIN)/python -m grafana
	@$(BIN)/python -m tools.reference

pictures: test-packages ## draw the pictures in docs/ anew
	@$(BIN)/python -m tests.api.page.pictures
	@$(BIN)/python -m grafana.pictures $(ARGS)

lock: ## make requirements/ anew from pyproject.toml
	@command -v uv >/dev/null || { echo "make lock needs uv: pip install uv" >&2; exit 2; }
	$(LOCK) --group test -o requirements/test.txt
	$(LOCK) -c requirements/test.txt -o requirements/server.txt

server-packages test-packages:
	@$(or $(PYTHON),false) $(RECENT) || { echo "needs Python 3.11 or newer on the PATH, or make PYTHON=/path/to/python" >&2; exit 2; }
	@$(PYTHON) tools/install.py $(@:-packages=)

# What is missing in the end is no failure here: the tests that need it are skipped with the reason.
programs: test-packages
	@$(BIN)/python -m tools.debian || true
	@$(BIN)/python -m tools.go || true
