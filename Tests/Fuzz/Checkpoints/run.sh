#!/bin/bash
# Builds the checkpoint fuzzer and runs it: Tests/Fuzz/Checkpoints/run.sh [SECONDS | build]
. "$(dirname "$0")/../common.sh" checkpoints "$@"

compile HostCheckpoints "$root/Sources/HostCheckpoints" HostCore HostFiles
link CheckpointFuzzer "$root/Tests/Fuzz/Checkpoints/CheckpointFuzzer.swift" \
    "$root/Tests/Support/CheckpointWriters+Zip.swift" HostCore.o HostFiles.o HostCheckpoints.o

# Seeds: the zoo as whole files, and the pickles, headers and legacy streams inside it.
for file in "$root"/Tests/Fixtures/checkpoints/pth-zoo/*.*; do
    name=$(basename "$file")
    { printf '\0'; cat "$file"; } >"corpus/whole-$name"
    case $name in
    *-legacy.pth) { printf '\3'; tail -c +16 "$file"; } >"corpus/legacy-$name" ;;
    *.pth) { printf '\1'; tail -c +65 "$file"; } >"corpus/pickle-$name" ;;
    *.safetensors) { printf '\2'; tail -c +9 "$file"; } >"corpus/header-$name" ;;
    esac
done
# Models of every generation and a tuned state: whole, and the pickle alone. Of the blocks' tensors those stay that tell the
# generations apart, and each tensor is cut to 6 zeros of as many dimensions.
PYTHONPATH=$root/Tests/Clients python3 - "$root/Tests/Fixtures/models" <<'SEEDS'
import pathlib, sys, zipfile
from pytorch_file import Tensors, write_pth
for name in ["rwkv4-tiny", "rwkv5.0-tiny", "rwkv5.1-tiny", "rwkv5.2-tiny", "rwkv6-tiny", "rwkv7-tiny", "rwkv7-tiny-state"]:
    tensors = Tensors(next(pathlib.Path(sys.argv[1]).glob(f"*/{name}.pth"))).load()
    small = {}
    for tensor, (shape, _) in tensors.items():
        if tensor.startswith("blocks.") and not tensor.startswith("blocks.0.att.") and "time_state" not in tensor:
            continue
        is_vector = len(shape) == 1 or 1 in shape
        small[tensor] = ([1, 1, 6] if is_vector else [1, 2, 3])[-len(shape):], bytes(6 * 4)
    write_pth("seed.pth", small)
    pathlib.Path(f"corpus/whole-{name}").write_bytes(b"\0" + pathlib.Path("seed.pth").read_bytes())
    pathlib.Path(f"corpus/pickle-{name}").write_bytes(b"\1" + zipfile.ZipFile("seed.pth").read("archive/data.pkl"))
SEEDS
rm -f corpus/*manifest.json corpus/*bad-deep*
fuzz -timeout=10 -max_len=16384
