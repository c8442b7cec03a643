"""Random weights of every generation of RWKV, in realistic scales, under the names of the original files."""

import math

import numpy as np
import torch


def _n(r, *shape, s=1.0):
    return r.standard_normal(shape) * s


def _ln(r, d, w0=1.0):
    return w0 + 0.15 * r.standard_normal(d), 0.1 * r.standard_normal(d)


def _t(a):
    return torch.from_numpy(np.ascontiguousarray(np.asarray(a, dtype=np.float32)))


def rwkv4_weights(seed, V, D, L, F):
    r = np.random.default_rng(seed)
    w = {'emb.weight': _n(r, V, D, s=0.4)}
    for i in range(L):
        b = f'blocks.{i}.'
        for n in ('ln1', 'ln2') + (('ln0',) if i == 0 else ()):
            w[b + n + '.weight'], w[b + n + '.bias'] = _ln(r, D)
        t = i / max(1, L - 1)
        h = np.arange(D) / (D - 1)
        w[b + 'att.time_decay'] = -5.5 + 7.0 * h ** (0.7 + 1.3 * t) + _n(r, D, s=0.3)
        w[b + 'att.time_first'] = math.log(0.3) + ((np.arange(D) + 1) % 3 - 1) * 0.5 + _n(r, D, s=0.4)
        for m in 'kvr':
            w[b + f'att.time_mix_{m}'] = r.uniform(0, 1, (1, 1, D))
        w[b + 'att.key.weight'] = _n(r, D, D, s=1.6 / math.sqrt(D))
        w[b + 'att.value.weight'] = _n(r, D, D, s=1.0 / math.sqrt(D))
        w[b + 'att.receptance.weight'] = _n(r, D, D, s=1.4 / math.sqrt(D))
        w[b + 'att.output.weight'] = _n(r, D, D, s=0.9 / math.sqrt(D))
        for m in 'kr':
            w[b + f'ffn.time_mix_{m}'] = r.uniform(0, 1, (1, 1, D))
        w[b + 'ffn.key.weight'] = _n(r, F, D, s=1.0 / math.sqrt(D))
        w[b + 'ffn.receptance.weight'] = _n(r, D, D, s=1.4 / math.sqrt(D))
        w[b + 'ffn.value.weight'] = _n(r, D, F, s=0.7 / math.sqrt(F))
    w['ln_out.weight'], w['ln_out.bias'] = _ln(r, D)
    w['head.weight'] = _n(r, V, D, s=2.2 / math.sqrt(D))
    return {k: _t(v) for k, v in w.items()}


def rwkv5_weights(seed, V, D, L, F, N, minor):
    """minor 0: no gate, scalar decay and exp'd time_first per head; 1: gate, scalar decay, time_faaaa per head;
    2: gate, decay and time_faaaa per channel."""
    r = np.random.default_rng(seed)
    H = D // N
    w = {'emb.weight': _n(r, V, D, s=0.4)}
    for i in range(L):
        b = f'blocks.{i}.'
        for n in ('ln1', 'ln2') + (('ln0',) if i == 0 else ()):
            w[b + n + '.weight'], w[b + n + '.bias'] = _ln(r, D)
        for m in 'kvr' + ('g' if minor >= 1 else ''):
            w[b + f'att.time_mix_{m}'] = r.uniform(0, 1, (1, 1, D))
        shape = (H, N) if minor == 2 else (H,)
        w[b + 'att.time_decay'] = r.uniform(-6, 0.3, shape)
        if minor == 0:
            w[b + 'att.time_first'] = r.uniform(-3, 0.5, shape)
        else:
            w[b + 'att.time_faaaa'] = r.uniform(-0.5, 1.2, shape)
        w[b + 'att.receptance.weight'] = _n(r, D, D, s=0.9 / math.sqrt(D))
        w[b + 'att.key.weight'] = _n(r, D, D, s=0.9 / math.sqrt(D))
        w[b + 'att.value.weight'] = _n(r, D, D, s=1.0 / math.sqrt(D))
        w[b + 'att.output.weight'] = _n(r, D, D, s=0.9 / math.sqrt(D))
        if minor >= 1:
            w[b + 'att.gate.weight'] = _n(r, D, D, s=1.5 / math.sqrt(D))
        w[b + 'att.ln_x.weight'], w[b + 'att.ln_x.bias'] = _ln(r, D, 0.6)
        for m in 'kr':
            w[b + f'ffn.time_mix_{m}'] = r.uniform(0, 1, (1, 1, D))
        w[b + 'ffn.key.weight'] = _n(r, F, D, s=1.0 / math.sqrt(D))
        w[b + 'ffn.receptance.weight'] = _n(r, D, D, s=1.4 / math.sqrt(D))
        w[b + 'ffn.value.weight'] = _n(r, D, F, s=0.7 / math.sqrt(F))
    w['ln_out.weight'], w['ln_out.bias'] = _ln(r, D)
    w['head.weight'] = _n(r, V, D, s=2.2 / math.sqrt(D))
    return {k: _t(v) for k, v in w.items()}


def rwkv6_weights(seed, V, D, L, F, N, mix=8, dec=12):
    r = np.random.default_rng(seed)
    H = D // N
    w = {'emb.weight': _n(r, V, D, s=0.4)}
    for i in range(L):
        b = f'blocks.{i}.'
        for n in ('ln1', 'ln2') + (('ln0',) if i == 0 else ()):
            w[b + n + '.weight'], w[b + n + '.bias'] = _ln(r, D)
        for m in 'xwkvrg':
            w[b + f'att.time_maa_{m}'] = r.uniform(0, 1, (1, 1, D))
        w[b + 'att.time_maa_w1'] = _n(r, D, 5 * mix, s=0.8 / math.sqrt(D))
        w[b + 'att.time_maa_w2'] = _n(r, 5, mix, D, s=0.3 / math.sqrt(mix))
        w[b + 'att.time_decay'] = r.uniform(-6, 0.3, (1, 1, D))
        w[b + 'att.time_decay_w1'] = _n(r, D, dec, s=0.8 / math.sqrt(D))
        w[b + 'att.time_decay_w2'] = _n(r, dec, D, s=0.6 / math.sqrt(dec))
        w[b + 'att.time_faaaa'] = r.uniform(-0.5, 1.2, (H, N))
        w[b + 'att.receptance.weight'] = _n(r, D, D, s=0.9 / math.sqrt(D))
        w[b + 'att.key.weight'] = _n(r, D, D, s=0.9 / math.sqrt(D))
        w[b + 'att.value.weight'] = _n(r, D, D, s=1.0 / math.sqrt(D))
        w[b + 'att.output.weight'] = _n(r, D, D, s=0.9 / math.sqrt(D))
        w[b + 'att.gate.weight'] = _n(r, D, D, s=1.5 / math.sqrt(D))
        w[b + 'att.ln_x.weight'], w[b + 'att.ln_x.bias'] = _ln(r, D, 0.6)
        for m in 'kr':
            w[b + f'ffn.time_maa_{m}'] = r.uniform(0, 1, (1, 1, D))
        w[b + 'ffn.key.weight'] = _n(r, F, D, s=1.0 / math.sqrt(D))
        w[b + 'ffn.receptance.weight'] = _n(r, D, D, s=1.4 / math.sqrt(D))
        w[b + 'ffn.value.weight'] = _n(r, D, F, s=0.7 / math.sqrt(F))
    w['ln_out.weight'], w['ln_out.bias'] = _ln(r, D)
    w['head.weight'] = _n(r, V, D, s=2.2 / math.sqrt(D))
    return {k: _t(v) for k, v in w.items()}


def rwkv7_weights(seed, V, D, L, F, N, rw=8, ra=8, rv=6, rg=12, deep_embed=False):
    r = np.random.default_rng(seed)
    H = D // N
    w = {'emb.weight': _n(r, V, D, s=0.4)}
    for i in range(L):
        b = f'blocks.{i}.'
        for n in ('ln1', 'ln2') + (('ln0',) if i == 0 else ()):
            w[b + n + '.weight'], w[b + n + '.bias'] = _ln(r, D)
        for m in 'rwkvag':
            w[b + f'att.x_{m}'] = r.uniform(0, 1, (1, 1, D))
        w[b + 'att.w0'] = r.uniform(-6, 1.5, (1, 1, D))
        w[b + 'att.w1'] = _n(r, D, rw, s=0.8 / math.sqrt(D))
        w[b + 'att.w2'] = _n(r, rw, D, s=0.8 / math.sqrt(rw))
        w[b + 'att.a0'] = _n(r, 1, 1, D, s=0.6)
        w[b + 'att.a1'] = _n(r, D, ra, s=0.8 / math.sqrt(D))
        w[b + 'att.a2'] = _n(r, ra, D, s=0.8 / math.sqrt(ra))
        if i > 0:  # real files from newer trainers have no v0/v1/v2 in block 0
            w[b + 'att.v0'] = 0.5 + _n(r, 1, 1, D, s=0.6)
            w[b + 'att.v1'] = _n(r, D, rv, s=0.8 / math.sqrt(D))
            w[b + 'att.v2'] = _n(r, rv, D, s=0.8 / math.sqrt(rv))
        w[b + 'att.g1'] = _n(r, D, rg, s=1.0 / math.sqrt(D))
        w[b + 'att.g2'] = _n(r, rg, D, s=1.6 / math.sqrt(rg))
        w[b + 'att.k_k'] = 0.85 + _n(r, 1, 1, D, s=0.1)
        w[b + 'att.k_a'] = 1.0 + _n(r, 1, 1, D, s=0.1)
        w[b + 'att.r_k'] = _n(r, H, N, s=0.2)
        w[b + 'att.receptance.weight'] = _n(r, D, D, s=0.9 / math.sqrt(D))
        w[b + 'att.key.weight'] = _n(r, D, D, s=0.9 / math.sqrt(D))
        w[b + 'att.value.weight'] = _n(r, D, D, s=1.0 / math.sqrt(D))
        w[b + 'att.output.weight'] = _n(r, D, D, s=0.9 / math.sqrt(D))
        w[b + 'att.ln_x.weight'], w[b + 'att.ln_x.bias'] = _ln(r, D, 0.6)
        w[b + 'ffn.x_k'] = r.uniform(0, 1, (1, 1, D))
        w[b + 'ffn.key.weight'] = _n(r, F, D, s=1.0 / math.sqrt(D))
        w[b + 'ffn.value.weight'] = _n(r, D, F, s=0.7 / math.sqrt(F))
        if deep_embed:
            w[b + 'ffn.s_emb.weight'] = _n(r, V, 1024, s=0.1)
            w[b + 'ffn.s_emb_x.weight'] = _n(r, 1024, D, s=0.1 / math.sqrt(D))
            w[b + 'ffn.s0'] = 1 + _n(r, 1, 1, F, s=0.1)
            w[b + 'ffn.s1'] = _n(r, D, 32, s=1 / math.sqrt(D))
            w[b + 'ffn.s2'] = _n(r, 32, F, s=0.3 / math.sqrt(32))
    w['ln_out.weight'], w['ln_out.bias'] = _ln(r, D)
    w['head.weight'] = _n(r, V, D, s=2.2 / math.sqrt(D))
    return {k: _t(v) for k, v in w.items()}
