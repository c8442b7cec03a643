"""Models and states that are small enough to be made where a test needs them."""

import struct

from pytorch_file import Tensors, write_pth
from running_host import ROOT

FIXTURES = ROOT / "Tests" / "Fixtures"


def add_byte_model(folder, fixture):
    """A small model of a fixture's generation with a token for each byte, as NAME.pth with its vocabulary."""
    folder.mkdir(exist_ok=True)
    tensors = Tensors(FIXTURES / "models" / fixture / f"{fixture}.pth").load()
    for name in ("emb.weight", "head.weight"):
        (count, width), content = tensors[name]
        tensors[name] = [257, width], (content * (257 // count + 1))[:257 * width * 4]
    write_pth(folder / f"{fixture}.pth", tensors)
    (folder / "rwkv_vocab_v20230424.txt").write_text(
        "".join(f"{byte + 1} {bytes([byte])!r} 1\n" for byte in range(256)))


def add_tuned_state(path):
    """What state tuning leaves of rwkv7-tiny: [heads, values, keys] for each layer."""
    numbers = struct.pack("<512f", *(((7 * number) % 23 - 11) / 4 for number in range(512)))
    write_pth(path, {f"blocks.{layer}.att.time_state": ([2, 16, 16], numbers) for layer in range(3)})
