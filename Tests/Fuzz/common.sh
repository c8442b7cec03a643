# What the fuzzers' run.sh scripts share; to be sourced, with the name of the fuzzer: . "$(dirname "$0")/../common.sh" NAME [SECONDS]
# Goes into the build folder, where inputs that crash, hang or take much memory are left.
set -euo pipefail
seconds=${2:-60}
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=$root/.build/fuzz-$1
mkdir -p "$build/corpus"
cd "$build"

flags=(-O -swift-version 6 -parse-as-library -package-name modelhost -I . -sanitize=address,fuzzer
    -enable-upcoming-feature ExistentialAny -enable-upcoming-feature InternalImportsByDefault
    -enable-upcoming-feature MemberImportVisibility -enable-upcoming-feature NonisolatedNonsendingByDefault)

# compile MODULE FOLDER: a module of all sources below a folder
compile() {
    find "$2" -name '*.swift' >"$1.files"
    swiftc "${flags[@]}" -wmo -module-name "$1" -emit-module -emit-module-path "$1.swiftmodule" -c -o "$1.o" @"$1.files"
}

# link NAME FILE...: the fuzzer itself
link() {
    local name=$1
    shift
    swiftc "${flags[@]}" -wmo -module-name "$name" "$@" -o fuzzer
}

# fuzz ARGUMENT...: runs it on the corpus
fuzz() { ./fuzzer corpus -max_total_time="$seconds" -print_final_stats=1 "$@"; }
