# Darkroom: `make run` and `make test` are all you need. Everything they miss is installed on the way.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS += --no-print-directory

CARGO_LEPTOS_VERSION := 0.3.10
# Equal to the pinned wasm-bindgen in Cargo.toml.
WASM_BINDGEN_VERSION := 0.2.130

# What the tests of external tasks run: a real worker of Celery, with what it needs for Redis (kombu imports packaging without naming it as a dependency) and MessagePack.
CELERY_VERSION := 5.7.0
PYTHON_REDIS_VERSION := 8.1.0
MSGPACK_VERSION := 1.2.4
PACKAGING_VERSION := 26.0

# Peers of `make bench`.
AIOHTTP_VERSION := 3.14.5
COMFY_API_PROXY_VERSION := 0.1.6

# Clients of `make test-sdk`.
COMFY_SDK_PYTHON_VERSION := 0.5.0
COMFY_SDK_NPM_VERSION := 0.1.9

# Clients of `make test-clients`.
SAINTNO_SDK_VERSION := 0.3.1
STABLE_CANVAS_CLIENT_VERSION := 1.5.9
COMFY_CLI_VERSION := 1.23.0

export PATH := $(CURDIR)/end2end/node_modules/.bin:$(HOME)/.cargo/bin:$(PATH)
say = @printf '\033[1m· %s\033[0m\n'

# Installs a tool from crates.io: the project's prebuilt binary if cargo-binstall is here and finds one, else built from source. It is built
# without optimization and debug information: that takes 10 instead of 15 CPU minutes for cargo-leptos, and both tools wait for others most of
# the time. OpenSSL is a third of what is left: the system's is used where its headers are installed.
install-tool = { cargo binstall --version >/dev/null 2>&1 && cargo binstall --no-confirm --disable-strategies compile $(1)@$(2) 2>/dev/null; } || { \
	pkg-config --exists openssl 2>/dev/null && export OPENSSL_NO_VENDOR=1; \
	CARGO_PROFILE_DEV_DEBUG=0 CARGO_PROFILE_DEV_INCREMENTAL=false cargo install --debug $(1) --version $(2) $(3); };

.PHONY: help setup setup-test setup-cluster front build static image image-test run cluster dev check test test-rust test-postgres test-schedules test-browser test-long test-sdk test-clients chaos chaos-cluster rolling-restart lint bench size edit-loop clean

help: ## What there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1|/' | column -t -s '|'

setup: ## Install what building needs (idempotent)
	$(say) "libclang (for the bindings of SQLite)"
	@ls /usr/lib/llvm-*/lib/libclang*.so* /usr/lib/*/libclang*.so* 2>/dev/null | grep -q '/libclang[-.0-9]*so' || [ "$$(uname)" != Linux ] || { SUDO=$$([ "$$(id -u)" = 0 ] || echo sudo); $$SUDO apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$SUDO apt-get install -y -qq --no-install-recommends libclang-dev; }
	$(say) "Rust's WASM target"
	@rustup target list --installed | grep -qx wasm32-unknown-unknown || rustup target add wasm32-unknown-unknown
	$(say) "wasm-bindgen $(WASM_BINDGEN_VERSION)"
	@wasm-bindgen --version 2>/dev/null | grep -qF " $(WASM_BINDGEN_VERSION)" || { $(call install-tool,wasm-bindgen-cli,$(WASM_BINDGEN_VERSION)) }
	$(say) "cargo-leptos $(CARGO_LEPTOS_VERSION)"
	@cargo leptos --version 2>/dev/null | grep -qF " $(CARGO_LEPTOS_VERSION)" || { $(call install-tool,cargo-leptos,$(CARGO_LEPTOS_VERSION),--locked) }
	$(say) "npm packages (wasm-opt, Playwright)"
	@cmp -s end2end/package-lock.json end2end/node_modules/.installed || { npm --prefix end2end ci --no-fund --no-audit && cp end2end/package-lock.json end2end/node_modules/.installed; }

setup-cluster: ## Install what a cluster on this machine needs: PostgreSQL and HAProxy
	$(say) "PostgreSQL and HAProxy"
	@{ ls /usr/lib/postgresql/*/bin/initdb && test -x /usr/sbin/haproxy; } >/dev/null 2>&1 || { SUDO=$$([ "$$(id -u)" = 0 ] || echo sudo); $$SUDO apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$SUDO apt-get install -y -qq --no-install-recommends postgresql haproxy; }

setup-test: setup setup-cluster ## Install what testing needs besides
	$(say) "Chromium"
	@command -v chromium >/dev/null || { SUDO=$$([ "$$(id -u)" = 0 ] || echo sudo); $$SUDO apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$SUDO apt-get install -y -qq chromium; }
	$(say) "Redis and Celery $(CELERY_VERSION)"
	@command -v redis-server >/dev/null || { SUDO=$$([ "$$(id -u)" = 0 ] || echo sudo); $$SUDO apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$SUDO apt-get install -y -qq --no-install-recommends redis-server; }
	@test -x target/celery-python/bin/python || python3 -m venv target/celery-python
	@{ target/celery-python/bin/celery --version 2>/dev/null | grep -qF "$(CELERY_VERSION)" && target/celery-python/bin/python -c 'import packaging' 2>/dev/null; } || target/celery-python/bin/pip install -q celery==$(CELERY_VERSION) redis==$(PYTHON_REDIS_VERSION) msgpack==$(MSGPACK_VERSION) packaging==$(PACKAGING_VERSION)

front: setup
	$(say) "The front end: WASM, CSS, compressed"
	@cargo leptos build --release --frontend-only --split
	@node end2end/shrink.mjs

build: front ## The release binary, target/release/darkroom: one file, everything in it
	$(say) "The server, with the front end inside"
	@# Cargo does not see that files to embed have come or gone: it is told when they differ from those that are in.
	@site=$$(cat target/site/pkg/* | sha256sum); \
	[ "$$site" = "$$(cat target/release/.embedded 2>/dev/null)" ] || touch src/web/frontend/assets.rs; \
	cargo build --release --locked --features ssr; \
	echo "$$site" > target/release/.embedded
	@ls -lh target/release/darkroom | awk '{print "target/release/darkroom", $$5}'

# Linked with musl where that target is installed, else with glibc. In the empty image neither has a library to load.
MACHINE := $(shell uname -m)
STATIC_TARGET = $(shell rustup target list --installed 2>/dev/null | grep -x $(MACHINE)-unknown-linux-musl || echo $(MACHINE)-unknown-linux-gnu)

static: front ## The same, needing no libraries: target/static/darkroom
	$(say) "The server, static ($(STATIC_TARGET))"
	@[ "$(STATIC_TARGET)" != $(MACHINE)-unknown-linux-musl ] || command -v musl-gcc >/dev/null || { SUDO=$$([ "$$(id -u)" = 0 ] || echo sudo); $$SUDO apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$SUDO apt-get install -y -qq --no-install-recommends musl-tools; }
	@touch src/web/frontend/assets.rs
	@RUSTFLAGS="-C target-feature=+crt-static" cargo build --release --locked --features ssr --target $(STATIC_TARGET)
	@install -D target/$(STATIC_TARGET)/release/darkroom target/static/darkroom

image: static ## An image of it, with podman, buildah or docker (IMAGE: its name)
	@deploy/image.sh target/static/darkroom $(or $(IMAGE),darkroom)

image-test: ## Build an image and run it, without network and engine (STATIC_BIN: of this static binary)
	@command -v buildah >/dev/null || { SUDO=$$([ "$$(id -u)" = 0 ] || echo sudo); $$SUDO apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$SUDO apt-get install -y -qq --no-install-recommends buildah; }
	@[ -n "$(STATIC_BIN)" ] || $(MAKE) static
	@deploy/image-test.sh $(or $(STATIC_BIN),target/static/darkroom)

run: build ## Build and serve on http://127.0.0.1:3000
	@./target/release/darkroom serve $(ARGS)

cluster: setup-cluster build ## Three Darkrooms with PostgreSQL and HAProxy, and two demo engines, on http://127.0.0.1:3000 (CLUSTER_PORT, CLUSTER_DIR)
	@node end2end/cluster.mjs

dev: setup ## Rebuild and reload on every change
	@cargo leptos watch --split

check: ## Type-check server and browser in one pass, for the edit loop (`lint` checks each as it is built)
	@cargo check --features ssr,hydrate

lint: ## Format and lints, for server and browser
	$(say) "fmt"
	@cargo fmt --check
	$(say) "clippy, server"
	@cargo clippy --locked --workspace --features ssr --all-targets -- -D warnings
	$(say) "clippy, browser"
	@cargo clippy --locked --features hydrate --lib --target wasm32-unknown-unknown -- -D warnings

test-rust: ## Unit, property and integration tests
	$(say) "tests"
	@# nextest does not run the examples in the documentation.
	@if cargo nextest --version >/dev/null 2>&1; then cargo nextest run --locked --no-fail-fast --workspace --features ssr && cargo test --locked --workspace --features ssr --doc; else cargo test --locked --workspace --features ssr; fi

test-schedules: ## Subscribing while others publish, under thousands of orders of threads
	$(say) "schedules"
	@cargo test --locked --package darkroom-server --features shuttle --lib tracker::schedules

test-postgres: setup-test ## The tests of test-rust on PostgreSQL: every Darkroom of a test has its database there, too
	$(say) "tests on PostgreSQL"
	@# With PostgreSQL an end is shown when it is committed, and not while the database is locked.
	@node end2end/postgres.mjs cargo nextest run --locked --no-fail-fast --features ssr --test it -E 'not test(=faults::once::a_run_that_ends_while_the_database_is_locked_is_stored_later)' $(ARGS)

test-browser: setup-test build ## Playwright against the release binary
	$(say) "browser tests"
	@cd end2end && npx playwright test $(ARGS)

test-long: setup-test build test-schedules ## What takes minutes: orders of threads; in browsers: memory, floods, slow networks, many tabs
	$(say) "long browser tests"
	@cd end2end && LONG=1 npx playwright test $(ARGS)

test-sdk: build ## The official SDKs of the Comfy API v2 against the release binary and its demo engine (DARKROOM_BIN: another binary; COMFYUI=http://…: a real ComfyUI, several with commas; ENGINES=2: several demo engines)
	$(say) "the SDKs of the Comfy API v2"
	@test -x target/sdk-python/bin/python || python3 -m venv target/sdk-python
	@target/sdk-python/bin/pip install -q comfy-sdk==$(COMFY_SDK_PYTHON_VERSION)
	@mkdir -p target/sdk-npm && cd target/sdk-npm && { test -f package.json || npm init -y >/dev/null; } && npm install --silent --no-audit --no-fund @comfyorg/sdk@$(COMFY_SDK_NPM_VERSION)
	@node end2end/sdk/run.mjs target/sdk-python/bin/python target/sdk-npm

test-clients: build ## Clients of ComfyUI against the gateway of the release binary and its demo engine (DARKROOM_BIN, COMFYUI: as for test-sdk)
	$(say) "clients of ComfyUI"
	@test -x target/clients-python/bin/python || python3 -m venv target/clients-python
	@target/clients-python/bin/pip install -q comfy-cli==$(COMFY_CLI_VERSION)
	@mkdir -p target/clients-npm && cd target/clients-npm && { test -f package.json || npm init -y >/dev/null; } && npm install --silent --no-audit --no-fund @saintno/comfyui-sdk@$(SAINTNO_SDK_VERSION) @stable-canvas/comfyui-client@$(STABLE_CANVAS_CLIENT_VERSION)
	@node end2end/clients/run.mjs target/clients-python target/clients-npm

chaos: ## Kill Darkroom and two engines, CHAOS_KILLS times each, with CHAOS_TASKS tasks in flight (CHAOS_SEED: the same again)
	$(say) "chaos"
	@export CHAOS_KILLS=$${CHAOS_KILLS:-50} CHAOS_TASKS=$${CHAOS_TASKS:-200} CHAOS_SEED=$${CHAOS_SEED:-$$(date +%s)} CHAOS_REPORT=$(CURDIR)/target/chaos.txt; \
	rm -f $$CHAOS_REPORT; ended=0; \
	cargo test --locked --features ssr --test chaos chaos_short -- --exact --nocapture || ended=$$?; \
	cat $$CHAOS_REPORT; exit $$ended

chaos-cluster: setup-cluster ## Three Darkrooms with PostgreSQL and HAProxy: CLUSTER_KILLS kills, CLUSTER_PAUSES stops, CLUSTER_PROMOTIONS of a second PostgreSQL, and more, with CLUSTER_TASKS tasks (CLUSTER_SEED: the same again)
	$(say) "chaos in a cluster"
	@export CLUSTER_KILLS=$${CLUSTER_KILLS:-100} CLUSTER_PAUSES=$${CLUSTER_PAUSES:-50} CLUSTER_PROMOTIONS=$${CLUSTER_PROMOTIONS:-2} CLUSTER_TASKS=$${CLUSTER_TASKS:-400}; \
	export CLUSTER_SEED=$${CLUSTER_SEED:-$$(date +%s)} CLUSTER_REPORT=$(CURDIR)/target/chaos-cluster.txt; \
	rm -f $$CLUSTER_REPORT; ended=0; \
	cargo test --locked --features ssr --test cluster cluster_short -- --exact --nocapture || ended=$$?; \
	cat $$CLUSTER_REPORT; exit $$ended

rolling-restart: setup-cluster ## Restart three Darkrooms one after another, while 60 tasks run and 200 pages watch
	$(say) "rolling restart"
	@cargo test --locked --features ssr --test cluster rolling_restart -- --ignored --nocapture

test: setup-test lint test-rust test-browser ## Everything but what `test-long` adds
	$(say) "All tests passed"

size: build ## The budget: bytes of the first load, the binary, memory, start-up
	@node end2end/size.mjs

bench: build ## Measurements beside peers; PARTS="frames tasks latency memory streams link topics bytes": some of the live connection's only; PARTS=production: the board's; PARTS=gateway: the gateway's; GALLERY_ROWS (1,000,000)
	@test -x target/bench-python/bin/python || python3 -m venv target/bench-python
	@target/bench-python/bin/python -c 'import aiohttp' 2>/dev/null || target/bench-python/bin/pip install -q aiohttp==$(AIOHTTP_VERSION)
	@target/bench-python/bin/python -c 'import comfy_api_proxy' 2>/dev/null || target/bench-python/bin/pip install -q comfy-api-proxy==$(COMFY_API_PROXY_VERSION)
	@[ "$(PARTS)" = production ] || [ "$(PARTS)" = gateway ] || cargo bench --locked --features ssr --bench fanout -- $(PARTS)
	@[ -n "$(PARTS)" ] || cargo bench --locked --features ssr --bench eta
	@[ -n "$(PARTS)" ] || cargo bench --locked --features ssr --bench queue
	@[ -n "$(PARTS)" ] || cargo bench --locked --features ssr --bench keeping
	@[ -n "$(PARTS)" ] || cargo bench --locked --features ssr --bench import
	@[ -n "$(PARTS)" ] || cargo bench --locked --features ssr --bench gallery
	@[ -n "$(PARTS)" ] || node end2end/scroll.mjs
	@[ -n "$(PARTS)" ] && [ "$(PARTS)" != gateway ] || node end2end/gateway.mjs
	@[ -n "$(PARTS)" ] && [ "$(PARTS)" != production ] || cargo bench --locked --features ssr --bench production

edit-loop: setup ## Seconds from a one-line change to a check, a unit test, and a served page
	@benches/edit_loop.sh

clean:
	@cargo clean
