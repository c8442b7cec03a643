"""What people would use instead of ModelHost: random weights in the files that each of them reads, and how fast it is."""

import json
import os
import pathlib
import statistics
import sys
import time

# By generation: a peer's name, the package that runs it, and the mode or format that it is given.
PEERS = {
    "4": {
        "rwkv pip, cpu fp32": ("rwkv", "cpu fp32"),
        "transformers, fp32": ("transformers", "float32"),
        "transformers, bf16": ("transformers", "bfloat16"),
        "rwkv.cpp F32": ("rwkv.cpp", "F32"),
        "rwkv.cpp F16": ("rwkv.cpp", "F16"),
        "rwkv.cpp Q4_0": ("rwkv.cpp", "Q4_0"),
    },
}
PEERS["6"] = PEERS["7"] = {
    "rwkv pip, cpu fp32": ("rwkv", "cpu fp32"),
    "llama.cpp F32": ("llama.cpp", "F32"),
    "llama.cpp F16": ("llama.cpp", "F16"),
    "llama.cpp BF16": ("llama.cpp", "BF16"),
    "llama.cpp Q8_0": ("llama.cpp", "Q8_0"),
    "llama.cpp Q4_0": ("llama.cpp", "Q4_0"),
}


def write_weights(folder, generation, shape, names):
    """The same random bf16 numbers in every file that one of the named peers reads, with a tokenizer of single bytes."""
    if generation == "4":
        write_four(folder, shape)
        write_rwkv_cpp(folder, formats(generation, names, "rwkv.cpp"))
        return
    kinds = formats(generation, names, "llama.cpp")
    write_later(folder, folder / "BF16.gguf" if kinds else None, "BF16", int(generation), shape)
    if not kinds:
        return
    import llama_peer

    for kind in kinds:
        if kind != "BF16":
            llama_peer.quantize(folder / "BF16.gguf", folder / f"{kind}.gguf", kind, os.cpu_count())


def formats(generation, names, package):
    """The formats in which the named peers give a package its weights."""
    return [kind for one, kind in map(PEERS[generation].get, names) if one == package]


def write_four(folder, shape):
    """RWKV-4 as hf/ and as model.pth."""
    import torch
    from transformers import RwkvConfig, RwkvForCausalLM

    layers, width, vocabulary = map(int, shape.split("x"))
    torch.manual_seed(1)
    config = RwkvConfig(vocab_size=vocabulary, hidden_size=width, num_hidden_layers=layers, context_length=1024)
    model = RwkvForCausalLM(config).to(torch.bfloat16)
    model.save_pretrained(folder / "hf")
    torch.save({original_name(name): tensor for name, tensor in model.state_dict().items()}, folder / "model.pth")
    (folder / "tokenizer.json").write_text(json.dumps(byte_tokenizer(vocabulary)))


def write_rwkv_cpp(folder, kinds):
    """model.pth in the formats of rwkv.cpp; those of blocks come from fp32."""
    if not kinds:
        return
    import rwkv_cpp_peer
    import torch

    tensors = {name: tensor.float().numpy() for name, tensor in torch.load(folder / "model.pth").items()}
    for kind in dict.fromkeys(["F32", *kinds]):
        if kind in rwkv_cpp_peer.QUANTISED:
            rwkv_cpp_peer.quantise(folder / "F32.bin", folder / f"{kind}.bin", kind)
        else:
            rwkv_cpp_peer.write(folder / f"{kind}.bin", tensors, kind == "F16")


def write_later(folder, gguf_path, gguf_format, generation, shape):
    """RWKV-6 or RWKV-7 as model.pth and, where a path is given, as a GGUF file."""
    import random_rwkv
    import torch

    layers, width, vocabulary = map(int, shape.split("x"))
    model = random_rwkv.weights(generation, layers, width, vocabulary)
    torch.save({name: torch.from_numpy(numbers).to(torch.bfloat16) for name, numbers in model.items()}, folder / "model.pth")
    if gguf_path:
        import to_gguf

        to_gguf.write(gguf_path, generation, model, random_rwkv.byte_pieces(), gguf_format)
    (folder / "tokenizer.json").write_text(json.dumps(byte_tokenizer(vocabulary)))


def original_name(name):
    """BlinkDL's name of a tensor of transformers."""
    if name == "head.weight":
        return name
    name = name.removeprefix("rwkv.").replace("embeddings.", "emb.").replace(".pre_ln.", ".ln0.")
    name = name.replace(".attention.", ".att.").replace(".feed_forward.", ".ffn.")
    for part in ("key", "value", "receptance"):
        name = name.replace(f"time_mix_{part}", f"time_mix_{part[0]}")
    return name


def byte_tokenizer(size):
    """A byte-level tokenizer without merges, filled up with tokens that no text has."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    characters = {byte: chr(byte) for byte in printable}
    for position, byte in enumerate(sorted(set(range(256)) - set(printable))):
        characters[byte] = chr(256 + position)
    vocabulary = {characters[byte]: byte + 1 for byte in range(256)}
    vocabulary |= {f"filler {number}": number for number in range(257, size)}
    end = "<|endoftext|>"
    level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    return {
        "version": "1.0",
        "added_tokens": [{
            "id": 0, "content": end, "special": True, "single_word": False, "lstrip": False, "rstrip": False,
            "normalized": False,
        }],
        "normalizer": None, "pre_tokenizer": level, "post_processor": None, "decoder": level,
        "model": {"type": "BPE", "vocab": {end: 0, **vocabulary}, "merges": []},
    }


def run(name, options):
    """Prefill and decode tokens/s of one peer, as its own documentation says to call it."""
    package, mode = PEERS[options.generation][name]
    vocabulary = int(options.shape.split("x")[2])
    prompt = [(7919 * (position + 1)) % vocabulary for position in range(options.prompt)]
    folder = pathlib.Path(options.weights)
    read, step = {"rwkv": rwkv, "transformers": transformers, "llama.cpp": llama, "rwkv.cpp": rwkv_cpp}[package](folder, mode, options)
    prefill = []
    # The first two runs warm up: packages compile or rescale then, and pages of the file come in.
    for _ in range(5):
        start = time.perf_counter()
        read(prompt)
        prefill.append(time.perf_counter() - start)
    decode = []
    for position in range(options.generate + 3):
        start = time.perf_counter()
        step(prompt[position % len(prompt)])
        decode.append(time.perf_counter() - start)
    return {
        "prefill_tokens_per_second": options.prompt / statistics.median(prefill[2:]),
        "decode_tokens_per_second": 1 / statistics.median(decode[3:]),
    }


def llama(folder, mode, options):
    """llama.cpp at its fastest here: the whole prompt in one batch, threads that spin while they wait."""
    # Read when the library is opened.
    os.environ["OMP_WAIT_POLICY"] = "active"
    import llama_peer

    model = llama_peer.Model(folder / f"{mode}.gguf", options.threads, batch=options.prompt)

    def read(tokens):
        model.forget()
        model.logits(tokens)

    return read, lambda token: model.logits([token])


def rwkv_cpp(folder, mode, options):
    """rwkv.cpp, whose last package reads a prompt token by token."""
    import rwkv_cpp_peer

    model = rwkv_cpp_peer.Model(folder / f"{mode}.bin", options.threads)

    def read(tokens):
        model.forget()
        model.logits(tokens)

    return read, lambda token: model.logits([token])


def rwkv(folder, mode, options):
    import torch

    torch.set_num_threads(options.threads)
    os.environ.update(RWKV_JIT_ON="1", RWKV_CUDA_ON="0", RWKV_V7_ON="1" if options.generation == "7" else "0")
    from rwkv.model import RWKV

    with open(os.devnull, "w") as silence:
        stdout, sys.stdout = sys.stdout, silence
        model = RWKV(model=str(folder / "model"), strategy=mode)
        sys.stdout = stdout
    return torch_steps(lambda tokens, state: model.forward(tokens, state))


def transformers(folder, mode, options):
    import torch
    from transformers import RwkvForCausalLM

    torch.set_num_threads(options.threads)
    model = RwkvForCausalLM.from_pretrained(folder / "hf", dtype=getattr(torch, mode)).eval()

    def forward(tokens, state):
        answer = model(input_ids=torch.tensor([tokens]), state=state, use_cache=True)
        return answer.logits[0, -1], answer.state

    return torch_steps(forward)


def torch_steps(forward):
    """Reading anew and writing on, for a package that hands its state out."""
    import torch

    state = None

    def read(tokens):
        nonlocal state
        with torch.inference_mode():
            _, state = forward(list(tokens), None)

    def step(token):
        nonlocal state
        with torch.inference_mode():
            _, state = forward([token], state)

    return read, step
