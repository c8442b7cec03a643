#!/bin/bash
# Builds the constraint fuzzer and runs it: Tests/Fuzz/Constraints/run.sh [SECONDS | build]
. "$(dirname "$0")/../common.sh" constraints "$@"

compile HostGeneration "$root/Sources/HostGeneration" HostCore HostFiles HostRuntime
link ConstraintFuzzer "$root/Tests/Fuzz/Constraints/ConstraintFuzzer.swift" \
    "$root/Tests/Support/ByteTokenizer.swift" HostCore.o HostFiles.o HostRuntime.o HostGeneration.o

seed() { printf '%b' "$2" >"corpus/$1"; }
seed grammar '\0000root ::= "a" b* | (c "日")+ # x\nb ::= [^a-c]{2,5}\nc ::= "x"? root | [0-9] .\0377\0001\0002\0377'
seed nested '\0000root ::= "(" root ")" root | ""\0377\0001\0040\0002'
seed regex '\0001^(ab|[^c-f\\\\d])+?x{2,7}\\\\u{1F600}(?:q|)$\0377abcdef'
seed object '\0002{"type":"object","properties":{"a":{"type":"string","maxLength":3},"b":{"enum":[1,"x",null]}},"required":["b"],"additionalProperties":{"type":"integer","minimum":-5,"maximum":1200}}\0377abcdefghijklmnop'
seed list '\0002{"type":"array","prefixItems":[{"pattern":"^a+$"}],"items":{"anyOf":[{"$ref":"#"},{"type":"number","exclusiveMinimum":0}]},"maxItems":4}\0377abcdefgh'
seed merge '\0002{"allOf":[{"$ref":"#/$defs/x"},{"oneOf":[{"const":1},{"type":"string","format":"date"}]}],"$defs":{"x":{"nullable":true,"type":["string","integer"]}}}\0377abc'
seed any '\0003abcdefghijklmnopqrstuvwxyz'
# Constants that hold indirect enums look like leaks, because Swift keeps tags in the pointers.
ASAN_OPTIONS=detect_leaks=0 fuzz -detect_leaks=0 -timeout=20 -max_len=2048
