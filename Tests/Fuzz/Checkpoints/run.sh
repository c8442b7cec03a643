#!/bin/bash
# Builds the checkpoint fuzzer and runs it: Tests/Fuzz/Checkpoints/run.sh [seconds]
# Inputs that crash, hang or take much memory are left in .build/fuzz-checkpoints.
set -euo pipefail
seconds=${1:-60}
root=$(cd "$(dirname "$0")/../../.." && pwd)
build=$root/.build/fuzz-checkpoints
mkdir -p "$build/corpus"
cd "$build"

flags=(-O -swift-version 6 -parse-as-library -package-name modelhost -I . -sanitize=address,fuzzer
    -enable-upcoming-feature ExistentialAny -enable-upcoming-feature InternalImportsByDefault
    -enable-upcoming-feature MemberImportVisibility -enable-upcoming-feature NonisolatedNonsendingByDefault)
for module in HostCore HostCheckpoints; do
    find "$root/Sources/$module" -name '*.swift' >"$module.files"
    swiftc "${flags[@]}" -wmo -module-name $module -emit-module -emit-module-path $module.swiftmodule \
        -c -o $module.o @"$module.files"
done
swiftc "${flags[@]}" -wmo -module-name CheckpointFuzzer "$root/Tests/Fuzz/Checkpoints/CheckpointFuzzer.swift" \
    "$root/Tests/Support/CheckpointWriters+Zip.swift" HostCore.o HostCheckpoints.o -o fuzzer

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
./fuzzer corpus -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=8192 -print_final_stats=1
