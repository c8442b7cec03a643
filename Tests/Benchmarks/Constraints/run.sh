#!/bin/bash
# Builds the constraint benchmark and runs it on a vocabulary: Tests/Benchmarks/Constraints/run.sh rwkv_vocab_v20230424.txt
set -euo pipefail
vocabulary=$(realpath "$1")
root=$(cd "$(dirname "$0")/../../.." && pwd)
build=$root/.build/benchmark-constraints
mkdir -p "$build"
cd "$build"

flags=(-O -swift-version 6 -parse-as-library -package-name modelhost -I .
    -enable-upcoming-feature ExistentialAny -enable-upcoming-feature InternalImportsByDefault
    -enable-upcoming-feature MemberImportVisibility -enable-upcoming-feature NonisolatedNonsendingByDefault)
for module in HostCore HostTokenizers HostConstraints; do
    find "$root/Sources/$module" -name '*.swift' >"$module.files"
    evolution=()
    if [ $module = HostCore ]; then evolution=(-enable-library-evolution); fi
    swiftc "${flags[@]}" "${evolution[@]}" -wmo -module-name $module -emit-module \
        -emit-module-path $module.swiftmodule -c -o $module.o @"$module.files"
done
swiftc "${flags[@]}" -wmo -module-name ConstraintBenchmark "$root/Tests/Benchmarks/Constraints/ConstraintBenchmark.swift" \
    HostCore.o HostTokenizers.o HostConstraints.o -o benchmark
./benchmark "$vocabulary"
