#!/bin/bash
# Builds the preset fuzzer and runs it: Tests/Fuzz/Presets/run.sh [SECONDS | build]
. "$(dirname "$0")/../common.sh" presets "$@"

# The file's source and what it names stand for their module.
server=$root/Sources/HostServer
link PresetFuzzer "$here/PresetFuzzer.swift" "$server/Fields/PresetFile.swift" "$server/Fields/FieldReader.swift" \
    "$server/Errors/APIError.swift" HostCore.o HostFiles.o
fuzz -dict="$here/presets.dict" -timeout=5 -max_len=2048
