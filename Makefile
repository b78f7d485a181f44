# Every command of the project. Each one installs what it needs and doesn't find, then does its work;
# all can be repeated and interrupted. `make help` lists them from the comments behind the targets.

SHOP ?= shops/demo
ORDERS ?= 12000
DAGSTER_PORT ?= 3000
REPORT_PORT ?= 8000
WEBHOOK_PORT ?= 8001
# Any text makes `make sync` a dry run; audiences that their size is not to stop, separated by commas.
DRY_RUN ?=
ALLOW ?=
# Handed on as they are, for example: make test ARGS="-k lock", make run ARGS=--no-site
ARGS ?=

# The shell reads these from its environment, so that a folder may have spaces in its name.
export SHOP ORDERS DAGSTER_PORT REPORT_PORT WEBHOOK_PORT SOURCE FROM TO ALLOW EMAIL

INSTALL := scripts/install.sh
PYTHON := .venv/bin/python
SQL := models macros tests/dbt orchestration/sources/drop/exports shops/fivetran

define LINT
$(PYTHON) -m ruff check .
$(PYTHON) -m ruff format --check .
$(PYTHON) -m mypy --strict orchestration
$(PYTHON) -m sqlfluff lint --disable-progress-bar $(SQL)
endef

# A recipe's own output is all there is to see; a failing one still says so.
MAKEFLAGS += --no-print-directory
.SILENT:
.DEFAULT_GOAL := help

.PHONY: help
help: ## list the commands
	awk 'BEGIN { FS = ":[^#]*## " } /^[a-z-]+:[^#]*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: run
run: ## take a shop's files to a published version and a report; SHOP=<folder>, the demo shop by default
	$(INSTALL) python site
	$(PYTHON) -m orchestration run "$$SHOP" $(ARGS)

.PHONY: up
up: ## serve Dagster's pages and the built report on 127.0.0.1; SHOP=<folder> DAGSTER_PORT=3000 REPORT_PORT=8000
	$(INSTALL) python site
	$(PYTHON) -m orchestration up "$$SHOP" --dagster-port "$$DAGSTER_PORT" --report-port "$$REPORT_PORT" $(ARGS)

.PHONY: pdf
pdf: ## print the scorecard of a shop's report to a PDF; SHOP=<folder>, ARGS=--language=zh for Chinese
	$(INSTALL) python browser
	$(PYTHON) -m orchestration pdf "$$SHOP" $(ARGS)

.PHONY: webhooks
webhooks: ## take Shopify's webhooks until stopped; SHOP=<folder> WEBHOOK_PORT=8001, SHOPIFY_CLIENT_SECRET in the environment
	$(INSTALL) python
	$(PYTHON) -m orchestration webhooks "$$SHOP" --port "$$WEBHOOK_PORT" $(ARGS)

.PHONY: backfill
backfill: ## take a span of days of a connected system again; SHOP=<folder> SOURCE=klaviyo FROM=2025-01-01 TO=2025-01-31
	$(INSTALL) python
	$(PYTHON) -m orchestration backfill "$$SHOP" "$$SOURCE" "$$FROM" "$$TO" $(ARGS)

.PHONY: doctor
doctor: ## check each connected system of a shop and say what to do; SHOP=<folder>
	$(INSTALL) python
	$(PYTHON) -m orchestration doctor "$$SHOP" $(ARGS)

.PHONY: sync
sync: ## bring the configured destinations up to the published audiences; SHOP=<folder> DRY_RUN=1 ALLOW=<audience>
	$(INSTALL) python
	$(PYTHON) -m orchestration sync "$$SHOP" $(if $(DRY_RUN),--dry-run) --allow "$$ALLOW" $(ARGS)

.PHONY: erase
erase: ## erase a person from everything held, and prove it by searching; SHOP=<folder> EMAIL=ann@example.com
	$(INSTALL) python
	$(PYTHON) -m orchestration erase "$$SHOP" "$$EMAIL" $(ARGS)

.PHONY: export-person
export-person: ## write everything held of a person into a JSON file; SHOP=<folder> EMAIL=ann@example.com
	$(INSTALL) python
	$(PYTHON) -m orchestration export-person "$$SHOP" "$$EMAIL" $(ARGS)

.PHONY: demo
demo: ## write the demo shop's files; ORDERS=12000 by default, 10000000 works too
	$(INSTALL) python
	$(PYTHON) -m orchestration demo --orders "$$ORDERS" $(ARGS)

.PHONY: test
test: ## run everything CI runs: the linters and all tests but the long ones
	$(INSTALL) python site browser
	$(LINT)
	$(PYTHON) -m pytest $(ARGS)

.PHONY: test-long
test-long: ## run the long tests, which CI leaves out
	$(INSTALL) python site browser
	$(PYTHON) -m pytest -m long $(ARGS)

.PHONY: bench
bench: ## time a whole run and print the split per step; SHOP=<folder>
	$(INSTALL) python site
	$(PYTHON) -m tests.bench "$$SHOP" $(ARGS)

.PHONY: lint
lint: ## check the style of Python and SQL, and Python's types
	$(INSTALL) python
	$(LINT)

.PHONY: format
format: ## put Python and SQL into the style that lint asks for, where that can be done by itself
	$(INSTALL) python
	$(PYTHON) -m ruff check --fix .
	$(PYTHON) -m ruff format .
	$(PYTHON) -m sqlfluff fix --disable-progress-bar $(SQL)

# A real shop's data/<shop name>/ stays: what it loaded may be nowhere else any more.
.PHONY: clean
clean: ## remove what tools, builds and the demo shop's runs made; installs and other shops' data stay
	rm -rf data/demo shops/demo/drop shops/demo/truth.json reports/build reports/.evidence reports/.shell target logs \
		.pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -not -path './.venv/*' -not -path '*/node_modules/*' -prune -exec rm -rf {} +

.PHONY: uninstall
uninstall: ## remove what was installed: .venv, .tools and reports/node_modules
	rm -rf .venv .tools reports/node_modules
