# What the fuzzers' run.sh scripts share; to be sourced: . "$(dirname "$0")/../common.sh" NAME [SECONDS | build]
# Goes into .build/fuzz/NAME, where inputs that crash, hang or take much memory are left. The corpus there is kept from run to
# run; what is committed as seeds beside the script is read, too. Modules are built once for all fuzzers, and the modules that
# most of them stand on, HostCore, HostFiles and HostRuntime, are built here.
set -euo pipefail
seconds=${2:-60}
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
modules=$root/.build/fuzz/modules
build=$root/.build/fuzz/$1
mkdir -p "$modules" "$build/corpus"
cd "$build"

flags=(-O -swift-version 6 -parse-as-library -package-name modelhost -I "$modules" -I "$root/Sources/CSystem"
    -sanitize=address,fuzzer
    -enable-upcoming-feature ExistentialAny -enable-upcoming-feature InternalImportsByDefault
    -enable-upcoming-feature MemberImportVisibility -enable-upcoming-feature NonisolatedNonsendingByDefault)

# is_fresh OUTPUT FILE...: whether nothing has changed since it was built
is_fresh() {
    local output=$1 file
    shift
    for file in "$@" "${BASH_SOURCE[0]}"; do
        [ "$output" -nt "$file" ] || return 1
    done
}

# compile MODULE FOLDER IMPORT...: a module of all sources below a folder, which may import modules compiled before it.
# Fuzzers that are built side by side take turns at a module.
compile() {
    exec 9>"$modules/$1.lock"
    flock 9
    compile_alone "$@"
    exec 9>&-
}

compile_alone() {
    local list=$modules/$1.files object=$modules/$1.o import
    find "$2" -name '*.swift' | sort >"$list.new"
    for import in "${@:3}"; do echo "$modules/$import.swiftmodule" >>"$list.new"; done
    if cmp -s "$list.new" "$list" && xargs -d '\n' -a "$list" bash -c '
        object=$0; for file; do [ "$object" -nt "$file" ] || exit 1; done' "$object"; then
        return
    fi
    mv "$list.new" "$list"
    grep '\.swift$' "$list" >"$list.sources"
    swiftc "${flags[@]}" -wmo -module-name "$1" -emit-module -emit-module-path "$modules/$1.swiftmodule" -c -o "$object" \
        @"$list.sources"
}

# link NAME FILE...: the fuzzer itself; an object file is that of a module
link() {
    local name=$1 inputs=() file
    shift
    for file in "$@"; do
        case $file in
        *.o) inputs+=("$modules/$file") ;;
        *) inputs+=("$file") ;;
        esac
    done
    is_fresh fuzzer "${inputs[@]}" || swiftc "${flags[@]}" -wmo -module-name "$name" "${inputs[@]}" -o fuzzer
}

compile HostCore "$root/Sources/HostCore"
compile HostFiles "$root/Sources/HostFiles" HostCore
compile HostRuntime "$root/Sources/HostRuntime"

# The runtime's own report of a crash gets in the way of the sanitizer's.
export SWIFT_BACKTRACE=enable=no

# fuzz ARGUMENT...: runs it on corpus and seeds
fuzz() {
    [ "$seconds" = build ] && return
    local folders=(corpus)
    [ -d "$here/seeds" ] && folders+=("$here/seeds")
    ./fuzzer "${folders[@]}" -max_total_time="$seconds" -print_final_stats=1 -rss_limit_mb=2048 "$@"
}
