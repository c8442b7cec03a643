#!/bin/bash
# Builds the fuzzer of what a store says and of its address and runs it: Tests/Fuzz/Store/run.sh [SECONDS | build]
. "$(dirname "$0")/../common.sh" store "$@"

link StoreFuzzer "$here/StoreFuzzer.swift" "$root"/Sources/HostStore/{RESPValue,StoreAddress}.swift HostCore.o
fuzz -timeout=5 -max_len=4096
