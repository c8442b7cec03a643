#!/bin/bash
# Builds the fuzzer of settings, presets, characters and templates and runs it: Tests/Fuzz/YAML/run.sh [SECONDS | build]
. "$(dirname "$0")/../common.sh" yaml "$@"

# The picture cards' source and what it names stand for their module.
link YAMLFuzzer "$here/YAMLFuzzer.swift" "$root/Sources/HostServer/Library/CharacterPNG.swift" HostCore.o HostFiles.o
fuzz -dict="$here/yaml.dict" -timeout=5 -max_len=2048
