"""Writes the weights of an RWKV-6 or RWKV-7 model as llama.cpp's GGUF, with a World vocabulary inside.

Names, transposes, the fused token shifts and what stays in fp32 are those of llama.cpp's `convert_hf_to_gguf.py`
(classes `Rwkv6Model` and `Rwkv7Model`), which reads Hugging Face folders only; the keys are those that its loader
asks for (`load_arch_hparams` of the two architectures). Needs the packages gguf and numpy.
"""

import gguf
import numpy as np

OUTSIDE = {
    "emb.weight": "token_embd.weight", "head.weight": "output.weight", "ln_out": "output_norm", "blocks.0.ln0": "token_embd_norm",
}
COMMON = {"ln1": "attn_norm", "ln2": "attn_norm_2", "att.ln_x": "time_mix_ln"}
COMMON |= {f"att.{n}": f"time_mix_{n}" for n in ["receptance", "key", "value", "gate", "output"]}
COMMON |= {f"ffn.{n}": f"channel_mix_{n}" for n in ["receptance", "key", "value"]}
SIX = {
    "att.time_maa_x": "time_mix_lerp_x", "att.time_maa_w1": "time_mix_w1", "att.time_maa_w2": "time_mix_w2",
    "att.time_faaaa": "time_mix_first", "att.time_decay": "time_mix_decay", "att.time_decay_w1": "time_mix_decay_w1",
    "att.time_decay_w2": "time_mix_decay_w2", "ffn.time_maa_k": "channel_mix_lerp_k", "ffn.time_maa_r": "channel_mix_lerp_r",
}
SEVEN = {f"att.{n}": f"time_mix_{n}" for n in "w0 w1 w2 a0 a1 a2 v0 v1 v2 g1 g2 k_k k_a r_k".split()}
SEVEN |= {"ffn.x_k": "channel_mix_lerp_k"}
# What llama.cpp keeps in fp32 whatever the file's type, besides all that has one axis; and what it never quantises.
ALWAYS_FP32 = ("lerp_fused", "first", "time_mix_w1", "time_mix_w2", "decay_w1", "decay_w2")
NEVER_BLOCKS = tuple(f"time_mix_{letter}{number}." for letter in "avg" for number in "12")


def write(path, generation, model, pieces, dtype="F32", head_size=64, vocabulary=None, rescale=0):
    """Writes the file.

    model: BlinkDL's names and fp32 arrays; emptied on the way, so that big ones need their memory once.
    pieces: the bytes of the tokens from number 1 on; filled up to vocabulary rows (default: those of the embedding).
    dtype: F32, F16, BF16 or the name of a format of blocks.
    rescale: halve the residual stream every so many layers, as Hugging Face's RWKV-6 asks for; 0 for never.
    """
    layers = 1 + max(int(name.split(".")[1]) for name in model if name.startswith("blocks."))
    rows, width = model["emb.weight"].shape
    writer = gguf.GGUFWriter(path, f"rwkv{generation}")
    add_sizes(writer, generation, model, layers, width, head_size)
    add_vocabulary(writer, pieces, vocabulary or rows)
    if rescale:
        writer.add_rescale_every_n_layers(rescale)
    kind = gguf.GGMLQuantizationType[dtype]
    writer.add_file_type(gguf.LlamaFileType["ALL_F32" if dtype == "F32" else f"MOSTLY_{dtype}"])

    def add(name, numbers):
        numbers = np.ascontiguousarray(numbers, dtype=np.float32)
        is_small = numbers.ndim == 1 or any(part in name for part in ALWAYS_FP32)
        fits = numbers.shape[-1] % gguf.GGML_QUANT_SIZES[kind][0] == 0 and not any(part in name for part in NEVER_BLOCKS)
        if is_small or dtype == "F32":
            writer.add_tensor(name, numbers)
        elif dtype == "F16":
            writer.add_tensor(name, numbers.astype(np.float16))
        elif dtype == "BF16" or fits:
            writer.add_tensor(name, gguf.quants.quantize(numbers, kind), raw_dtype=kind)
        else:
            writer.add_tensor(name, numbers)

    letters = [f"time_maa_{x}" for x in "wkvrg"] if generation == 6 else [f"x_{x}" for x in "rwkvag"]
    for block in range(layers):
        stack = [model.pop(f"blocks.{block}.att.{letter}").reshape(1, 1, width) for letter in letters]
        add(f"blk.{block}.time_mix_lerp_fused.weight", np.stack(stack, axis=0))
    for name in list(model):
        for new, numbers in renamed(name, model.pop(name), generation, rescale):
            if name in ("emb.weight", "head.weight") and vocabulary:
                numbers = np.concatenate([numbers, np.zeros((vocabulary - len(numbers), width), np.float32)])
            add(new, numbers)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def renamed(name, numbers, generation, rescale):
    """llama.cpp's name and form of a tensor; twice where it wants another one besides."""
    stem, last = name.rsplit(".", 1)
    if name in OUTSIDE or stem in OUTSIDE:
        yield OUTSIDE[name] if name in OUTSIDE else f"{OUTSIDE[stem]}.{last}", numbers
        return
    names = COMMON | (SIX if generation == 6 else SEVEN)
    block, part = int(name.split(".")[1]), name.split(".", 2)[2]
    own = part if part in names else part.rsplit(".", 1)[0]
    new = f"blk.{block}.{names[own]}." + ("bias" if part.endswith(".bias") else "weight")
    if own != "att.time_faaaa":
        numbers = numbers.squeeze()
    if generation == 7 and own == "att.r_k":
        numbers = numbers.flatten()
    if own in SIX and own[-3:] in ("_w1", "_w2") or own in SEVEN and own[-1] in "12":
        numbers = numbers.swapaxes(-1, -2)
    if rescale and own in ("att.output", "ffn.value"):
        numbers = numbers / 2 ** (block // rescale)
    if generation == 7 and block == 0:
        # The first layer has no use for v0, v1 and v2, and llama.cpp wants some.
        if own in ("att.v0", "att.v1", "att.v2"):
            return
        if own in ("att.a0", "att.a1", "att.a2"):
            yield new.replace("time_mix_a", "time_mix_v"), numbers
    yield new, numbers


def add_sizes(writer, generation, model, layers, width, head_size):
    """What llama.cpp's loader wants to know beforehand."""
    writer.add_context_length(1048576)
    writer.add_embedding_length(width)
    writer.add_block_count(layers)
    writer.add_layer_norm_eps(1e-5)
    writer.add_wkv_head_size(head_size)
    writer.add_feed_forward_length(model["blocks.0.ffn.key.weight"].shape[0])
    # Asked for and not used.
    writer.add_head_count(0)
    if generation == 6:
        writer.add_time_mix_extra_dim(model["blocks.0.att.time_maa_w1"].shape[1] // 5)
        writer.add_time_decay_extra_dim(model["blocks.0.att.time_decay_w1"].shape[1])
        return
    # The first layer need not have v1.
    ranks = {name: model[f"blocks.{layers - 1}.att.{name}"].shape[1] for name in ("w1", "a1", "v1", "g1")}
    writer.add_decay_lora_rank(ranks["w1"])
    writer.add_iclr_lora_rank(ranks["a1"])
    writer.add_value_residual_mix_lora_rank(ranks["v1"])
    writer.add_gate_lora_rank(ranks["g1"])


def add_vocabulary(writer, pieces, size):
    texts = [b"<s>"] + [repr(piece)[2:-1].encode() for piece in pieces]
    types = [gguf.TokenType.CONTROL] + [gguf.TokenType.NORMAL] * len(pieces)
    for number in range(len(texts), size):
        texts.append(f"[PAD{number}]".encode())
        types.append(gguf.TokenType.UNUSED)
    writer.add_tokenizer_model("rwkv")
    writer.add_token_list(texts)
    writer.add_token_types(types)
    writer.add_chat_template("rwkv-world")
    writer.add_bos_token_id(0)
    writer.add_eos_token_id(0)
    # llama.cpp's converter ends a turn of the World models at two line feeds, token 261.
    writer.add_eot_token_id(261)
