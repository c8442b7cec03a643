#!/bin/bash
# Builds the fuzzer for what a hub sends and for names of repositories and files, and runs it: Tests/Fuzz/Hub/run.sh [SECONDS | build]
. "$(dirname "$0")/../common.sh" hub "$@"

compile HostHTTP "$root/Sources/HostHTTP" HostRuntime
# Its sources stand for the module, so that what it keeps to itself can be called.
link HubFuzzer "$here/HubFuzzer.swift" "$root"/Sources/HostHub/*.swift "$root"/Sources/HostHub/*/*.swift \
    HostCore.o HostFiles.o HostRuntime.o HostHTTP.o
fuzz -dict="$here/hub.dict" -timeout=10 -max_len=4096
