#!/bin/bash
# Builds the template fuzzer and runs it: Tests/Fuzz/Templates/run.sh [seconds]
# Inputs that crash, hang or take much memory are left in .build/fuzz-templates.
set -euo pipefail
seconds=${1:-60}
root=$(cd "$(dirname "$0")/../../.." && pwd)
build=$root/.build/fuzz-templates
mkdir -p "$build/corpus" "$build/HostServer"
cd "$build"

flags=(-O -swift-version 6 -parse-as-library -package-name modelhost -I . -sanitize=address,fuzzer
    -enable-upcoming-feature ExistentialAny -enable-upcoming-feature InternalImportsByDefault
    -enable-upcoming-feature MemberImportVisibility -enable-upcoming-feature NonisolatedNonsendingByDefault)
# The templates alone stand for their module: they need nothing else of it.
compile() {
    find "$2" -name '*.swift' >"$1.files"
    swiftc "${flags[@]}" -wmo -module-name "$1" -emit-module -emit-module-path "$1.swiftmodule" -c -o "$1.o" @"$1.files"
}
compile HostCore "$root/Sources/HostCore"
compile HostServer "$root/Sources/HostServer/Templates"
swiftc "${flags[@]}" -wmo -module-name TemplateFuzzer "$root/Tests/Fuzz/Templates/TemplateFuzzer.swift" \
    HostCore.o HostServer.o -o fuzzer

python3 - "$root/Tests/Fixtures/templates/templates-golden.json" <<'SEEDS'
import json, sys
for number, case in enumerate(json.load(open(sys.argv[1]))["cases"]):
    open(f"corpus/golden-{number}", "w").write(case["source"])
SEEDS
printf '"%s"\n' '{{' '}}' '{%' '%}' '{%-' '-%}' '{#' '#}' ' for x in ' ' endfor ' ' if ' ' endif ' ' set ' ' macro f(a)' ' endmacro ' \
    '|join' '|tojson' '|map(' '|sort' '|indent' ' is defined' 'namespace()' 'range(' 'loop.' '.split(' '[::-1]' ' raw ' ' endraw ' \
    ' not in ' ' ** ' ' // ' ' ~ ' '9223372036854775807' '1e308' '-1' 'none' >words.dict
./fuzzer corpus -dict=words.dict -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=2048 -print_final_stats=1
