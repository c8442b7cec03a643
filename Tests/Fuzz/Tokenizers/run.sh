#!/bin/bash
# Builds the tokenizer fuzzer and runs it: Tests/Fuzz/Tokenizers/run.sh [SECONDS | build]
. "$(dirname "$0")/../common.sh" tokenizers "$@"

compile HostTokenizers "$root/Sources/HostTokenizers" HostCore HostFiles
link TokenizerFuzzer "$root/Tests/Fuzz/Tokenizers/TokenizerFuzzer.swift" \
    HostCore.o HostFiles.o HostTokenizers.o

# Seeds: the small vocabulary as a file, single lines of a World file, and texts.
{ printf '\0'; cat "$root/Tests/Fixtures/tokenizers/tiny-strings.json"; } >corpus/file-strings
{ printf '\0'; head -c 1500 "$root/Tests/Fixtures/tokenizers/tiny-pairs.json"; } >corpus/file-cut
printf '\0%s' '{"added_tokens":[{"id":3,"content":"x"}],"normalizer":{"type":"NFC"},"pre_tokenizer":{"type":"ByteLevel"},"model":{"type":"BPE","vocab":{"a":0,"b":1,"ab":2},"merges":[["a","b"]]}}' >corpus/file-small
printf "\0%s\r\n" "1 '\\x00' 1" "2 b'\\xff' 1" "3 \"\\u4f60\" 3" >corpus/file-world
printf '\0{"1": "a", "2": [255]}' >corpus/file-json
for kind in '\1' '\2'; do
    { printf "$kind"; printf 'aabab  a b<|endoftext|> e\xcc\x81\xcc\xa3\xe4\xbd\xa0\r\n it'"'"'s 12\xff'; } >"corpus/text-${kind#?}"
done
fuzz -timeout=10 -max_len=2000
