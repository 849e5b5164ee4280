# Two commands do everything on a fresh machine: `make demo` and `make test`.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help install demo check test servers unit cluster system bench clean

help:  ## Show these lines
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

install: $(STAMP)  ## Create .venv and install everything, pinned

$(STAMP): pyproject.toml constraints.txt scripts/install
	scripts/install $(PYTHON) $(VENV)
	@touch $@

demo: install  ## Package, train, deploy, call through the gateway, find drift: on real input
	$(BIN)/tidegate demo

check: install  ## Format, lint, types, architecture, unit and house tests: the fast part
	scripts/check

test: servers check cluster system  ## Everything
	@echo "All checks and tests passed."

servers:
	@scripts/servers

unit: install  ## Unit and house tests only
	$(BIN)/pytest

cluster: install  ## Tests on one real Ray cluster
	$(BIN)/pytest tests/cluster -m cluster

system: install  ## Tests on the whole platform
	$(BIN)/pytest tests/system -m system

bench: install  ## Requests/s, p50 and p99 of a bare server, the replica and the gateway, as ratios
	scripts/bench

clean:  ## Remove the environment and caches; data under ~/.tidegate stays
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
