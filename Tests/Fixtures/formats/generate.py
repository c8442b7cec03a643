"""Writes the GGUF fixtures of this folder with the writer and the number formats of the package `gguf` (0.19.0, PyPI).

The tensors are those of ../models/rwkv{6,7}-tiny, changed as llama.cpp's converter changes them; the vocabulary is made up.
llama{6,7}.gguf are random models that llama.cpp itself (llama-cpp-python 0.3.36) has written with its quantiser;
llama.json has the logits and token numbers that it gives for them. It needs heads of 64 channels for RWKV-7's.
Usage: python generate.py (needs gguf, numpy and llama-cpp-python).
"""
import collections
import json
import pickle
import sys
import tempfile
import zipfile
from pathlib import Path

import gguf
import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "Benchmarks"))
import llama_peer  # noqa: E402
import random_rwkv  # noqa: E402
import to_gguf  # noqa: E402

VOCABULARY = 320  # rows beyond the model's own are zero


def load_pth(path):
    archive = zipfile.ZipFile(path)
    root = next(n for n in archive.namelist() if n.endswith("/data.pkl"))[: -len("data.pkl")]

    def rebuild(storage, offset, size, stride, *_):
        numbers = np.frombuffer(archive.read(f"{root}data/{storage}"), dtype=np.float32)[offset:]
        return np.lib.stride_tricks.as_strided(numbers, size, [4 * step for step in stride]).copy()

    class Reader(pickle.Unpickler):
        def find_class(self, module, name):
            return {"_rebuild_tensor_v2": rebuild, "OrderedDict": collections.OrderedDict, "FloatStorage": None}[name]

        def persistent_load(self, identifier):
            return identifier[2]

    return Reader(archive.open(root + "data.pkl")).load()


def tokens():
    """All single bytes in an order of their own, then some longer tokens; between the quotes of a bytes literal."""
    pieces = [bytes([(byte * 7 + 3) % 256]) for byte in range(256)]
    pieces += [b"\n\n", b"the", b" the", "\u00e9".encode(), "\u4f60".encode()[:2], b"it's \"so\"", b"\\n", b"\t\r", b"a'b"]
    return pieces


def write(generation, path, dtype="F32", rescale=0):
    model = load_pth(HERE / f"../models/rwkv{generation}-tiny/rwkv{generation}-tiny.pth")
    to_gguf.write(path, generation, model, tokens(), dtype, head_size=16, vocabulary=VOCABULARY, rescale=rescale)


def blocks():
    """Rows of every quantised form, random but for their scales, with the numbers that the package reads from them."""
    random = np.random.default_rng(20230527)
    cases = []
    scales = {"Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q8_0": [0], "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208]}
    for name, places in scales.items():
        kind = gguf.GGMLQuantizationType[name]
        count, size = gguf.GGML_QUANT_SIZES[kind]
        rows = random.integers(0, 256, (2, size), dtype=np.uint8)
        for place in places:
            rows[:, place : place + 2] = random.normal(0, 0.02, (2, 1)).astype(np.float16).view(np.uint8)
        numbers = gguf.quants.dequantize(rows, kind)
        cases.append({"format": name, "count": count, "bytes": rows.tobytes().hex(), "numbers": [float(n) for n in numbers.flatten()]})
    return cases


def llama(generation, dtype, width, inner, head_size):
    """A file by llama.cpp's quantiser, and what llama.cpp makes of the same numbers in fp32.

    In fp32, because it rounds what goes into a product to the weights' format.
    """
    path = HERE / f"llama{generation}.gguf"
    model = random_rwkv.weights(generation, 2, width, 272, inner, rank=4, head_size=head_size, seed=generation)
    with tempfile.TemporaryDirectory() as folder:
        source, twin = Path(folder) / "source.gguf", Path(folder) / "twin.gguf"
        to_gguf.write(source, generation, model, tokens(), head_size=head_size)
        llama_peer.quantize(source, path, dtype, 1)
        llama_peer.quantize(path, twin, "F32", 1)
        peer = llama_peer.Model(twin, 1)
        prompts = [[7], [3, 70, 0, 12, 12, 271, 1, 44, 5], [(31 * (position + 1)) % 272 for position in range(70)]]
        sequences = []
        for prompt in prompts:
            peer.forget()
            sequences.append({"tokens": prompt, "logits": [float(str(number)) for number in peer.logits(prompt)]})
        texts = ["\n\n\n", "the the", "it's \"so\"\\n", "\u00e9\t\r"]
        return {"sequences": sequences, "texts": [{"text": text, "tokens": peer.tokenize(text.encode())} for text in texts]}


write(6, HERE / "rwkv6-tiny.gguf", rescale=1)
write(7, HERE / "rwkv7-tiny.gguf")
write(7, HERE / "rwkv7-tiny-q8_0.gguf", "Q8_0")
write(6, HERE / "rwkv6-tiny-q5_1.gguf", "Q5_1", rescale=1)
answers = {"6": llama(6, "F16", 32, 64, 16), "7": llama(7, "Q4_0", 64, 32, 64)}
(HERE / "llama.json").write_text(json.dumps(answers) + "\n")
(HERE / "tokens.json").write_text(json.dumps([piece.hex() for piece in tokens()]) + "\n")
(HERE / "blocks.json").write_text(json.dumps(blocks()) + "\n")
