#!/bin/bash
# Builds the fuzzer for state files and runs it: Tests/Fuzz/States/run.sh [SECONDS | build]
. "$(dirname "$0")/../common.sh" states "$@"

# The file's source stands for its module: it needs nothing else of it.
link StateFuzzer "$here/StateFuzzer.swift" "$root/Sources/HostGeneration/States/StateFile.swift" HostCore.o
fuzz -timeout=5 -max_len=4096
