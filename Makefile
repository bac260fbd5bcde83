# Everything a newcomer needs: `make run` and `make test`. `make help` lists the rest.
PYTHON ?= python3
SOAK_SECONDS ?= 300
BROWSER ?= 1
ARGS ?=
# One more than the two processors asked for: while one waits for its browser another works.
WORKERS ?= 3
PYTEST := .venv/bin/python -W error -m pytest
export BROWSER SOAK_SECONDS
# Containers often forbid Python to keep what it compiled. Here each of the many processes that the
# tests start would then read all sources again, which takes three times as long as starting it.
unexport PYTHONDONTWRITEBYTECODE
.DEFAULT_GOAL := help

.PHONY: help .venv browser run test cover soak bench lint types contracts sbom advisories fmt lock clean

help: ## list what can be made
	@sed -n 's/^\([a-z.]*\):.*## /\1|/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "  make %-10s %s\n", $$1, $$2}'

.venv: ## set everything up (nothing is done, and no network used, when it is up to date)
	@$(PYTHON) setup/environment.py

run: .venv ## start the demonstration centre and print its address (options: ARGS="…")
	@exec .venv/bin/tagwatch demo $(ARGS)

browser: .venv
	@[ "$(BROWSER)" = 0 ] || .venv/bin/python setup/browser.py --install >/dev/null

test: .venv browser ## run the tests (options: ARGS="tests/core -k curfew", BROWSER=0, WORKERS=1)
	@$(PYTEST) -q -n $(WORKERS) --dist loadfile $(ARGS)

cover: .venv ## how much of core its own tests reach, branch by branch
	@NUMBA_DISABLE_JIT=1 .venv/bin/coverage run --source tagwatch/core -m pytest -q tests/core
	@.venv/bin/coverage report --show-missing --skip-covered

soak: .venv browser ## run the long tests; with more SOAK_SECONDS (300) some go on for longer
	@HYPOTHESIS_PROFILE=soak $(PYTEST) -q -m soak -n 2 --dist loadgroup --timeout $$(($(SOAK_SECONDS) + 300)) \
		--session-timeout $$(($(SOAK_SECONDS) * 2 + 500)) $(ARGS)

bench: .venv ## measure, and print the figures with their workload (BENCH=journal for one)
	@set -e; for file in tests/bench/bench_$(if $(BENCH),$(BENCH),*).py; do \
		name=$$(basename $$file .py); printf '\n== %s\n' $$name; \
		.venv/bin/python -m tests.bench.$$name; done
	@[ -n "$(BENCH)" ] || $(PYTEST) -q -s -m bench --timeout 3600 $(ARGS)

lint: .venv ## ruff: faults and layout
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check --quiet .

types: .venv ## pyright, strict, over the package
	@.venv/bin/pyright

contracts: .venv ## who may import whom (import-linter)
	@.venv/bin/lint-imports

sbom: .venv ## write what Tagwatch is made of, from the locks, to build/sbom (CycloneDX)
	@.venv/bin/python setup/sbom.py

advisories: .venv ## ask whether anything it is made of has a known vulnerability
	@.venv/bin/python setup/advisories.py

fmt: .venv ## lay the code out
	@.venv/bin/ruff check --fix --quiet .
	@.venv/bin/ruff format --quiet .

lock: .venv ## write the locks anew from pyproject.toml and package.json (needs the registries)
	@.venv/bin/python setup/lock.py

clean: ## remove what set-up and tests made, never a data folder
	@rm -rf .venv node_modules tagwatch/web/static/vendor build dist .coverage* \
		.pytest_cache .ruff_cache .hypothesis .import_linter_cache .grimp_cache
	@find tagwatch tests setup -name __pycache__ -type d -prune -exec rm -rf {} +
