# One verb per task. `make demo` and `make test` set everything up by themselves.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python $(VENV)/pip/pip install --quiet --no-compile --disable-pip-version-check --no-deps
# An activated environment or a PYTHONPATH of the caller must not leak into ours; and what was compiled once is kept,
# or each of the thousand processes of the suite compiles its libraries anew.
unexport PYTHONPATH PYTHONHOME VIRTUAL_ENV PYTHONDONTWRITEBYTECODE

.PHONY: demo test test-all check bench generate lock setup setup-test clean help

help: ## what there is to do
	@sed -n 's/^\([a-z-]*\):.*## /  make \1  — /p' $(MAKEFILE_LIST)

demo: setup ## the whole road on this checkout, in a temporary place
	$(BIN)/crucible demo

test: setup-test ## the whole suite, under five minutes on two cores
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "not slow"

test-all: setup-test ## also what takes longer, on examples never tried before
	HYPOTHESIS_PROFILE=new $(BIN)/python -m pytest -n 2 --dist loadfile

check: setup-test ## what CI checks besides the tests: format, lint, types, generated code, workflows
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pyright
	$(BIN)/crucible generate --check
	$(BIN)/crucible check
	$(BIN)/actionlint .github/workflows/*.yml examples/*/.github/workflows/*.yml
	$(BIN)/zizmor --offline --quiet --persona auditor .github examples
	$(BIN)/hadolint examples/*/Dockerfile

bench: setup-test ## the figures of the README, both sides in one run; installs the other side into .crucible/bench
	PYTHONPATH=tests $(BIN)/python -m bench.bench $(PARTS)

generate: setup ## contracts to code, into this checkout
	$(BIN)/crucible generate

lock: setup-test ## refresh the locks
	cd .ci/lock && ../../$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --extra index --extra upgrade --upgrade ../../src/crucible_pipeline/pyproject.toml demo.in -o demo.txt
	cd .ci/lock && for name in pip test; do ../../$(BIN)/uv pip compile --quiet --universal \
	  --python-version 3.11 --generate-hashes --no-emit-index-url --upgrade $$name.in -o $$name.txt; done
	cd tests/index && ../../$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --upgrade clients.in -o clients.txt
	cd tests/bench/lock && for name in peers indexes; do ../../../$(BIN)/uv pip compile --quiet --universal \
	  --python-version 3.11 --generate-hashes --no-emit-index-url --upgrade $$name.in -o $$name.txt; done
	cd src/crucible_pipeline/release/lock && ../../../../$(BIN)/uv pip compile --quiet --universal \
	  --python-version 3.11 --generate-hashes --no-emit-index-url --upgrade build.in -o build.txt

setup: $(VENV)/.demo

setup-test: $(VENV)/.test

# A lock is complete, so pip resolves nothing (--no-deps). A stamp is newer than the lock it was installed from, so a changed lock installs again.
$(VENV)/.demo: .ci/lock/pip.txt .ci/lock/demo.txt src/crucible_pipeline/pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed: make PYTHON=python3.11 ...") if sys.version_info < (3, 11) else None'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes \
	  --upgrade --target $(VENV)/pip -r .ci/lock/pip.txt
	$(INSTALL) --require-hashes -r .ci/lock/demo.txt
	$(INSTALL) --no-build-isolation -e src/crucible_pipeline
	touch $@

$(VENV)/.test: .ci/lock/test.txt $(VENV)/.demo
	$(INSTALL) --require-hashes -r $<
	touch $@

clean: ## remove everything the tasks made
	rm -rf $(VENV) .crucible dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
