"""Random weights of RWKV-6 and RWKV-7 under BlinkDL's names, of scales at which logits mean something."""

import numpy as np


def weights(generation, layers, width, vocabulary, inner=None, rank=None, head_size=64, seed=1):
    """Names and fp32 arrays whose numbers bf16 holds exactly.

    inner: width of the channel mixing; rank: of all low-rank matrices; by default those of the published models.
    """
    random = np.random.default_rng(seed)
    noise = lambda scale, *shape: bf16(random.standard_normal(shape, np.float32) * np.float32(scale))
    between = lambda low, high, *shape: bf16(random.uniform(low, high, shape))
    inner = inner or (width * 7 // 2 // 32 * 32 if generation == 6 else 4 * width)
    one = (1, 1, width)
    model = {"emb.weight": noise(0.4, vocabulary, width)}

    def norm(name):
        model[f"{name}.weight"], model[f"{name}.bias"] = bf16(1 + noise(0.15, width)), noise(0.1, width)

    def low_rank(prefix, first, second, published):
        inside = rank or published
        model[prefix + first] = noise(0.8 / width**0.5, width, inside)
        model[prefix + second] = noise(0.8 / inside**0.5, inside, width)

    for block in range(layers):
        for name in ("ln1", "ln2", *(["ln0"] if block == 0 else [])):
            norm(f"blocks.{block}.{name}")
        att, ffn = f"blocks.{block}.att.", f"blocks.{block}.ffn."
        if generation == 6:
            for letter in "xwkvrg":
                model[f"{att}time_maa_{letter}"] = between(0, 1, *one)
            inside = rank or (64 if width >= 4096 else 32)
            model[att + "time_maa_w1"] = noise(0.8 / width**0.5, width, 5 * inside)
            model[att + "time_maa_w2"] = noise(0.3 / inside**0.5, 5, inside, width)
            model[att + "time_decay"] = between(-6, 0.3, *one)
            low_rank(att, "time_decay_w1", "time_decay_w2", 128 if width >= 4096 else 64)
            model[att + "time_faaaa"] = between(-0.5, 1.2, width // head_size, head_size)
            model[att + "gate.weight"] = noise(1.5 / width**0.5, width, width)
            model[ffn + "time_maa_k"], model[ffn + "time_maa_r"] = between(0, 1, *one), between(0, 1, *one)
            model[ffn + "receptance.weight"] = noise(1.4 / width**0.5, width, width)
        else:
            for letter in "rwkvag":
                model[f"{att}x_{letter}"] = between(0, 1, *one)
            model[att + "w0"], model[att + "a0"] = between(-6, 1.5, *one), noise(0.6, *one)
            low_rank(att, "w1", "w2", published_rank(1.8, 0.5, width))
            low_rank(att, "a1", "a2", published_rank(1.8, 0.5, width))
            if block > 0:
                model[att + "v0"] = bf16(0.5 + noise(0.6, *one))
                low_rank(att, "v1", "v2", published_rank(1.3, 0.5, width))
            low_rank(att, "g1", "g2", published_rank(0.6, 0.8, width))
            model[att + "k_k"], model[att + "k_a"] = bf16(0.85 + noise(0.1, *one)), bf16(1 + noise(0.1, *one))
            model[att + "r_k"] = noise(0.2, width // head_size, head_size)
            model[ffn + "x_k"] = between(0, 1, *one)
        for name in ("receptance", "key", "value", "output"):
            model[f"{att}{name}.weight"] = noise(0.9 / width**0.5, width, width)
        norm(att + "ln_x")
        model[ffn + "key.weight"] = noise(1 / width**0.5, inner, width)
        model[ffn + "value.weight"] = noise(0.7 / inner**0.5, width, inner)
    norm("ln_out")
    model["head.weight"] = noise(2.2 / width**0.5, vocabulary, width)
    return model


def published_rank(factor, exponent, width):
    return max(1, round(width**exponent * factor / 32)) * 32


def bf16(numbers):
    """Cut to the numbers that bf16 has."""
    bits = np.asarray(numbers, np.float32).view(np.uint32)
    return (bits & np.uint32(0xFFFF0000)).view(np.float32)


def byte_pieces():
    """A World vocabulary of single bytes."""
    return [bytes([byte]) for byte in range(256)]
