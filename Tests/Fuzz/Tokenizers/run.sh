#!/bin/bash
# Builds the tokenizer fuzzer and runs it: Tests/Fuzz/Tokenizers/run.sh [seconds]
# Inputs that crash, hang or take much memory are left in .build/fuzz-tokenizers.
set -euo pipefail
seconds=${1:-60}
root=$(cd "$(dirname "$0")/../../.." && pwd)
build=$root/.build/fuzz-tokenizers
mkdir -p "$build/corpus"
cd "$build"

flags=(-O -swift-version 6 -parse-as-library -package-name modelhost -I . -sanitize=address,fuzzer
    -enable-upcoming-feature ExistentialAny -enable-upcoming-feature InternalImportsByDefault
    -enable-upcoming-feature MemberImportVisibility -enable-upcoming-feature NonisolatedNonsendingByDefault)
for module in HostCore HostTokenizers; do
    find "$root/Sources/$module" -name '*.swift' >"$module.files"
    swiftc "${flags[@]}" -wmo -module-name $module -emit-module -emit-module-path $module.swiftmodule \
        -c -o $module.o @"$module.files"
done
swiftc "${flags[@]}" -wmo -module-name TokenizerFuzzer "$root/Tests/Fuzz/Tokenizers/TokenizerFuzzer.swift" \
    HostCore.o HostTokenizers.o -o fuzzer

# Seeds: the small vocabulary as a file, single lines of a World file, and texts.
{ printf '\0'; cat "$root/Tests/Fixtures/tokenizers/tiny-strings.json"; } >corpus/file-strings
{ printf '\0'; head -c 1500 "$root/Tests/Fixtures/tokenizers/tiny-pairs.json"; } >corpus/file-cut
printf '\0%s' '{"added_tokens":[{"id":3,"content":"x"}],"normalizer":{"type":"NFC"},"pre_tokenizer":{"type":"ByteLevel"},"model":{"type":"BPE","vocab":{"a":0,"b":1,"ab":2},"merges":[["a","b"]]}}' >corpus/file-small
printf "\0%s\r\n" "1 '\\x00' 1" "2 b'\\xff' 1" "3 \"\\u4f60\" 3" >corpus/file-world
printf '\0{"1": "a", "2": [255]}' >corpus/file-json
for kind in '\1' '\2'; do
    { printf "$kind"; printf 'aabab  a b<|endoftext|> e\xcc\x81\xcc\xa3\xe4\xbd\xa0\r\n it'"'"'s 12\xff'; } >"corpus/text-${kind#?}"
done
./fuzzer corpus -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=2000 -print_final_stats=1
