#!/bin/bash
# Builds the template fuzzer and runs it: Tests/Fuzz/Templates/run.sh [SECONDS | build]
. "$(dirname "$0")/../common.sh" templates "$@"

compile HostTemplates "$root/Sources/HostTemplates" HostCore
link TemplateFuzzer "$root/Tests/Fuzz/Templates/TemplateFuzzer.swift" HostCore.o HostTemplates.o

python3 - "$root/Tests/Fixtures/templates/templates-golden.json" <<'SEEDS'
import json, sys
for number, case in enumerate(json.load(open(sys.argv[1]))["cases"]):
    open(f"corpus/golden-{number}", "w").write(case["source"])
SEEDS
printf '"%s"\n' '{{' '}}' '{%' '%}' '{%-' '-%}' '{#' '#}' ' for x in ' ' endfor ' ' if ' ' endif ' ' set ' ' macro f(a)' ' endmacro ' \
    '|join' '|tojson' '|map(' '|sort' '|indent' ' is defined' 'namespace()' 'range(' 'loop.' '.split(' '[::-1]' ' raw ' ' endraw ' \
    ' not in ' ' ** ' ' // ' ' ~ ' '9223372036854775807' '1e308' '-1' 'none' >words.dict
fuzz -dict=words.dict -timeout=10 -max_len=2048
