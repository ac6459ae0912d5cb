# The face of the build for people; CMakeLists.txt is the build. `make help` lists what there is.
.DEFAULT_GOAL := build
.SUFFIXES:
MAKEFLAGS += --no-print-directory

PREFIX ?= $(HOME)/.local
SEEDS ?= 1000
DAMAGES ?= 10000
CYCLES ?= 500
SECONDS ?= 60
MINUTES ?= 10
WORLDS ?= 10

# One more than there are cores, for many tests mostly wait.
JOBS ?= $(shell expr $$(nproc) + 1)
CTEST := ctest --no-tests=error --output-on-failure --no-label-summary -j $(JOBS)
BUILT := build/build.ninja

.PHONY: build deps deps-test test demo install uninstall bench sim storm kill crash damage failing \
        memory fifty fuzz examples asan tsan format \
        clean help

build: $(BUILT)  ## the program, build/kith
	@cmake --build build --target kith

# Configures once; ninja itself notices when a CMakeLists.txt changes.
$(BUILT):
	@tools/deps --check build
	@cmake --preset release --log-level=NOTICE

build-%/build.ninja:
	@cmake --preset $* --log-level=NOTICE

deps:  ## installs what building needs, after saying what and why
	@tools/deps build

deps-test:
	@tools/deps build test

test: deps-test  ## every test: walls, gcc, clang with sanitizers; installs what they need
	@cmake --preset release --log-level=NOTICE
	@cmake --build build
	@cmake --preset asan --log-level=NOTICE
	@cmake --build build-asan
	@failed=0; \
	$(CTEST) --test-dir build-asan -L '^(unit|sim|durable|fuzz)$$' || failed=1; \
	$(CTEST) --test-dir build || failed=1; \
	exit $$failed

demo: deps build  ## a sensor, an actuator and a controller on this machine
	@KITH=$(CURDIR)/build/kith exec scripts/demo

install: build  ## to PREFIX, by default ~/.local
	@cmake --install build --prefix "$(PREFIX)" --strip
	@bin=$$(cd "$(PREFIX)/bin" && pwd); case ":$$PATH:" in *":$$bin:"*) ;; \
	    *) echo "Not on your PATH yet. Next: export PATH=\"$$bin:\$$PATH\"";; esac

uninstall:  ## takes away from PREFIX what install put there
	@prefix=$$(cd "$(PREFIX)" 2>/dev/null && pwd) || exit 0; rm -fv "$$prefix/bin/kith"; \
	if [ -f build/install_manifest.txt ]; then \
	    PREFIX=$$prefix/ awk 'index($$0, ENVIRON["PREFIX"]) == 1' build/install_manifest.txt | \
	    xargs -r -d '\n' rm -fv; fi

bench:  ## figures, beside other systems in the same run; installs mosquitto
	@tools/deps build bench
	@cmake --preset release --log-level=NOTICE
	@cmake --build build
	@KITH=$(CURDIR)/build/kith exec bench/run

sim: $(BUILT)  ## the simulator, SEEDS=1000 of them
	@cmake --build build --target sim
	@build/tests/sim seeds --count $(SEEDS)

storm: $(BUILT)  ## a thousand simulated peers and some harm, WORLDS=10 of them
	@cmake --build build --target sim
	@build/tests/sim storm --count $(WORLDS)

# Campaigns (docs/testing.md); their short forms are tests.
crash: SEEDS = 20
crash: $(BUILT)  ## the power goes after every operation of a store, SEEDS=20 times
	@cmake --build build --target durable
	@build/tests/durable crash --seeds $(SEEDS)

damage: $(BUILT)  ## a store's files are damaged in every way, DAMAGES=10000 times
	@cmake --build build --target durable
	@build/tests/durable damage --count $(DAMAGES)

failing: $(BUILT)  ## every system call of a store and of the keys fails, in each way
	@cmake --build build --target durable
	@build/tests/durable failing

kill: build  ## real processes killed at random, CYCLES=500 times, in runs of 50 on a real disk
	@KITH=$(CURDIR)/build/kith tests/net/campaign kills $(CYCLES)

fifty: build  ## 50 real peers on a bridge, cut and killed under load for MINUTES=10
	@KITH=$(CURDIR)/build/kith tests/net/enter fifty.py 50 $(MINUTES)

memory: SEEDS = 20
memory: $(BUILT)  ## every allocation fails, in SEEDS=20 simulated worlds and for real
	@cmake --build build --target sim
	@for seed in $$(seq $(SEEDS)); do build/tests/sim memory --seed $$seed || exit 1; done
	@cmake --build build --target kith scarce
	@KITH=$(CURDIR)/build/kith tests/net/enter scarce.py 1

# New inputs are kept in build-fuzz/corpus, what crashes a target in build-fuzz/crashes.
fuzz: deps-test build-fuzz/build.ninja  ## every fuzz target for SECONDS=60
	@cmake --build build-fuzz
	@mkdir -p build-fuzz/crashes
	@for target in build-fuzz/fuzz/*_fuzz; do \
	    name=$$(basename $$target _fuzz); mkdir -p build-fuzz/corpus/$$name; \
	    echo "fuzz.$$name for $(SECONDS) s"; \
	    $$target -max_total_time=$(SECONDS) -timeout=10 -rss_limit_mb=1024 -verbosity=0 \
	        -print_final_stats=1 -artifact_prefix=build-fuzz/crashes/$$name- \
	        build-fuzz/corpus/$$name tests/fuzz/corpus/$$name || exit 1; done

examples: $(BUILT)  ## the small programs of examples/, into build/examples
	@cmake --build build --target examples

asan: deps-test build-asan/build.ninja  ## every test but the walls under address and UB sanitizers
	@cmake --build build-asan
	@$(CTEST) --test-dir build-asan

tsan: deps-test build-tsan/build.ninja  ## the same under the thread sanitizer
	@cmake --build build-tsan
	@$(CTEST) --test-dir build-tsan

format:  ## lays out all C files by .clang-format
	@find src tests bench examples -name '*.[ch]' -exec clang-format -i {} +

clean:  ## takes away all build folders
	@rm -rf build build-asan build-tsan build-fuzz build-debug

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile
