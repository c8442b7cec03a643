#!/bin/bash
# Builds the JSON fuzzer and runs it: Tests/Fuzz/JSON/run.sh [SECONDS | build]
. "$(dirname "$0")/../common.sh" json "$@"

link JSONFuzzer "$here/JSONFuzzer.swift" HostCore.o
fuzz -dict="$here/json.dict" -timeout=5 -max_len=4096
