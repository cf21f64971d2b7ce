# make demo   set up and run the main job: six months of use, then a stop or a taper
# make test   set up and test
# make check-full  the check tables at the number of persons for which they were published (minutes)
# make lint   linters and type checker
# make bench  speed with its error, beside libRoadRunner
# make clean  remove what make made

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := PIP_CONSTRAINT=constraints.txt PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/python -m pip install --quiet

.PHONY: demo test check-full lint bench constraints clean

demo: $(VENV)/.installed
	$(BIN)/ketum run examples/use-then-stop.toml

test: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -n 2 --dist loadgroup

check-full: $(VENV)/.installed-dev
	KETUM_FULL_SIZE=1 $(BIN)/python -m pytest tests/test_joined_users.py tests/test_joined_examples.py \
	  tests/test_joined_studies.py tests/test_mood_table.py tests/test_mood_oracle.py \
	  tests/test_study_rows.py tests/test_docs.py

lint: $(VENV)/.installed-dev
	$(BIN)/ruff format --check src tests
	$(BIN)/ruff check src tests
	$(BIN)/mypy

bench: $(VENV)/.installed-dev
	$(BIN)/ketum bench --memory

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit("ketum needs Python 3.11 or newer") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(BIN)/python pyproject.toml constraints.txt
	@echo "Installing ketum and its libraries into $(VENV) (about a minute)"
	$(PIP) --editable .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	@echo "Installing test tools into $(VENV)"
	$(PIP) --editable '.[dev,reference]'
	@touch $@

# Pins what is installed now; run it after a deliberate upgrade.
constraints: $(VENV)/.installed-dev
	$(BIN)/python -m pip freeze --all --exclude-editable | grep -v -i -E '^(pip|ketum|setuptools)(==| )' > .constraints
	grep -i '^setuptools==' constraints.txt >> .constraints  # of the build, not of the environment
	sort -f -o constraints.txt .constraints && rm .constraints

clean:
	rm -rf $(VENV) runs .pytest_cache .mypy_cache .ruff_cache .hypothesis
