# Two commands: `make run` shows a real clinical trial, `make test` proves it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: run test coverage check docs bench record site clean
.DEFAULT_GOAL := run

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	PIP_CONSTRAINT=constraints.txt $(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[test]"
	$(BIN)/wholetrial compile
	touch $(READY)

run: $(READY)        ## the main job: protocol -> published table -> virtual participants -> report
	$(BIN)/wholetrial run NCT00320216 --out out/NCT00320216

check: $(READY)      ## style, types and layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: check          ## everything .ci/run runs
	$(BIN)/pytest -n auto -rs

coverage: $(READY)   ## the tests again, half as long again, and the lines that none of them runs
	$(BIN)/pytest -n auto --cov --cov-report=term -rs

docs: $(READY)       ## write the generated pages of docs/ anew
	$(BIN)/python docs/generate.py

bench: $(READY)      ## time the main job and the statistics beside their peers; print ratios
	for job in main_job counting very_many designs trajectories proportions stratified times mmrm feasibility; do $(BIN)/python benchmarks/$$job.py; done

clean:
	rm -rf $(VENV) out .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .coverage .hypothesis

site: $(READY)       ## the pages that volunteers read, with index and feed
	$(BIN)/wholetrial publish --all --out out/site

record: $(READY)     ## record the output of every trial that ships anew; look at the difference
	for trial in trials/NCT*; do $(BIN)/wholetrial run $$(basename $$trial) > $$trial/run.out; done
