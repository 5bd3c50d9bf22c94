# Two commands do all the set-up: `make run` and `make test`. `make help` lists the rest.

SHELL := /bin/bash
.DEFAULT_GOAL := help
CARGO ?= cargo
BIN := $(or $(CARGO_TARGET_DIR),target)

.PHONY: help run test lint deny fuzz build tools

help: ## This list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

build: ## Build the callout binary and the example upstream
	$(CARGO) build --release -p callout-server -p example-upstream

run: build ## Start the example upstream, run every example against it, and keep it up to try your own
	@scripts/run-examples "$(BIN)/release"

test: tools ## Everything: format, lints, borders, tests, the examples, and short fuzzing
	@scripts/test

lint: ## rustfmt and clippy
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings

deny: ## What may be depended on, and by whom
	cargo deny --all-features check bans licenses sources

fuzz: ## Fuzz each target for ten minutes (FUZZ_SECONDS changes that)
	@scripts/fuzz $(or $(FUZZ_SECONDS),600)

tools:
	@scripts/install-tools
