#!/bin/bash
# Row F4: one allocation in some fails, ours and the libraries'; sanitizers have their own.
if grep -q __asan_init "$KITH" || grep -q __tsan_init "$KITH"; then
    echo "skipped: not under sanitizers, which replace the allocator themselves"
    exit 77
fi
exec "$(dirname "$0")/enter" scarce.py
