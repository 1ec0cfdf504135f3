# A thin front for Meson.  `make help` lists the targets.
BUILD ?= build
ASAN_BUILD ?= build-test

.PHONY: all run test test-long demo bench fuzz format lint clean help

all: $(BUILD)/build.ninja ## build tollgate in $(BUILD)
	ninja -C $(BUILD)

$(BUILD)/build.ninja:
	tools/deps.sh build
	meson setup -Dtests=false $(BUILD)

run: all ## install what is missing, build, write a first config if there is none, start
	@$(call script,tools/run,$(BUILD))

test: ## the short tier, with sanitizers; ends with one line `N passed, N failed`
	@tools/run-tests short --build $(ASAN_BUILD)

test-long: ## the long tier: kill rounds, many seeds, long fuzzing
	@tools/run-tests long --build $(ASAN_BUILD)

demo: all ## an attack on loopback, refused, explained
	@$(call script,tools/demo,$(BUILD))

bench: ## the performance table; BENCH_JSON=FILE writes it as JSON too
	@$(call script,tools/bench)

fuzz: ## all fuzz targets; FUZZ_MINUTES=10
	@$(call script,tools/fuzz)

format: ## wrap what is too wide; aligned tables stay as written
	tools/deps.sh format
	git ls-files '*.[ch]' | xargs tools/format.py

lint: all ## cppcheck and clang-tidy
	tools/deps.sh format
	tools/lint $(BUILD)

clean: ## remove the build folders
	rm -rf $(BUILD) $(ASAN_BUILD) build-fuzz build-bench

help:
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 12

# Run a script of a later part of the work, or say that it is not there.
script = if [ -x $(1) ]; then exec $(1) $(2); else \
	echo "make $@: $(1) does not exist in this version" >&2; exit 1; fi
