# `make help` says what there is. Everything runs in .venv, from locked hashes; nothing needs to be installed first
# but Python 3.11 or newer.

SHELL := /bin/sh
.DEFAULT_GOAL := help
PYTHON_IN_VENV := .venv/bin/python
FLASK := $(PYTHON_IN_VENV) -m flask --app wsgi
# Some machines switch bytecode off; every start would then compile everything again.
unexport PYTHONDONTWRITEBYTECODE
# A setting of the caller's own product must not reach the demo or the tests.
unexport PYTHONPATH
export PORT FRESH

.PHONY: help setup demo test check fix bench seed assets translations docs lock migration clean run-setup

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Make .venv ready for working on the product
	@tools/setup requirements-dev.txt
	@echo 'Ready: .venv holds everything in requirements-dev.txt.'

run-setup:
	@tools/setup requirements.txt

demo: run-setup ## Try it: a small charity, with payments and mail that go nowhere (PORT=8000, FRESH=1 starts over)
	@exec $(PYTHON_IN_VENV) -m demo

test: ## Everything: checks, both databases, browser journeys; sets itself up
	@tools/setup requirements-dev.txt
	@exec $(PYTHON_IN_VENV) -m tools.suite

check: ## Format, lint, types, who imports whom, sizes (no database)
	@tools/setup requirements-dev.txt
	@exec $(PYTHON_IN_VENV) -m tools.check

fix: ## Format, and mend what the linter can
	@tools/setup requirements-dev.txt
	@$(PYTHON_IN_VENV) -m ruff check --fix --quiet; $(PYTHON_IN_VENV) -m ruff format

bench: ## Measure against limits taken in the same run
	@tools/setup requirements-dev.txt
	@exec $(PYTHON_IN_VENV) -m tools.bench

seed: run-setup ## Fill the empty database of your .env with an invented charity (PASSWORD=… for its staff)
	@test -n "$(PASSWORD)" || { echo 'Say which password its staff should have: make seed PASSWORD=…'; exit 1; }
	@$(FLASK) db upgrade && $(FLASK) seed --password '$(PASSWORD)'

assets: ## Refresh the vendored browser libraries, icons and fonts (the only step that needs node)
	cd assets && npm ci --ignore-scripts && npm run vendor

translations: ## Bring the translators' catalogues up to date with what the product says
	@tools/setup requirements-dev.txt
	@$(PYTHON_IN_VENV) -m tools.translations

docs: ## Write what is made from the code: .env.example, the map in docs/architecture.md
	@tools/setup requirements-dev.txt
	@$(PYTHON_IN_VENV) -m tools.docs

lock: ## Resolve requirements*.in again into the locks with hashes (needs uv)
	@uv --version >/dev/null 2>&1 || { echo 'uv is needed for this: https://docs.astral.sh/uv/'; exit 1; }
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header requirements.in -o requirements.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header requirements-dev.in -c requirements.txt -o requirements-dev.txt

migration: ## Write a migration from the models to read and keep (NAME='what changes')
	@tools/setup requirements-dev.txt
	@test -n "$(NAME)" || { echo "Say what changes: make migration NAME='gifts know their appeal'"; exit 1; }
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && export DATABASE_URL="sqlite:///$$folder/empty.db" \
	    SECRET_KEY=only-for-the-empty-database-of-this-command && $(FLASK) db upgrade && $(FLASK) db revision '$(NAME)'

clean: ## Remove caches and the demo's data; .venv stays
	rm -rf var/demo var/suite .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage htmlcov
	find . -name __pycache__ -type d -not -path './.venv/*' -prune -exec rm -rf {} +
