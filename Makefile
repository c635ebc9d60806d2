# Everything starts from a clone with Python 3.11 to 3.14 and make: each target installs what it needs.
.DEFAULT_GOAL := help
.PHONY: help install engines sample report test cells check audit format headlines lab docs screenshots newcomer bench accuracy speed worth lock clean

# Without bytecode every notebook kernel would compile its imports again: three times slower to start.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready
DOCS := .venv-docs/bin
SAMPLE := data/sample/invoices.csv
LEDGER ?= data/sample
AS_OF ?= 2026-06-30
FROM ?= 2026-01-01
SIZE ?= 1000000

help:  ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

install: $(READY)  ## a virtual environment with the pinned versions

# DuckDB 1 is built for no later Python: it would be compiled here, which ends in a hundred lines of another program.
$(READY): requirements.lock installer.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' \
		|| { echo "Python 3.11 to 3.14 is needed: name one, as in make $(MAKECMDGOALS) PYTHON=python3.14."; exit 1; }
	@$(PYTHON) -m venv .venv || { echo "Python cannot make virtual environments: install python3-venv."; exit 1; }
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r installer.lock
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python --compile-bytecode --require-hashes requirements.lock \
		|| $(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	@touch $@

engines: $(READY)  ## the drivers for PostgreSQL, Spark and a browser to look at the pages, and so their tests
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python --compile-bytecode --require-hashes engines.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .

sample: $(SAMPLE)  ## the sample company's ledger in data/sample

$(SAMPLE): $(READY) $(wildcard src/arforecast/sample/*.py)
	@rm -rf data/sample
	@$(BIN)/arforecast sample data/sample

report: $(READY) $(SAMPLE)  ## the pages; LEDGER=folder AS_OF=date for another ledger
	@$(BIN)/arforecast report $(LEDGER) --as-of $(AS_OF)

# A worker keeps a file's ledgers for all of its tests; the files keep their order, the longest first. Of three workers
# on two processors one waits for a run, a server or a browser. The cells have a target of their own.
test: export OPENBLAS_NUM_THREADS := 1
test: $(READY) $(SAMPLE)  ## the tests, notebooks included
	@$(BIN)/python -m pytest -p no:nbval --numprocesses 3 --dist loadfile --no-loadscope-reorder

cells: $(READY) $(SAMPLE)  ## the notebooks by themselves, cell by cell, their headlines compared
	@$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --nbval-lax --nbval-cell-timeout=60 notebooks

check: $(READY)  ## linters, types, layers, dependencies, clean notebooks
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/deptry src
	@$(BIN)/nbstripout --verify --keep-count --keep-id notebooks/*.ipynb

# What looks for faults has an environment of its own: it is no part of what it looks at.
audit: $(READY)  ## what the locks pin, against the known vulnerabilities; asks the network
	@$(BIN)/uv venv --quiet --clear .venv-audit
	@$(BIN)/uv pip sync --quiet --python .venv-audit/bin/python --require-hashes audit.lock
	@for lock in requirements engines docs installer audit; do \
		.venv-audit/bin/pip-audit --strict --disable-pip --require-hashes --requirement $$lock.lock || exit 1; done

format: $(READY)  ## code in one style, notebooks without outputs
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format
	@$(BIN)/nbstripout --keep-count --keep-id notebooks/*.ipynb

headlines: $(READY) $(SAMPLE)  ## the notebooks' saved headlines, after a change of the sample or of a model
	@$(BIN)/jupyter nbconvert --log-level WARN --execute --inplace notebooks/*.ipynb
	@$(BIN)/nbstripout --keep-count --keep-id notebooks/*.ipynb

lab: $(READY) $(SAMPLE)  ## JupyterLab on the notebooks
	@$(BIN)/jupyter lab notebooks

# Material says at each build when it ends; pyproject.toml does too, once.
docs: .venv-docs/ready  ## the documentation as a site in site/, which loads nothing from elsewhere
	@NO_MKDOCS_2_WARNING=1 PYTHONPATH=src $(DOCS)/mkdocs build --quiet --strict
	@echo site/index.html

.venv-docs/ready: docs.lock installer.lock
	@$(PYTHON) -m venv .venv-docs
	@$(DOCS)/pip install --quiet --disable-pip-version-check --require-hashes -r installer.lock
	@$(DOCS)/uv pip sync --quiet --python $(DOCS)/python --require-hashes docs.lock
	@touch $@

screenshots: engines $(SAMPLE)  ## the pictures of the documentation, of the sample's pages; needs Chromium
	@$(BIN)/arforecast report data/sample --as-of 2026-06-30 --out build/reports
	@$(BIN)/python docs/screenshots.py build/reports/2026-06-30

newcomer:  ## the README and docs/own_data.md followed to the letter from an empty folder, to the pages
	@$(PYTHON) benchmarks/newcomer.py

bench: accuracy speed worth  ## all benchmarks

accuracy: $(READY) $(SAMPLE)  ## how right the forecasts were since FROM; LEDGER=folder AS_OF=date for another ledger
	@$(BIN)/python benchmarks/accuracy.py $(LEDGER) --as-of $(AS_OF) --from $(FROM)

speed: $(READY) $(SAMPLE)  ## seconds and memory on SIZE invoices beside pandas and SQL by hand, each with its bound
	@$(BIN)/python benchmarks/speed.py --invoices $(SIZE)
	@$(BIN)/python benchmarks/imports.py

worth: $(READY) $(SAMPLE)  ## what the worklist brings on the sample by its truth, beside simpler orders
	@$(BIN)/python benchmarks/worklist.py

lock: $(READY)  ## pin the newest versions that pyproject.toml allows
	@$(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --no-header --no-annotate \
		--extra dev pyproject.toml --output-file requirements.lock
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate \
		--extra dev --extra postgres --extra spark --extra browser --constraint requirements.lock \
		pyproject.toml --output-file engines.lock
	@$(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --no-header --no-annotate \
		--group docs --constraint requirements.lock --output-file docs.lock
	@for tool in uv:installer pip-audit:audit; do echo $${tool%:*} | $(BIN)/uv pip compile --quiet --upgrade \
		--generate-hashes --no-header --no-annotate --output-file $${tool#*:}.lock - || exit 1; done

clean:  ## remove what the other targets made
	rm -rf .venv .venv-docs .venv-audit site build data/sample .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
