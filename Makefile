# `make up` serves Chamada on this machine; `make test` runs every test. The README says more.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules --no-print-directory

# Outside the checkout, so that a fresh clone builds on what another one built. Whoever sets it has it their way.
CACHE := $(HOME)/.cache/chamada
ifeq ($(CARGO_TARGET_DIR),)
LINK_TARGET := yes
endif
export CARGO_TARGET_DIR := $(or $(CARGO_TARGET_DIR),$(CACHE)/target)
export CHAMADA_CORPUS
CHAMADA := $(CARGO_TARGET_DIR)/release/chamada
FUNCTIONS := $(notdir $(patsubst %/Cargo.toml,%,$(wildcard functions/*/Cargo.toml)))

# Extra words: make up SERVE='--port 9000'
SERVE ?=
BENCH ?=
# What the packages are for; default: this machine.
ARCH ?= $(patsubst aarch64,arm64,$(shell uname -m))

.PHONY: help
help: ## What can be made
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

.PHONY: up
up: build ## Install what is missing, build, and serve http://localhost:8080
	@exec $(CHAMADA) serve $(SERVE)

.PHONY: build
# `--workspace`, though it is one program: its dependencies then have the features that the tests need as well, and are compiled once.
build: tools-build web ## Build the web client and the `chamada` program
	@cargo build --release --locked --workspace --bin chamada
	@$(if $(LINK_TARGET),scripts/link-target "$(CARGO_TARGET_DIR)",:)

.PHONY: test
test: ## Install what the tests need, and run them all
	@scripts/test

.PHONY: test-long
test-long: ## The same with more seeds, more tickets, more cases
	@CHAMADA_LONG=1 scripts/test

.PHONY: bench
bench: tools-build package ## Measure: starts, sizes, rates, a sweep, memory (BENCH='words for the harness')
	@scripts/install test
	@cargo build --release --locked --workspace --bin chamada --bin bench
	@$(CARGO_TARGET_DIR)/release/bench $(BENCH)

.PHONY: package
package: tools-build ## A zip of each function for AWS, in dist/lambda (ARCH=arm64 or x86_64)
	@scripts/package $(ARCH) $(FUNCTIONS)

.PHONY: clean
clean: ## Remove what was built; data and installed tools stay
	@cargo clean --quiet
	@rm -rf dist web/dist web/node_modules
	@if [ -L target ]; then rm target; fi

# ------------------------------------------------------------------ steps that the others are made of

.PHONY: tools-build
tools-build:
	@scripts/install build

.PHONY: web
web: web/dist/index.html

web/node_modules/.installed: web/package.json web/package-lock.json
	@scripts/node-modules web

WEB_SOURCES := $(shell find web -type f -not -path 'web/node_modules/*' -not -path 'web/dist/*' 2>/dev/null)
web/dist/index.html: web/node_modules/.installed $(WEB_SOURCES)
	@npm --prefix web run --silent build
	@touch $@

# So that `scripts/test` can ask for one step.
.PHONY: web-modules
web-modules: web/node_modules/.installed
