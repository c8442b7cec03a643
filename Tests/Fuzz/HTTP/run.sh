#!/bin/sh
# Builds the fuzzer for the HTTP parser and the WebSocket reader, and runs it.
# usage: Tests/Fuzz/HTTP/run.sh [SECONDS]     default 60; finds are written into the build folder
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
http="$root/Sources/HostHTTP"
build="$root/.build/fuzz-http"
mkdir -p "$build/corpus"
swiftc -swift-version 6 -O -enforce-exclusivity=unchecked -Xfrontend -disable-availability-checking \
    -enable-upcoming-feature NonisolatedNonsendingByDefault -package-name modelhost -module-name HTTPFuzzer \
    -parse-as-library -sanitize=fuzzer,address "$here/HTTPFuzzer.swift" "$http"/Messages/*.swift "$http"/Parser/*.swift \
    "$http/WebSocket/WebSocketReader.swift" "$http/WebSocket/WebSocketFrame.swift" -o "$build/fuzz"
cd "$build"
exec ./fuzz -max_total_time="${1:-60}" -max_len=1024 -timeout=5 -dict="$here/http.dict" corpus "$here/seeds"
