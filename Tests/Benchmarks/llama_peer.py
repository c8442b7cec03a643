"""llama.cpp by its Python package, as little of it as a comparison needs."""

import ctypes
import os

import llama_cpp
import numpy as np


@llama_cpp.llama_log_callback
def _nothing(level, text, data):
    """Its log is long."""


llama_cpp.llama_log_set(_nothing, None)


class Model:
    """A GGUF file, opened on the processor with one sequence."""

    def __init__(self, path, threads, batch=512):
        llama_cpp.llama_backend_init()
        options = llama_cpp.llama_model_default_params()
        options.n_gpu_layers = 0
        self.model = llama_cpp.llama_model_load_from_file(os.fsencode(path), options)
        if not self.model:
            raise SystemExit(f"llama.cpp does not load {path}")
        options = llama_cpp.llama_context_default_params()
        options.n_ctx, options.n_batch, options.n_ubatch = 4096, batch, batch
        options.n_threads = options.n_threads_batch = threads
        self.context = llama_cpp.llama_init_from_model(self.model, options)
        self.vocabulary = llama_cpp.llama_model_get_vocab(self.model)
        self.size = llama_cpp.llama_vocab_n_tokens(self.vocabulary)

    def forget(self):
        llama_cpp.llama_memory_clear(llama_cpp.llama_get_memory(self.context), True)

    def logits(self, tokens):
        """Reads tokens after those before them; the last one's logits."""
        numbers = (llama_cpp.llama_token * len(tokens))(*tokens)
        if llama_cpp.llama_decode(self.context, llama_cpp.llama_batch_get_one(numbers, len(tokens))) != 0:
            raise SystemExit("llama.cpp cannot decode")
        found = llama_cpp.llama_get_logits_ith(self.context, -1)
        return np.ctypeslib.as_array(found, shape=(self.size,)).copy()

    def tokenize(self, text):
        room = (llama_cpp.llama_token * (len(text) + 8))()
        count = llama_cpp.llama_tokenize(self.vocabulary, text, len(text), room, len(room), False, False)
        return list(room[:count])


def quantize(source, target, kind, threads):
    """Writes a file by llama.cpp's own quantiser, as its users do; F32 gives the numbers that another file stands for."""
    options = llama_cpp.llama_model_quantize_default_params()
    options.ftype = getattr(llama_cpp, "LLAMA_FTYPE_ALL_F32" if kind == "F32" else f"LLAMA_FTYPE_MOSTLY_{kind}")
    options.nthread = threads
    options.allow_requantize = True
    code = llama_cpp.llama_model_quantize(os.fsencode(source), os.fsencode(target), ctypes.byref(options))
    if code != 0:
        raise SystemExit(f"llama.cpp does not quantise {source} to {kind}: {code}")
