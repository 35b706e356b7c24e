# Everything runs from a fresh clone with Python 3.11 or newer and make.
VENV := .venv
PY := $(VENV)/bin/python
PYTEST := $(PY) -m pytest
ARGS :=
# A file of tests stays together: its tests share a simulator and may build on each other.
SPREAD := -n 2 --dist loadfile
SUITES := $(foreach suite,unit contract conformance integration faults,$(wildcard tests/$(suite)))

.DEFAULT_GOAL := help
.PHONY: help venv demo test exhaustive lint generate bench docs hosts hosts-ci browser clients full sanity clean

help:  ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

venv:  ## make or refresh .venv: ansible-core, the simulator, all that tests need
	@sh scripts/setup_venv.sh $(VENV) requirements/test.txt simulator

demo: venv  ## build a whole zone in the simulator, and build it again to see that nothing changes
	@$(PY) scripts/demo.py

test: venv  ## unit, contract, conformance, integration and fault tests; ARGS="-k zone" picks some
	$(PYTEST) $(SPREAD) -m "not exhaustive" $(SUITES) $(ARGS)

exhaustive: venv  ## the large products of cases; ARGS="--share 0.1 --seed 7" picks a tenth
	$(PYTEST) $(SPREAD) -m exhaustive $(SUITES) $(ARGS)

generate: venv  ## write modules, action stubs and indexes from the descriptions; ARGS=--check only compares
	$(PY) scripts/generate.py $(ARGS)

lint:  ## ruff, pylint for circular imports, mypy, yamllint, shellcheck, ansible-lint, antsibull-changelog
	@sh scripts/setup_venv.sh .cache/lint requirements/lint.txt
	@sh scripts/lint.sh .cache/lint

sanity: venv  ## ansible-test sanity on the built artifact, lowest and highest ansible-core; ARGS=2.19/3.11 picks one
	@$(PY) scripts/sanity.py $(ARGS)

docs:  ## the documentation as HTML in docs/build; warnings are errors
	@sh scripts/setup_venv.sh .cache/docs requirements/docs.txt
	@sh scripts/docs.sh .cache/docs

bench: venv  ## measure; nothing else should run meanwhile
	$(PYTEST) tests/bench -s $(ARGS)

browser: venv  ## the simulator's page in a headless browser (needs chromium)
	$(PYTEST) tests/browser $(ARGS)

clients: venv  ## modules, libraries and providers of others against the simulator (four minutes; makes them once)
	$(PYTEST) tests/clients --timeout 900 $(ARGS)

hosts: venv  ## all scenarios on machines in containers (needs root and podman)
	$(PYTEST) tests/hosts --timeout 1800 -m "hosts" $(ARGS)

hosts-ci: venv  ## the one scenario on machines that CI runs
	$(PYTEST) tests/hosts --timeout 1800 -m "hosts and not exhaustive" $(ARGS)

full: lint sanity docs venv  ## everything but bench, with all of the exhaustive tests
	$(PYTEST) $(SPREAD) $(SUITES) $(wildcard tests/clients tests/hosts tests/browser) --timeout 1800 $(ARGS)

clean:  ## remove environments, caches and build results
	rm -rf $(VENV) .cache .ansible .pytest_cache .ruff_cache .hypothesis build docs/build cloudstack-ops-*.tar.gz
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
