# The commands of the repository. Each is idempotent; the work is in scripts/.
.PHONY: help setup demo run test check bench soak

help: ## list the commands
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

setup: ## install what is missing to build and to test
	@scripts/setup.sh all

demo: ## build, start and show the product with a sample catalog and backend
	@scripts/setup.sh build
	@scripts/build.sh
	@target/debug/larboard demo $(ARGS)

run: ## build and serve from ./data; pass flags as ARGS="--listen 127.0.0.1:4800"
	@scripts/setup.sh build
	@scripts/build.sh
	@target/debug/larboard serve $(ARGS)

test: ## set up and run every test; the last line is the total
	@scripts/setup.sh all
	@scripts/test.sh

check: ## formatting, lints and types, warnings refused
	@scripts/setup.sh build
	@scripts/check.sh

bench: ## a short performance run against a release build
	@scripts/setup.sh build
	@scripts/build.sh release
	@python3 scripts/bench.py --binary target/release/larboard $(ARGS)

soak: ## load for MINUTES (default 10), nothing lost, memory flat; SEEDS (default 200) of random searches against a model
	@scripts/setup.sh build
	@scripts/build.sh release
	@python3 scripts/soak.py --binary target/release/larboard --minutes $(or $(MINUTES),10) $(ARGS)
	@LARBOARD_SOAK=$(or $(SEEDS),200) cargo test -q -p larboard --test api searching
