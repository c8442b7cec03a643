#!/bin/bash
# Builds the fuzzer for the HTTP parser and the WebSocket reader and runs it: Tests/Fuzz/HTTP/run.sh [SECONDS | build]
. "$(dirname "$0")/../common.sh" http "$@"

# Their sources stand for their module: the rest of it needs sockets.
http=$root/Sources/HostHTTP
link HTTPFuzzer "$here/HTTPFuzzer.swift" "$http"/Messages/*.swift "$http"/Parser/*.swift \
    "$http/WebSocket/WebSocketReader.swift" "$http/WebSocket/WebSocketFrame.swift" HostRuntime.o
fuzz -dict="$here/http.dict" -timeout=5 -max_len=1024
