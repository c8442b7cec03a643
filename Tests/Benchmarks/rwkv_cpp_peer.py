"""rwkv.cpp by its last package, as little of it as a comparison needs: RWKV-4, one token at a time.

The package's own wrapper is left aside: it holds numbers in torch tensors, which costs time that rwkv.cpp does not take.
"""

import ctypes
import importlib.util
import os
import pathlib
import struct

import numpy as np

MAGIC, VERSION = 0x67676D66, 100
# What rwkv_quantize_model_file calls its formats.
QUANTISED = {"Q4_0": 2, "Q4_1": 3}


def library():
    package = importlib.util.find_spec("rwkv_cpp")
    found = next(pathlib.Path(package.origin).parent.rglob("librwkv.so"), None) if package else None
    if not found:
        raise SystemExit("the package rwkv-cpp has no librwkv.so")
    lib = ctypes.CDLL(str(found))
    lib.rwkv_init_from_file.argtypes, lib.rwkv_init_from_file.restype = [ctypes.c_char_p, ctypes.c_uint32], ctypes.c_void_p
    for name in ("rwkv_get_state_buffer_element_count", "rwkv_get_logits_buffer_element_count"):
        getattr(lib, name).argtypes, getattr(lib, name).restype = [ctypes.c_void_p], ctypes.c_uint32
    lib.rwkv_eval.argtypes = [ctypes.c_void_p, ctypes.c_int32] + 3 * [ctypes.c_void_p]
    lib.rwkv_eval.restype = ctypes.c_bool
    lib.rwkv_quantize_model_file.argtypes = [ctypes.c_char_p, ctypes.c_char_p, ctypes.c_uint32]
    lib.rwkv_quantize_model_file.restype = ctypes.c_bool
    return lib


class Model:
    """A file of rwkv.cpp with one state."""

    def __init__(self, path, threads):
        self.library = library()
        self.context = self.library.rwkv_init_from_file(os.fsencode(path), threads)
        if not self.context:
            raise SystemExit(f"rwkv.cpp does not load {path}")
        self.state = np.empty(self.library.rwkv_get_state_buffer_element_count(self.context), np.float32)
        self.found = np.empty(self.library.rwkv_get_logits_buffer_element_count(self.context), np.float32)
        self.is_new = True

    def forget(self):
        self.is_new = True

    def logits(self, tokens):
        """Reads tokens after those before them; the last one's logits, which hold until the next call."""
        for token in tokens:
            before = None if self.is_new else self.state.ctypes.data
            if not self.library.rwkv_eval(self.context, token, before, self.state.ctypes.data, self.found.ctypes.data):
                raise SystemExit("rwkv.cpp cannot go on")
            self.is_new = False
        return self.found


def write(path, tensors, is_half):
    """Writes BlinkDL's tensors of RWKV-4, names and fp32 arrays, in the package's format of April 2023."""
    rows, width = tensors["emb.weight"].shape
    layers = 1 + max(int(name.split(".")[1]) for name in tensors if name.startswith("blocks."))
    with open(path, "wb") as out:
        out.write(struct.pack("=6i", MAGIC, VERSION, rows, width, layers, int(is_half)))
        for name, numbers in tensors.items():
            if ".time_" in name:
                numbers = numbers.squeeze()
            if ".time_decay" in name:
                numbers = -np.exp(numbers)
            halves = is_half and numbers.ndim > 1
            out.write(struct.pack("=3i", numbers.ndim, len(name), int(halves)))
            out.write(struct.pack(f"={numbers.ndim}i", *reversed(numbers.shape)) + name.encode())
            np.ascontiguousarray(numbers, np.float16 if halves else np.float32).tofile(out)


def quantise(source, target, kind):
    """Writes a file by rwkv.cpp's own quantiser, which is loud on standard output."""
    if not library().rwkv_quantize_model_file(os.fsencode(source), os.fsencode(target), QUANTISED[kind]):
        raise SystemExit(f"rwkv.cpp does not quantise {source} to {kind}")
