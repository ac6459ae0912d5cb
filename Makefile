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
DAYS ?= 30
WORLDS ?= 10

# One more than there are cores, for many tests mostly wait.
JOBS ?= $(shell expr $$(nproc) + 1)
CTEST := ctest --no-tests=error --output-on-failure --no-label-summary -j $(JOBS)
BUILT := build/build.ninja
# Where threads meet: the store's worker and the loop. `make tsan` runs the rest as well.
RACES := io_store_test io_store_history_test io_control_test kith
RACE_TESTS := ^(io\.(store|store_history|control)|cli\.(ask|set)|net\.kill)$$

.PHONY: build deps deps-test test demo install uninstall bench sim storm kill crash damage failing upgrade mixed \
        prune memory fifty soak days stuck crowd fuzz examples asan tsan format \
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
	@cmake --preset tsan --log-level=NOTICE
	@cmake --build build-tsan --target $(RACES)
	@failed=0; \
	$(CTEST) --test-dir build-tsan -R '$(RACE_TESTS)' || failed=1; \
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

upgrade: SEEDS = 20
upgrade: $(BUILT)  ## stores of earlier schemas are opened while the power goes and calls fail
	@cmake --build build --target durable
	@build/tests/durable upgrade --seeds $(SEEDS)

prune: RECORDS = 10000000
prune: $(BUILT)  ## a year of RECORDS=10000000 records in a store of 50 MB, on this disk
	@cmake --build build --target bench_prune
	@build/bench/prune build $(RECORDS)

kill: build  ## real processes killed at random, CYCLES=500 times, in runs of 50 on a real disk
	@KITH=$(CURDIR)/build/kith tests/net/campaign kills $(CYCLES)

mixed: build  ## peers of the older program OLD=path/to/kith and of this one in one network
	@test -x "$(OLD)" || { echo "Which older program? make mixed OLD=path/to/older/kith"; exit 2; }
	@KITH=$(CURDIR)/build/kith tests/net/enter mixed.py "$(OLD)"

fifty: build  ## 50 real peers on a bridge, cut and killed under load for MINUTES=10
	@KITH=$(CURDIR)/build/kith tests/net/enter fifty.py 50 $(MINUTES)

soak: MINUTES = 120
soak: build  ## 120 real peers on a bridge do what they do for MINUTES=120: nothing grows, nobody is accused
	@KITH=$(CURDIR)/build/kith tests/net/enter soak.py 120 $(MINUTES)

days: $(BUILT)  ## a small simulated network for DAYS=30: nothing grows
	@cmake --build build --target sim
	@build/tests/sim days --days $(DAYS)

stuck: build  ## a peer stands still for a minute while a sensor reads fast
	@KITH=$(CURDIR)/build/kith tests/net/campaign stuck

crowd: build  ## 50 machines are powered on together, then one's cable flaps
	@KITH=$(CURDIR)/build/kith tests/net/campaign crowd

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

tsan: deps-test build-tsan/build.ninja  ## all tests with threads or processes, under the thread sanitizer
	@cmake --build build-tsan
	@$(CTEST) --test-dir build-tsan -L '^(unit|durable|net|cli)$$'

format:  ## lays out all C files by .clang-format
	@find src tests bench examples -name '*.[ch]' -exec clang-format -i {} +

clean:  ## takes away all build folders
	@rm -rf build build-asan build-tsan build-fuzz build-debug

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile
