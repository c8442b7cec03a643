#!/bin/bash
# Builds the checkpoint fuzzer and runs it: Tests/Fuzz/Checkpoints/run.sh [seconds]
. "$(dirname "$0")/../common.sh" checkpoints "$@"

compile HostCore "$root/Sources/HostCore"
compile HostCheckpoints "$root/Sources/HostCheckpoints"
link CheckpointFuzzer "$root/Tests/Fuzz/Checkpoints/CheckpointFuzzer.swift" \
    "$root/Tests/Support/CheckpointWriters+Zip.swift" HostCore.o HostCheckpoints.o

# Seeds: the zoo as whole files, and the pickles, headers and legacy streams inside it.
for file in "$root"/Tests/Fixtures/checkpoints/pth-zoo/*.*; do
    name=$(basename "$file")
    { printf '\0'; cat "$file"; } >"corpus/whole-$name"
    case $name in
    *-legacy.pth) { printf '\3'; tail -c +16 "$file"; } >"corpus/legacy-$name" ;;
    *.pth) { printf '\1'; tail -c +65 "$file"; } >"corpus/pickle-$name" ;;
    *.safetensors) { printf '\2'; tail -c +9 "$file"; } >"corpus/header-$name" ;;
    esac
done
rm -f corpus/*manifest.json corpus/*bad-deep*
fuzz -timeout=10 -rss_limit_mb=2048 -max_len=8192
