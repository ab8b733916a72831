# The commands of the repository. Each is idempotent; the work is in scripts/.
.PHONY: help setup demo run test check bench soak fuzz-api

help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

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

fuzz-api: ## send the API what its OpenAPI document allows and forbids; EXAMPLES and SEED vary it
	@scripts/setup.sh build
	@scripts/api_fuzz.sh $(ARGS)

soak: ## MINUTES (10) of load with nothing lost, SEEDS (200) of searches against a model, a catalog of SIZES (1000000)
	@scripts/setup.sh all
	@MINUTES=$(MINUTES) SEEDS=$(SEEDS) SIZES=$(SIZES) scripts/soak.sh $(ARGS)
