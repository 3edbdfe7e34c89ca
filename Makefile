# The commands for developers and CI.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= python3
FOCUS_PYTHON ?= python3.12
ARGS ?=
FAULT_SEQUENCES ?= 3000
BIN := .venv/bin
PIP := $(BIN)/python -m pip --quiet --no-input --disable-pip-version-check
# Keep extras in the pins: pip before 23.3 ignores a pin without the extra of the requirement.
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	--no-strip-extras

# With any setting, even a misspelt one, never the demo. Kubernetes sets GITHUB_BILLING_EXPORTER_*.
SETTINGS := $(strip $(foreach name,$(filter-out GITHUB_BILLING_EXPORTER_%,$(filter GITHUB_BILLING_%,$(.VARIABLES))),$(value $(name))))

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' Makefile

.PHONY: run
run: .venv/.run ## run the exporter with ARGS; the demo if no GITHUB_BILLING_* variable is set
	@exec $(BIN)/github-billing-exporter $(or $(ARGS),$(if $(SETTINGS),run,demo))

.PHONY: test
test: .venv/.dev .tools/.done ## run the gate: lint, types, layers, generated files, tests, coverage
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy --strict
	$(BIN)/mypy --strict benchmarks/*.py
	$(BIN)/lint-imports
	$(BIN)/python -m scripts.generate --check
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest --numprocesses=auto --dist=loadfile --no-loadscope-reorder
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report --skip-covered

.PHONY: faults
faults: .venv/.dev ## test thousands of random sequences of faults; more with FAULT_SEQUENCES=20000
	FAULT_SEQUENCES=$(FAULT_SEQUENCES) FAULT_STEPS=30 $(BIN)/pytest --capture=no tests/faults/test_invariant.py

.PHONY: soak
soak: .venv/.dev ## simulate a day of 500 accounts with 5 % faults; less with ARGS="--accounts 50 --hours 6"
	@$(BIN)/python -m tests.support.faults.soak $(ARGS)

.PHONY: fix
fix: .venv/.dev ## fix formatting and lint, write the generated files
	$(BIN)/ruff check --fix
	$(BIN)/ruff format
	$(BIN)/python -m scripts.generate

.PHONY: boards
boards: .venv/.dev .tools/.done grafana/draw/dist/index.html ## draw and measure the dashboards; needs node, npm and Chromium; one with ARGS="--board overview --situation empty"
	@$(BIN)/python -m grafana.pictures $(ARGS)

.PHONY: landing
landing: .venv/.dev scripts/accessibility/node_modules/.done ## draw the landing page with 1, 5 and 500 accounts, and audit it with axe; needs node, npm and Chromium
	@$(BIN)/python -m scripts.landing

.PHONY: shared
shared: .venv/.dev ## write the dashboards for grafana.com into dist/dashboards
	$(BIN)/python -m grafana.shared dist/dashboards

.PHONY: docs
docs: .venv/.dev ## build the site of the documentation into dist/site; dead links and anchors fail
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --site-dir dist/site

.PHONY: lock
lock: .venv/.made ## update the lock files from pyproject.toml; ARGS=--upgrade for newer versions
	@test -x $(BIN)/uv || $(PIP) install uv
	$(COMPILE) $(ARGS) pyproject.toml --output-file requirements.lock
	printf '%s\n' hatch-fancy-pypi-readme hatchling editables | $(COMPILE) $(ARGS) - --output-file requirements-build.lock
	$(COMPILE) $(ARGS) pyproject.toml --group dev --constraints requirements.lock \
		--constraints requirements-build.lock --output-file requirements-dev.lock

.PHONY: bench
bench: .venv/.dev .tools/.done ## run the benchmarks: needs wrk and nginx, and half an hour
	@for each in process scrapes usage_report bill unchanged_poll many_accounts attacks history big_enterprise forecast alerts; do \
		echo "benchmarks/$$each.py" >&2; $(BIN)/python benchmarks/$$each.py; echo; done

.PHONY: focus
focus: .venv/.dev .focus/.made ## check a month of the demo in FOCUS with the official validator; needs Python 3.12
	@$(BIN)/python -m scripts.validate_focus .focus

.PHONY: dist
dist: .venv/.dev ## build wheel and sdist into dist: the same bytes from the same commit
	$(BIN)/python -m scripts.dist dist

.PHONY: chart
chart: .venv/.dev .tools/.done ## pack the chart into dist, as a release publishes it
	$(BIN)/python -m scripts.chart dist $(ARGS)

.PHONY: assets
assets: .venv/.run ## pack rules, dashboards, mixin and systemd unit into dist/assets.tgz
	@rm -rf dist/assets
	$(BIN)/github-billing-exporter assets --output dist/assets
	@tar --create --sort=name --mtime="@$${SOURCE_DATE_EPOCH:-$$(git log -1 --format=%ct)}" --owner=0 --group=0 --numeric-owner \
		--mode=u=rw,go=r,a+X --use-compress-program="gzip --no-name" --file dist/assets.tgz --directory dist/assets .

.PHONY: release
release: .venv/.dev ## set VERSION everywhere, and date its changes; to be committed and tagged
	$(BIN)/python -m scripts.release prepare $(VERSION)
	$(BIN)/python -m scripts.generate

.PHONY: release-check
release-check: .venv/.dev ## print what TAG publishes; fail if package, chart or CHANGELOG are of another version
	@$(BIN)/python -m scripts.release check "$$TAG" $${GITHUB_REPOSITORY:+--repository "$$GITHUB_REPOSITORY"}

.PHONY: notes
notes: .venv/.dev ## write dist/notes.md, the changes of the version and how to verify it
	@mkdir -p dist
	$(BIN)/python -m scripts.release notes > dist/notes.md

.PHONY: sbom
sbom: dist/sbom.cdx.json ## write dist/sbom.cdx.json, the runtime dependencies with hashes

dist/sbom.cdx.json: .venv/.dev requirements.lock pyproject.toml
	@mkdir -p dist
	@$(BIN)/cyclonedx-py requirements requirements.lock --pyproject pyproject.toml \
		--output-reproducible --output-format JSON --output-file $@
	@echo "Wrote $@" >&2

.PHONY: image
image: ## build the image without a container engine, run it and measure it; not part of the gate
	scripts/image

.PHONY: clean
clean: ## remove the environment, the tools and every cache
	rm -rf .venv .tools .focus .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache \
		.coverage .coverage.* build dist grafana/draw/node_modules grafana/draw/dist \
		scripts/accessibility/node_modules

.venv/.made:
	@scripts/venv $(PYTHON) .venv
	@touch $@

.venv/.run: .venv/.made requirements.lock requirements-build.lock pyproject.toml exporter/__init__.py
	@echo "Installing the exporter into .venv" >&2
	@$(PIP) install --require-hashes -r requirements.lock -r requirements-build.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@$(PIP) check >&2
	@touch $@

.venv/.dev: .venv/.run requirements-dev.lock
	@echo "Installing the developers' tools into .venv" >&2
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@

grafana/draw/dist/index.html: grafana/draw/package.json $(wildcard grafana/draw/src/*)
	npm --prefix grafana/draw install --no-audit --no-fund --no-package-lock --loglevel error
	npm --prefix grafana/draw run build
	@touch $@

scripts/accessibility/node_modules/.done: scripts/accessibility/package.json
	npm --prefix scripts/accessibility install --no-audit --no-fund --no-package-lock --loglevel error
	@touch $@

.focus/.made: scripts/focus | .venv/.dev
	@scripts/focus .focus "$(FOCUS_PYTHON)" $(BIN)/uv
	@touch $@

.tools/.done: scripts/tools scripts/unpack_helm.py | .venv/.made
	@scripts/tools .tools $(BIN)/python
	@touch $@
