#!/bin/bash
# Builds all fuzzers, then runs each of them, two at a time: Tests/Fuzz/run.sh [SECONDS], by default 30.
# What they find lies in .build/fuzz/NAME. Last line: N passed, N failed.
set -uo pipefail
cd "$(dirname "$0")"
export seconds=${1:-30} logs=$PWD/../../.build/fuzz/logs
rm -rf "$logs"
mkdir -p "$logs"

attempt() { # attempt FUZZER ARGUMENT LOG
    "./$1/run.sh" "$2" >"$3" 2>&1 && return
    echo "$1: failed, the end of its output is:"
    tail -25 "$3"
    touch "$logs/$1.failed"
}
export -f attempt

begin=$SECONDS
# The first build makes the modules that the others share.
attempt JSON build "$logs/JSON.build"
for script in */run.sh; do echo "${script%/run.sh}"; done | grep -v JSON |
    xargs -P 2 -I{} bash -c 'attempt {} build "$logs/{}.build"'
echo "built in $((SECONDS - begin)) s"
for script in */run.sh; do
    name=${script%/run.sh}
    [ -e "$logs/$name.failed" ] || echo "$name"
done | xargs -P 2 -I{} bash -c 'attempt {} "$seconds" "$logs/{}.run"'

good=0
bad=0
for script in */run.sh; do
    name=${script%/run.sh}
    if [ -e "$logs/$name.failed" ]; then
        bad=$((bad + 1))
    else
        good=$((good + 1))
        echo "$name: $(sed -nE 's/^stat::number_of_executed_units: *([0-9]+)$/\1/p' "$logs/$name.run") runs, no finds"
    fi
done
echo "$good passed, $bad failed"
[ "$bad" -eq 0 ]
