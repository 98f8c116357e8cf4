# One word each: demo, test, check, bench, soak, mutants, clean. CONTRIBUTING.md says more.
# Tests run against installed wheels, never against src: .venv has the compiled one (where a
# C compiler is), .venv-pure the interpreted one. Stamp files keep a second call fast.

PYTHON ?= $(shell tools/find-python)
WORKERS ?= 2
# More arguments for pytest: make test ARGS="tests/event -x"
ARGS ?=

MAKEFLAGS += --no-builtin-rules --no-print-directory
.SUFFIXES:
.DELETE_ON_ERROR:

SOURCES := setup.py pyproject.toml MANIFEST.in tools/build_wheel.py \
	$(shell find src/cormorant -name __pycache__ -prune -o \( -type f -o -type d \) -print)
COMPILED := build/wheels/compiled
PURE := build/wheels/pure
PIP := bin/python -m pip --disable-pip-version-check install --quiet
PACKAGE_CHECKS := src/cormorant setup.py tools tests bench

.PHONY: demo test check static format lint types typed-user floors docs bench soak mutants clean

demo: .venv/.demo .venv/.installed
	.venv/bin/cormorant demo $(ARGS)

test: .venv/.test .venv/.installed .venv-pure/.test .venv-pure/.installed
	@tools/run-tests $(WORKERS) $(ARGS)

# What continuous integration runs.
check: static test

static: format lint types typed-user floors docs

format: .venv/.dev
	.venv/bin/ruff format --check .

lint: .venv/.dev
	.venv/bin/ruff check .

# Both sides of every `if cython.compiled:` are checked.
types: .venv/.dev .venv/.test .venv/.installed
	.venv/bin/mypy --always-false compiled --cache-dir .mypy_cache/pure src/cormorant
	.venv/bin/mypy --always-true compiled --cache-dir .mypy_cache/compiled src/cormorant

typed-user: .venv/.dev .venv/.test .venv/.installed
	.venv/bin/mypy --config-file= --strict tests/typing
	.venv/bin/pyright --pythonpath .venv/bin/python

floors: .venv/.dev .venv/.test .venv/.installed
	PYTHONPATH=src .venv/bin/lint-imports

docs: .venv/.dev .venv/.test .venv/.installed
	.venv/bin/python tools/check_docs.py

# The costs of events are those of both builds; .venv-pure has the interpreted one.
bench: .venv/.test .venv/.installed .venv-pure/.test .venv-pure/.installed
	.venv/bin/python -m bench $(ARGS)
	$(if $(ARGS),,.venv/bin/python -m bench.events)

# Long runs: the Hypothesis programs with many more examples, and every fault on every server.
soak: .venv/.test .venv/.installed
	CORMORANT_MODE=$$(cat $(COMPILED)/mode) \
		.venv/bin/python -m pytest -n $(WORKERS) -m soak $(ARGS)

# Put one fault after the other into the events: at least two tests must notice each.
mutants: .venv/.test .venv/.installed
	.venv/bin/python -m tests.mutants $(ARGS)

clean:
	rm -rf .venv .venv-pure build dist src/cormorant.egg-info
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# --- the two virtual environments and their wheels -------------------------------------------

.venv/.made .venv-pure/.made:
	test -n "$(PYTHON)"
	rm -rf $(@D)
	$(PYTHON) -m venv $(@D)
	$(@D)/$(PIP) "setuptools>=77" "Cython>=3.1"
	touch $@

$(COMPILED)/mode: .venv/.made $(SOURCES)
	.venv/bin/python tools/build_wheel.py compiled $(COMPILED)

$(PURE)/mode: .venv-pure/.made $(SOURCES)
	.venv-pure/bin/python tools/build_wheel.py pure $(PURE)

.venv/.installed: $(COMPILED)/mode
	.venv/$(PIP) $(COMPILED)/*.whl
	.venv/$(PIP) --force-reinstall --no-deps $(COMPILED)/*.whl
	touch $@

.venv-pure/.installed: $(PURE)/mode
	.venv-pure/$(PIP) $(PURE)/*.whl
	.venv-pure/$(PIP) --force-reinstall --no-deps $(PURE)/*.whl
	touch $@

# What the extras name, read from pyproject.toml; again only when that file changes.
.venv/.demo .venv/.test .venv/.dev .venv-pure/.test: pyproject.toml tools/extras.py
	$(MAKE) $(@D)/.made
	$(@D)/bin/python tools/extras.py $(subst .,,$(subst .demo,.demo .postgresql .mysql,$(@F))) > $(@D)/$(@F).txt
	$(@D)/$(PIP) -r $(@D)/$(@F).txt
	touch $@
