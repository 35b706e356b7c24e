# Everything runs from a fresh clone with Python 3.11 or newer and make.
VENV := .venv
PY := $(VENV)/bin/python
PYTEST := $(PY) -m pytest
SUITES := $(wildcard tests/unit tests/contract tests/conformance tests/integration tests/faults)

.DEFAULT_GOAL := help
.PHONY: help venv demo test lint generate bench docs hosts full sanity clean

help:  ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

venv:  ## make or refresh .venv: ansible-core, the simulator, all that tests need
	@sh scripts/setup_venv.sh $(VENV)

test: venv  ## unit, contract, conformance, integration and fault tests (minutes)
	$(PYTEST) -m "not exhaustive" $(SUITES)

generate: venv  ## write modules, action stubs and indexes from the descriptions
	$(PY) scripts/generate.py

clean:  ## remove environments, caches and build results
	rm -rf $(VENV) .cache .ansible .pytest_cache .ruff_cache .hypothesis build docs/build cloudstack-ops-*.tar.gz
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
