# `make book` and `make test` do everything from a fresh clone; see README.md.
PYTHON ?= python3
REQUIREMENTS ?= requirements.txt
TESTS := requirements-test.txt
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
TEST_STAMP := $(VENV)/.installed-tests
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile

# bytecode is written once, or each of twenty kernels would compile torch for itself
unexport PYTHONDONTWRITEBYTECODE

# one thread each for the workers of this project: tiny arrays run slower on two
export OMP_NUM_THREADS = 1

export REQUIREMENTS

.PHONY: picture pictures tables book strict pages test mutate browser check lint lab pdf course contact-sheet offline clean serve benchmark install help

help:  ## list these commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

install: $(TEST_STAMP)  ## create .venv and install everything into it

$(STAMP): $(REQUIREMENTS) constraints.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; try make PYTHON=python3.11")'
	test -d $(VENV) || $(PYTHON) -m venv $(VENV)
	$(PIP) -r $(REQUIREMENTS)
	touch $@

$(TEST_STAMP): $(STAMP) $(TESTS) requirements-teach.txt
	$(PIP) -r $(TESTS)
	touch $@

book: $(STAMP)  ## build the book (only what changed), and say where to open it
	$(BIN)/jupyter-book build . --quiet
	@echo "The book is ready: open file://$(CURDIR)/_build/html/index.html"

strict: $(STAMP)  ## build every page anew; warnings and failing cells are errors
	$(BIN)/jupyter-book build . --all -W --keep-going

test: $(TEST_STAMP)  ## unit tests, doctests, every chapter, and the built pages if there are any
	$(BIN)/python -m pytest

mutate: $(TEST_STAMP)  ## plant 300 small mistakes in the package; how many do tests find? SEED=7: others
	$(BIN)/python tools/mutate.py --seed $(or $(SEED),0)

pages: $(TEST_STAMP)  ## only the checks of the built pages
	test -f _build/html/index.html
	$(BIN)/python -m pytest tests/test_book.py tests/test_offline.py tests/test_access.py tests/test_pages.py

browser: $(TEST_STAMP)  ## every chapter in a real JupyterLab, and the rest that needs Chromium (ten minutes)
	BOOK_BROWSER=all $(BIN)/python -m pytest tests -m browser

lint: $(TEST_STAMP)  ## code style, without changing anything
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python tests/format_chapters.py --check

check: lint test  ## lint, format and tests

serve: book  ## build, then serve on http://localhost:8000
	$(BIN)/python -m http.server --directory _build/html 8000

lab: $(STAMP)  ## open the chapters in JupyterLab, as notebooks
	mkdir -p _build/lab
	PATH="$(CURDIR)/$(BIN):$$PATH" JUPYTER_CONFIG_DIR=$(CURDIR)/_build/lab bash .binder/postBuild
	JUPYTER_CONFIG_PATH=$(CURDIR)/_build/lab $(BIN)/jupyter lab --LabApp.default_url=/lab/tree/book/index.md

pdf: $(TEST_STAMP)  ## the whole book as one PDF (needs Chromium)
	$(BIN)/jupyter-book build . --builder singlehtml --quiet
	$(BIN)/python tools/print_book.py

contact-sheet: $(TEST_STAMP)  ## photograph every first screen and figure of the built book
	$(BIN)/python tools/contact_sheet.py

offline: $(STAMP)  ## the built book as a zip that needs no network
	rm -rf _build/html
	$(BIN)/jupyter-book build . --all --quiet
	$(BIN)/python tools/pack_offline.py

course: $(TEST_STAMP)  ## editions for students and teachers, slides, quiz files: _build/course
	$(BIN)/python tools/course.py

pictures: $(TEST_STAMP)  ## photograph a figure of every chapter, for cards and previews (after make book)
	$(BIN)/python tools/page_pictures.py

picture: $(STAMP)  ## draw the picture of the README anew
	$(BIN)/python benchmarks/readme_picture.py

tables: $(STAMP)  ## make the tables in book/_data anew (about two hours on two cores)
	$(BIN)/python -m protolib grid --evidence --seeds $$(seq 0 49) --out book/_data/ledger.csv.gz
	$(BIN)/python tools/make_tables.py packing attractors expulsion
	for name in arena chain coefficients companions generalisation limits scale search sparse universality; do \
	  $(BIN)/python -m protolib measure $$name --out book/_data/$$name.csv.gz || exit 1; done
	$(BIN)/python -m protolib multiverse

benchmark: $(TEST_STAMP)  ## time the 480 runs three ways, and the cost against N (about ten minutes)
	$(PIP) -e '.[benchmark]'
	$(BIN)/python benchmarks/grid.py
	$(BIN)/python benchmarks/scaling.py
	$(BIN)/python benchmarks/attractors.py
	$(BIN)/python benchmarks/dimensions.py
	$(BIN)/python benchmarks/traps.py
	$(BIN)/python benchmarks/live.py

clean:  ## remove what was built; keep .venv
	rm -rf _build .pytest_cache .ruff_cache .hypothesis .protolib_cache
	find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +
