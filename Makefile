# Two commands do all the set-up: `make run` and `make test`. `make help` lists the rest.

SHELL := /bin/bash
.DEFAULT_GOAL := help
CARGO ?= cargo
BIN := $(or $(CARGO_TARGET_DIR),target)
BENCH := $(BIN)/bench/release/callout-bench

.PHONY: help run test lint deny fuzz bench soak bench-build build web tools crash

help: ## This list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

build: web ## Build the page, the callout binary with it, and the example upstream
	$(CARGO) build --release -p callout-server -p example-upstream

web: ## Build the page into web/dist, unless it is there and nothing is newer
	@scripts/build-page

run: build ## Start the server with every example published and their upstream beside it, until Ctrl-C
	@scripts/serve-examples "$(BIN)/release"

test: tools ## Everything: format, lints, borders, tests, the examples, and short fuzzing
	@scripts/test

lint: ## rustfmt and clippy
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings

deny: ## What may be depended on, and by whom
	cargo deny --all-features check bans licenses sources

fuzz: ## Fuzz each target for ten minutes (FUZZ_SECONDS changes that)
	@scripts/fuzz $(or $(FUZZ_SECONDS),600)

bench: bench-build ## Measure Callout beside bare servers, in ratios (BENCH_FLAGS="--quick --json FILE --only main")
	$(BENCH) --callout $(BIN)/release/callout $(BENCH_FLAGS)

soak: bench-build ## Send an hour's events in four minutes; judge memory, files and latency (BENCH_FLAGS="--duration 480")
	$(BENCH) soak --callout $(BIN)/release/callout $(BENCH_FLAGS)

bench-build:
	$(CARGO) build --release --locked -p callout-server
	$(CARGO) build --release --locked --manifest-path bench/Cargo.toml --target-dir $(BIN)/bench

crash: ## Kill the real server at seeded points, over and over, for ten minutes (CRASH_SECONDS changes that)
	CRASH_SECONDS=$(or $(CRASH_SECONDS),600) $(CARGO) test -p callout-server --test crash -- --nocapture

tools:
	@scripts/install-tools
