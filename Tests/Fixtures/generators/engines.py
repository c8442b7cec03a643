"""The reference engines as black boxes: the `rwkv` package for logits, and RWKV-4 in float64 as a check of both."""

import contextlib
import io
import json
import math
import os
import subprocess
import sys

import numpy as np
import torch
from values import Raw, arr, made_with, maxabs, write_json


def f64_rwkv4(w, tokens, eps=1e-5):
    """RWKV-4 in float64, straight from the formulas; returns logits [T,V] and the final ln_out output."""
    w = {k: v.double().numpy() for k, v in w.items()}
    L = 1 + max(int(k.split('.')[1]) for k in w if k.startswith('blocks.'))

    def ln(x, p):
        m = x.mean()
        return (x - m) / math.sqrt(((x - m) ** 2).mean() + eps) * w[p + '.weight'] + w[p + '.bias']

    def sg(x):
        return 1 / (1 + np.exp(-x))

    D = w['emb.weight'].shape[1]
    st = [[np.zeros(D), np.zeros(D), np.zeros(D), np.full(D, -1e30), np.zeros(D)] for _ in range(L)]
    out, hid = [], []
    for tk in tokens:
        x = ln(w['emb.weight'][tk], 'blocks.0.ln0')
        for i in range(L):
            a, f, s = f'blocks.{i}.att.', f'blocks.{i}.ffn.', st[i]
            y = ln(x, f'blocks.{i}.ln1')
            mx = {c: y * w[a + 'time_mix_' + c].ravel() + s[0] * (1 - w[a + 'time_mix_' + c].ravel()) for c in 'kvr'}
            s[0] = y
            r, k, v = (
                sg(w[a + 'receptance.weight'] @ mx['r']),
                w[a + 'key.weight'] @ mx['k'],
                w[a + 'value.weight'] @ mx['v'],
            )
            u = w[a + 'time_first'] + k
            q = np.maximum(s[3], u)
            e1, e2 = np.exp(s[3] - q), np.exp(u - q)
            wkv = (e1 * s[1] + e2 * v) / (e1 * s[2] + e2)
            d = s[3] - np.exp(w[a + 'time_decay'])
            q = np.maximum(d, k)
            e1, e2 = np.exp(d - q), np.exp(k - q)
            s[1], s[2], s[3] = e1 * s[1] + e2 * v, e1 * s[2] + e2, q
            x = x + w[a + 'output.weight'] @ (r * wkv)
            y = ln(x, f'blocks.{i}.ln2')
            mx = {c: y * w[f + 'time_mix_' + c].ravel() + s[4] * (1 - w[f + 'time_mix_' + c].ravel()) for c in 'kr'}
            s[4] = y
            k = np.maximum(w[f + 'key.weight'] @ mx['k'], 0) ** 2
            x = x + sg(w[f + 'receptance.weight'] @ mx['r']) * (w[f + 'value.weight'] @ k)
        h = ln(x, 'ln_out')
        hid.append(h)
        out.append(w['head.weight'] @ h)
    return np.array(out), np.array(hid)


def load_rwkv(path, strategy, v7=False):
    from rwkv.model import RWKV

    p = path[:-4] if path.endswith('.pth') else path
    with contextlib.redirect_stdout(io.StringIO()):
        return RWKV(model=p, strategy=strategy) if v7 else RWKV(model=p, strategy=strategy, verbose=False)


def run_seq(m, toks, full=False, state=None):
    out, st = m.forward(list(toks), state, full_output=full)
    return out.float().numpy().copy(), st


def run_one(m, toks, state=None):
    outs = []
    for t in toks:
        o, state = m.forward([t], state)
        outs.append(o.float().numpy().copy())
    return np.array(outs), state


def state_json(st, per, names):
    out = []
    for i in range(0, len(st), per):
        out.append({n: arr(st[i + j].float()) for j, n in enumerate(names)})
    return out


def sequences(seed, V, lengths):
    r = np.random.default_rng(seed)
    return {f'len{n}': [int(x) for x in r.integers(0, V, n)] for n in lengths}


def package_goldens(path, V, seed, lengths, per, names, strategies, v7=False, full_for=None, state_for=None):
    """Logits from the rwkv package in 'cpu fp32' for several sequences, plus other strategies' last logits."""
    seqs = sequences(seed, V, lengths)
    full_for = full_for or f'len{lengths[1]}'
    state_for = state_for or f'len{lengths[2]}'
    m = load_rwkv(path, 'cpu fp32', v7)
    res = {'sequences': [], 'agreement': {}}
    worst = 0.0
    fp32_last = {}
    for name, toks in seqs.items():
        one, st1 = run_one(m, toks)
        item = {'name': name, 'tokens': toks}
        fp32_last[name] = one[-1]
        if len(toks) > 1:
            seqf, st2 = run_seq(m, toks, True)
            seql, _ = run_seq(m, toks, False)
            worst = max(worst, maxabs(one, seqf), maxabs(one[-1], seql))
            h = max(1, len(toks) * 2 // 5)
            _, st3 = run_seq(m, toks[:h], False)
            chunked, _ = run_seq(m, toks[h:], False, st3)
            worst = max(worst, maxabs(one[-1], chunked))
            if name == full_for:
                item['logits_all_sequence_mode'] = arr(seqf)
            item['last_logits_sequence_mode'] = arr(seql)
        item['last_logits_token_mode'] = arr(one[-1])
        if name == state_for:
            item['final_state_token_mode'] = state_json(st1, per, names)
        res['sequences'].append(item)
    res['agreement']['token_mode_vs_sequence_mode_vs_chunked_max_abs'] = worst
    res['agreement']['logit_min_max'] = [
        float(min(v.min() for v in fp32_last.values())),
        float(max(v.max() for v in fp32_last.values())),
    ]
    other = {}
    for s in strategies:
        ms = load_rwkv(path, s, v7)
        o = {}
        for name in (f'len{lengths[1]}', f'len{lengths[3]}'):
            a, _ = run_one(ms, seqs[name])
            b, _ = run_seq(ms, seqs[name], False)
            o[name] = {
                'last_logits_token_mode': arr(a[-1]),
                'last_logits_sequence_mode': arr(b),
                'max_abs_vs_fp32': maxabs(a[-1], fp32_last[name]),
                'token_vs_sequence_max_abs': maxabs(a[-1], b),
                'argmax_same_as_fp32': bool(a[-1].argmax() == fp32_last[name].argmax()),
            }
        other[s] = o
    res['other_strategies'] = other
    return res, fp32_last, seqs


V4_STATE = ['att_xx', 'att_aa', 'att_bb', 'att_pp', 'ffn_xx']


V5_STATE = ['att_xx', 'att_kv', 'ffn_xx']


def one_gen(
    out,
    name,
    w,
    version,
    seed,
    V,
    D,
    L,
    F,
    N,
    v7=False,
    dtype=None,
    lengths=(1, 7, 24, 70),
    strategies=None,
    env=None,
    extra=None,
    outdir=None,
    state=True,
):
    state_for = None if state else '-'
    d = outdir or os.path.join(out, name)
    os.makedirs(d, exist_ok=True)
    if dtype is not None:
        w = {k: v.to(dtype) for k, v in w.items()}
    path = f'{d}/{name}.pth'
    torch.save(w, path)
    if strategies is None:
        strategies = ['cpu bf16', 'cpu fp16'] if v7 else ['cpu bf16', 'cpu fp16', 'cpu fp32i8']
    if v7:
        # RWKV-7 is switched on by a variable that the package reads when it is imported.
        code = (
            'import json, sys; sys.path.insert(0, %r); import engines\n'
            'g, _, _ = engines.package_goldens(%r, %d, %d, %r, 3, engines.V5_STATE, %r, v7=True, state_for=%r)\n'
            'print("@@" + json.dumps(engines.pack(g)))'
        ) % (os.path.dirname(os.path.abspath(__file__)), path, V, seed + 1, lengths, strategies, state_for)
        e = dict(os.environ, RWKV_V7_ON='1', RWKV_JIT_ON='1', **(env or {}))
        o = subprocess.run([sys.executable, '-c', code], env=e, capture_output=True, text=True)
        if o.returncode:
            raise RuntimeError(o.stderr[-3000:])
        g = unpack(json.loads(o.stdout.split('@@', 1)[1]))
    else:
        g, last, seqs = package_goldens(path, V, seed + 1, lengths, 3, V5_STATE, strategies, state_for=state_for)
    kv = '[H, value, key]' if v7 else '[H, key, value]'
    top = {
        'model': name,
        'version': version,
        'seed': seed,
        'vocab_size': V,
        'n_embd': D,
        'n_layer': L,
        'n_ffn': F,
        'head_size': N,
        'n_head': D // N,
        'made_with': made_with(),
        'state_layout': f'per layer: att_xx [n_embd], att_kv {kv}, ffn_xx [n_embd]',
    }
    top.update(extra or {})
    top.update(g)
    write_json(d + '/golden.json', top)


def pack(o):
    if isinstance(o, Raw):
        return {'@raw': str(o)}
    if isinstance(o, dict):
        return {k: pack(v) for k, v in o.items()}
    if isinstance(o, list):
        return [pack(v) for v in o]
    return o


def unpack(o):
    if isinstance(o, dict):
        return Raw(o['@raw']) if '@raw' in o else {k: unpack(v) for k, v in o.items()}
    if isinstance(o, list):
        return [unpack(v) for v in o]
    return o
