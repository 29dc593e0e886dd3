# `make run` and `make test` need Python 3.11 to 3.13 and nothing else; the rest comes into .venv at the first call.
export SOURCE ?= sample
PYTHON ?= $(firstword $(foreach p,python3.12 python3.13 python3.11 python3,\
	$(shell $(p) -c 'import sys; print("$(p)" if (3, 11) <= sys.version_info[:2] <= (3, 13) else "")' 2>/dev/null)))
BIN := .venv/bin
READY := .venv/.ready
SUPERSET := .venv-superset
ANY_PYTHON := 3.11, 3.12 or 3.13

# $(call needs,versions) is the first line of what makes an environment: is $(PYTHON) one of these? If not, what to do.
define needs
@test -n "$(PYTHON)" || { echo "No Python $(1) found. Install one, or name it: make $(MAKECMDGOALS) PYTHON=/path/to/python"; exit 1; }
@$(PYTHON) -c 'import sys; sys.exit("%d.%d" % sys.version_info[:2] not in "$(1)".replace(",", "").split())' 2>/dev/null || { echo "$(PYTHON) is no Python $(1). Name one: make $(MAKECMDGOALS) PYTHON=/path/to/python3.12"; exit 1; }
endef

.DEFAULT_GOAL := help
.PHONY: help run test test-long bundle-test connect-test metric-view-test dashboard dashboard-test preset bench check generated setup \
	some-lake clean clean-lakes

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'

run: setup ## run the whole pipeline (SOURCE=sample, a pg_dump tar archive, or postgresql://...)
	@$(BIN)/dvdrental run --source "$$SOURCE"

test: setup ## all tests, as CI runs them
	@$(BIN)/pytest -rs -n 2 --dist loadfile --no-loadscope-reorder

test-long: setup ## the same with many more random cases, weeks and rows (hours)
	@DVDRENTAL_LONG=1 $(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder

bundle-test: setup ## the bundle: rules, resource classes, fake workspace; and the CLI, where `databricks` is on the PATH
	@$(BIN)/pytest -rs tests/bundle

connect-test: setup ## databricks-connect in an environment of its own, as far as it goes without a workspace (Python 3.12)
	$(call needs,3.12)
	@$(PYTHON) -m venv .venv-connect
	@.venv-connect/bin/pip install --quiet --disable-pip-version-check -r requirements-connect.txt
	@DVDRENTAL_CONNECT_PYTHON=.venv-connect/bin/python $(BIN)/pytest -rs tests/local/test_connect.py

dashboard: some-lake setup $(SUPERSET)/.ready ## the Preset dashboard in a real Superset on this machine, on the newest lake (LAKE=folder)
	@$(BIN)/python -m dvdrental.local.preset.serve --superset $(SUPERSET)/bin $(if $(LAKE),--lake "$(LAKE)")

some-lake: # said before anything is installed
	@ls -d $(if $(LAKE),"$(LAKE)",lake/*)/ops/step >/dev/null 2>&1 || \
		{ echo "Nothing has run $(if $(LAKE),on $(LAKE),here) yet, so there is nothing to show: make run comes first"; exit 1; }

dashboard-test: setup $(SUPERSET)/.ready ## the same in headless Chromium: every chart drawn, every number right
	@$(if $(LAKE),DVDRENTAL_LAKE="$(LAKE)") DVDRENTAL_SUPERSET=$(SUPERSET)/bin $(BIN)/pytest -rs tests/dashboards

$(SUPERSET)/.ready: requirements-superset.txt
	$(call needs,3.11 or 3.12)
	@echo "Installing Superset in $(SUPERSET) (once, a few minutes, 1.1 GB)"
	@$(PYTHON) -m venv --clear $(SUPERSET)
	@$(SUPERSET)/bin/pip install --quiet --disable-pip-version-check -r requirements-superset.txt
	@touch $@

preset: .venv-preset/.ready ## send the dashboard to Preset; what it needs in the environment: docs/setup.md, section 5
	@dashboards/deploy

.venv-preset/.ready: requirements-preset.txt
	$(call needs,$(ANY_PYTHON))
	@$(PYTHON) -m venv --clear .venv-preset
	@.venv-preset/bin/pip install --quiet --disable-pip-version-check -r requirements-preset.txt
	@touch $@

bench: setup ## the pipeline beside other ways to do it, into benchmarks/RESULTS.md (ROUNDS=3 SIZES=S unless told otherwise)
	$(call needs,$(ANY_PYTHON))
	@$(PYTHON) -m venv .venv-dbt
	@.venv-dbt/bin/pip install --quiet --disable-pip-version-check -r benchmarks/requirements-dbt.txt
	@$(BIN)/python -m benchmarks

metric-view-test: setup ## metric views on Spark 4.2, in an environment of its own: 4.1 has none
	$(call needs,$(ANY_PYTHON))
	@$(PYTHON) -m venv .venv-metric-view
	@.venv-metric-view/bin/pip install --quiet --disable-pip-version-check -r requirements-metric-view.txt
	@DVDRENTAL_METRIC_VIEW_PYTHON=$(CURDIR)/.venv-metric-view/bin/python $(BIN)/pytest -rs tests/metric_view

generated: setup ## write anew what is made from contracts and metrics: docs, the AI/BI dashboard, the one for Preset
	@$(BIN)/dvdrental docs
	@$(BIN)/python -m dvdrental.local.aibi dashboards/aibi/rentals.lvdash.json
	@$(BIN)/python -m dvdrental.local.preset.assets
	@git status --short docs dashboards 2>/dev/null || true

check: setup ## lint, format, types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

setup: $(READY) ## the environment: packages, a Java when none is there, Delta's jars

$(READY): requirements-dev.txt pyproject.toml
	$(call needs,$(ANY_PYTHON))
	@echo "Making the environment in .venv (once, a few minutes)"
	@$(PYTHON) -m venv --clear .venv || { echo "The venv module is missing (on Debian: apt install python3-venv)"; exit 1; }
	@$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt || { echo "The packages could not be installed: pip says why, above. The first start needs a network (behind a proxy set HTTPS_PROXY, with a mirror PIP_INDEX_URL) and 2 GB of disk. Then run the same again"; exit 1; }
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@echo "The packages are there; now Java and Delta's jars"
	@$(BIN)/python -m dvdrental.local.setup
	@touch $@

clean: ## remove the environments and what was built; lakes stay
	rm -rf .venv .venv-connect .venv-dbt .venv-metric-view .venv-superset .venv-preset .superset build dist
	@echo "Lakes stay: make clean-lakes removes them"

clean-lakes: ## remove all lakes: every table, and the history that only they hold
	rm -rf lake
