# Every target sets up what it needs first; that costs nothing when it is there already.
CONTROL := .venvs/control/bin/python
DATA    := .venvs/data/bin/python
TAG     ?= $(shell sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)
VARIANT ?= cpu
LOCAL   := PYTHONPATH=plugins $(CONTROL) -m realsyn_local

# Libraries start twice as fast when Python may keep what it has compiled.
unexport PYTHONDONTWRITEBYTECODE
.DEFAULT_GOAL := help
.PHONY: help setup demo ui build tune evaluate test test-k8s test-vllm lint bench models lock images clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /	/' | expand -t 10

setup: ## make the environments .venvs/control and .venvs/data (REALSYN_TORCH=cpu|cuda)
	@.ci/setup all

demo: setup ## the sample crawl through the whole pipeline, with Airflow
	@$(LOCAL) demo

ui: setup ## Airflow's UI on localhost
	@$(LOCAL) ui

build: setup ## any crawl: make build CRAWL=dir-or-uri TARGET=pairs-or-scale[,...] ROOT=uri [PRESET=paper] [MODELS=realsyn-paper] [ALLOW_SMALLER=yes]
	@$(LOCAL) build --crawl "$(CRAWL)" --target "$(TARGET)" --root "$(ROOT)" --preset "$(PRESET)" --model-set "$(MODELS)" $(if $(ALLOW_SMALLER),--allow-smaller)

tune: setup ## a language model tuned on a build's pairs: make tune [VERSION=uri] [NAME=...] [TEACHER=card] [EXAMPLES=24] [STEPS=12]
	@$(LOCAL) tune --version "$(VERSION)" --name "$(NAME)" --base "$(BASE)" --teacher "$(TEACHER)" $(if $(EXAMPLES),--examples $(EXAMPLES)) $(if $(STEPS),--steps $(STEPS))

evaluate: setup ## models trained on a version by a protocol: make evaluate [VERSION=uri] [PROTOCOL=heads] [SETS=dir] [LEAVE_OUT=set,...] [NAME=...]
	@$(LOCAL) evaluate --version "$(VERSION)" --protocol "$(PROTOCOL)" --evaluation-sets "$(SETS)" --leave-out "$(LEAVE_OUT)" --name "$(NAME)"

test: setup ## all tests
	@.ci/test

test-k8s: setup ## the pods for real, on the cluster that KUBECONFIG names (tests/k8s)
	@REALSYN_TEST_KUBERNETES=1 $(DATA) -m pytest tests/k8s $(OPTIONS)

test-vllm: ## vLLM in its build for CPUs, in an environment of its own (.venvs/vllm)
	@.ci/setup vllm && .venvs/vllm/bin/python -m pytest tests/vllm $(OPTIONS)

lint: setup ## ruff and mypy
	@.ci/lint

bench: setup ## benchmarks: make bench [SUITE=vectors] [OPTIONS='--threads 2 --case exact']
	@$(DATA) -m tests.benchmarks $(SUITE) $(OPTIONS)

models: setup ## prepare the embedded models in the cache
	@$(DATA) -m realsyn_tasks models

lock: ## compile the requirements files again (after a change of an .in file)
	@.ci/lock

images: ## the images of both planes: make images [VARIANT=gpu] [TAG=...] [DOCKER_OPTIONS=...]
	@for target in airflow tasks; do DOCKER_BUILDKIT=1 docker build --target $$target --tag realsyn-$$target:$(TAG) \
	  --build-arg VARIANT=$(VARIANT) --build-arg REVISION=$$(git rev-parse HEAD) $(DOCKER_OPTIONS) . || exit 1; done

clean: ## remove the environments; downloads, models and builds stay
	rm -rf .venvs
