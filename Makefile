# Every command works on a bare machine with python3 and pip; `make help` lists them.
PY := .venv/bin/python
DEMO_PORT ?= 8000
export PYTHONWARNINGS ?= default

.PHONY: help setup demo test hostile check format messages bench chaos chaos-smoke screens stack lock clean

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

setup: ## make .venv with the locked packages
	@scripts/setup

demo: setup ## two merchants, web, worker and beat in one process, embedded Postgres; DEMO_PORT moves it
	@$(PY) -W ignore -m postpurchase.translations
	@PLATFORM_HOST=localhost:$(DEMO_PORT) exec $(PY) -W ignore manage.py demo --port $(DEMO_PORT)

test: setup ## the whole suite on the embedded Postgres (TEST_DATABASE_ADMIN_URL: on a server)
	@$(PY) -W ignore -m postpurchase.translations
	@$(PY) -m pytest -n $${TEST_WORKERS:-2} --dist loadfile -q -rs $(ARGS)

check: setup ## format, lint, types, architecture, migrations, deployment settings, translations, known advisories (AUDIT=require: all must be known)
	@$(PY) -m ruff format --check .
	@$(PY) -m ruff check .
	@$(PY) -m mypy .
	@$(PY) -W ignore -m postpurchase.translations
	@scripts/check-django
	@$(PY) -m postpurchase.advisories

hostile: setup ## every hostile input at every place there is for it, and many more made-up ones; takes its time
	@HOSTILE=deep $(PY) -m pytest -q tests/hostile $(ARGS)

format: setup ## ruff's format and safe fixes
	@$(PY) -m ruff format .
	@$(PY) -m ruff check --fix .

bench: setup ## one table, each line beside its peer or limit; OLIST=folder of the public Olist files; ARGS=--quick, --markdown, --only a,b
	@$(PY) -W ignore -m bench $(OLIST) $(ARGS)

chaos: setup ## faults on purpose: a stack of its own is killed, starved and cut off under load, three seeds; CHAOS, what to play (docs/chaos.md)
	@$(PY) -W ignore -m tests.chaos $(or $(CHAOS),--rotate --scale 0.5)

chaos-smoke: setup ## one small storm of them, within a minute
	@$(PY) -W ignore -m tests.chaos smoke --seeds $${SEED:-1} --pace 12

screens: setup ## a picture of every page in every state into docs/screens; SCENES, beginnings of names, takes only those
	@$(PY) -W ignore -m postpurchase.translations
	@SCREENS=docs/screens $(PY) -m pytest -q tests/browser/test_access.py -k "390-light or 1280-dark"

stack: setup ## Postgres and Redis as servers of this project on free ports; prints what to export
	@$(PY) scripts/stack.py

lock: setup ## resolve the packages anew and write the hashed lists
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate pyproject.toml -o requirements/base.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --group dev pyproject.toml -o requirements/dev.txt

clean: ## remove what the commands above made here
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache staticfiles
