# The two commands are `make run` and `make test`; `make help` lists the rest.
# Each line with "##" below is what `make help` prints.

.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
PY := .venv/bin/python
PORTAL := .venv/bin/portal
JOBS ?= 2
PERIOD ?= 2566-05
YEAR ?= 2566
OUT ?= var/made
TESTS ?=
# Where the machine forbids compiled Python beside the sources, every process would compile the portal again.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help run test setup setup-test check fix golden demo bench migrate pack book lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

run: setup ## install what is missing and start the portal; Ctrl-C ends it
	@exec $(PORTAL) serve

test: setup-test ## install what is missing and run the whole suite (some of it: TESTS=tests/rules)
	@exec $(PY) -m pytest -n $(JOBS) --dist worksteal $(TESTS)

setup: ## install what the portal needs, nothing when it is all there
	@.ci/setup run

setup-test: ## install what the tests need as well (Chromium, PostgreSQL, poppler)
	@.ci/setup test

check: setup-test ## ruff, mypy, the rules of the house, the translations
	$(PY) -m ruff check .
	$(PY) -m ruff format --check --quiet .
	$(PY) -m mypy
	$(PY) -m pytest -q tests/test_house.py tests/test_translations.py

fix: setup-test ## let ruff mend what it can
	$(PY) -m ruff check --fix --quiet . || true
	$(PY) -m ruff format --quiet .

golden: setup-test ## accept today's pages, exports and e-mails as the agreed ones; then read the difference
	PORTAL_GOLDEN=1 $(PY) -m pytest -q -m golden $(TESTS)
	@git --no-pager diff --stat -- tests/golden

demo: setup ## put the demonstration year into an empty store
	@$(PORTAL) demo

bench: setup-test ## measure the lists and the books, a line each
	@$(PY) -m portal.bench

migrate: setup ## bring the store to this version's tables
	@$(PORTAL) migrate

pack: setup ## print a month's executive pack: PERIOD=2566-05 OUT=var/made
	@$(PORTAL) compile pack $(PERIOD) --out $(OUT)

book: setup ## print a year's book: YEAR=2566 OUT=var/made
	@$(PORTAL) compile book $(YEAR) --out $(OUT)

lock: setup ## write the lock files anew from pyproject.toml, for whoever changes a dependency
	@.ci/lock

clean: ## remove what was installed and made here, but nothing that people entered (var/ stays)
	rm -rf .venv node_modules pdf_templates/fonts portal/static/fonts .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -path ./var -prune -o \( -name __pycache__ -o -name '*.mo' \) -print0 | xargs -0 rm -rf
