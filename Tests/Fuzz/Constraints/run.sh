#!/bin/bash
# Builds the constraint fuzzer and runs it: Tests/Fuzz/Constraints/run.sh [SECONDS | build]
. "$(dirname "$0")/../common.sh" constraints "$@"

compile HostConstraints "$root/Sources/HostConstraints" HostCore
link ConstraintFuzzer "$root/Tests/Fuzz/Constraints/ConstraintFuzzer.swift" \
    "$root/Tests/Support/ByteTokenizer.swift" HostCore.o HostConstraints.o

seed() { printf '%b' "$2" >"corpus/$1"; }
seed grammar '\0000root ::= "a" b* | (c "日")+ # x\nb ::= [^a-c]{2,5}\nc ::= "x"? root | [0-9] .\0377\0001\0002\0377'
seed nested '\0000root ::= "(" root ")" root | ""\0377\0001\0040\0002'
seed regex '\0001^(ab|[^c-f\\\\d])+?x{2,7}\\\\u{1F600}(?:q|)$\0377abcdef'
seed object '\0002{"type":"object","properties":{"a":{"type":"string","maxLength":3},"b":{"enum":[1,"x",null]}},"required":["b"],"additionalProperties":{"type":"integer","minimum":-5,"maximum":1200}}\0377abcdefghijklmnop'
seed list '\0002{"type":"array","prefixItems":[{"pattern":"^a+$"}],"items":{"anyOf":[{"$ref":"#"},{"type":"number","exclusiveMinimum":0}]},"maxItems":4}\0377abcdefgh'
seed merge '\0002{"allOf":[{"$ref":"#/$defs/x"},{"oneOf":[{"const":1},{"type":"string","format":"date"}]}],"$defs":{"x":{"nullable":true,"type":["string","integer"]}}}\0377abc'
seed look '\0001(?!.*W)(?=\\d|T\\d)(\\d+Y)?(T(?=\\d)(\\d+H)?)?(^|a)\\p{Lu}$\0377abc'
seed both '\0002{"allOf":[{"pattern":"^(a|bc)+$"},{"pattern":"b"}],"type":"string","format":"hostname","minLength":2,"maxLength":9,"not":{"const":"bc"}}\0377abcd'
seed keys '\0002{"type":"object","propertyNames":{"pattern":"^[a-c]"},"patternProperties":{"b$":{"multipleOf":0.25}},"additionalProperties":{"minimum":-0.5,"exclusiveMaximum":1.75},"minProperties":1,"maxProperties":3}\0377abcdef'
seed if '\0002{"type":"object","properties":{"k":{"enum":["a","b"]},"n":{"type":"integer","multipleOf":7}},"if":{"properties":{"k":{"const":"a"}}},"then":{"required":["n"]},"else":{"not":{"required":["n"]}},"dependentRequired":{"n":["k"]}}\0377abcdef'
seed set '\0002{"type":"array","items":{"enum":[1,true,null]},"uniqueItems":true,"minItems":1,"contains":{"type":"string","contentSchema":{"type":"integer"},"format":"json-string"}}\0377abc'
seed any '\0003abcdefghijklmnopqrstuvwxyz'
# Constants that hold indirect enums look like leaks, because Swift keeps tags in the pointers.
ASAN_OPTIONS=detect_leaks=0 fuzz -detect_leaks=0 -timeout=20 -max_len=2048
