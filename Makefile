# Every task of this project. `make` prints them; each sets up what it needs by itself.
PYTHON ?= python3
UV := $(shell command -v uv 2>/dev/null || echo .uv/bin/uv)
RUN := $(UV) run --all-extras
STAMP := .venv/.ready

.DEFAULT_GOAL := help
.PHONY: help demo serve test test-night bench lint format generate check-generated clean

help: ## print these targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  \1\t/' | expand -t 20

.uv/bin/uv:
	@echo "Installing uv into .uv"
	@$(PYTHON) -m venv .uv && .uv/bin/pip install --quiet --disable-pip-version-check uv

$(STAMP): pyproject.toml uv.lock $(if $(filter .uv/bin/uv,$(UV)),.uv/bin/uv)
	@$(UV) sync --all-extras --quiet && touch $@

demo: $(STAMP) ## sign in, connect real data, generate a report and open it, over REST and gRPC
	@$(RUN) claribi demo

serve: $(STAMP) ## keep a server running on http://127.0.0.1:8000 (data in ./data)
	@$(RUN) claribi serve

test: $(STAMP) ## all tests of a commit, in at most 8 minutes on two cores
	@$(RUN) pytest -n 2 --dist loadfile -m "not night"

test-night: $(STAMP) ## the longer tier
	@$(RUN) pytest -n 2 --dist loadfile

bench: $(STAMP) ## every benchmark; prints figures, asserts nothing about time
	@$(RUN) python -m tests.performance $(if $(QUICK),--quick)

lint: $(STAMP) check-generated ## ruff, mypy, import-linter, buf, stale generation
	@$(RUN) ruff check . && $(RUN) ruff format --check .
	@$(RUN) mypy
	@$(RUN) lint-imports
	@$(RUN) buf lint && $(RUN) buf format --diff --exit-code > /dev/null
	@git rev-parse --verify --quiet HEAD^ > /dev/null && $(RUN) buf breaking --against '.git#ref=HEAD^' || true

format: $(STAMP) ## format Python and protos
	@$(RUN) ruff check --fix . && $(RUN) ruff format . && $(RUN) buf format -w

generate: $(STAMP) ## Python stubs and the OpenAPI document from the protos
	@$(RUN) python -m grpc_tools.protoc -I protos --python_out=generated/python --pyi_out=generated/python \
	  --grpc_python_out=generated/python protos/claribi/v1/*.proto
	@cd generated/python/claribi/v1 && rm -f errors_pb2_grpc.py insights_pb2_grpc.py policy_pb2_grpc.py rules_pb2_grpc.py
	@$(RUN) python -m rest_bridge.openapi generated/python/claribi/openapi.yaml

check-generated: generate ## fail when a generated file is stale
	@git diff --exit-code --stat -- generated || { echo "generated/ is stale: run 'make generate' and commit it"; exit 1; }

clean: ## remove what the targets above made, except ./data
	@rm -rf .venv .uv .mypy_cache .ruff_cache .pytest_cache demo-data build dist
