"""samplers/: logits before and after the processors of transformers and the `rwkv` package."""

import os

import numpy as np
import torch
from values import arr, made_with, write_json


def logit_sets(seed):
    r = np.random.default_rng(seed)
    s = {
        'flat8': np.zeros(8),
        'ramp8': np.arange(8) * 0.5,
        'peaked8': np.array([0.1, 9.0, -3, 2.5, 2.4, -8, 0.0, 1.0]),
        'ties8': np.array([1.0, 3.0, 3.0, -1.0, 3.0, 0.0, 1.0, -2.0]),
        'normal16': r.standard_normal(16) * 2,
        'normal64': r.standard_normal(64) * 3,
        'twolevel12': np.array([5.0] * 3 + [0.0] * 9),
        'big5': np.array([1000.0, 999.0, 998.5, -1000.0, 0.0]),
        'with_neg_inf6': np.array([1.0, -np.inf, 2.0, 0.5, -np.inf, 1.5]),
    }
    return {k: torch.tensor(v, dtype=torch.float32) for k, v in s.items()}


def sampler_file(path, seed, only=None):
    from transformers.generation import logits_process as LP

    sets = logit_sets(seed)
    if only:
        sets = {k: v for k, v in sets.items() if k in only}
    r = np.random.default_rng(seed + 1)
    cases = []

    def add(proc, params, fn, logits, ids=None):
        inp = torch.tensor([ids], dtype=torch.long) if ids is not None else torch.zeros((1, 1), dtype=torch.long)
        o = fn(inp, logits.clone()[None])[0].float()
        c = {'processor': proc, 'params': params}
        if ids is not None:
            c['input_ids'] = ids
        c['logits'], c['expected_logits'] = arr(logits), arr(o)
        c['expected_probs'] = arr(torch.softmax(o, -1)) if torch.isfinite(o).any() else None
        if ids is None and splits_a_tie(logits, o):
            c['splits_a_tie'] = True
        cases.append(c)

    for lg in sets.values():
        V = len(lg)
        for t in (0.1, 0.7, 1.0, 1.5, 5.0):
            add('temperature', {'temperature': t}, LP.TemperatureLogitsWarper(t), lg)
        for k in (1, 2, 3, 5, V, V + 10):
            add('top_k', {'top_k': k}, LP.TopKLogitsWarper(k), lg)
        add('top_k', {'top_k': 1, 'min_tokens_to_keep': 2}, LP.TopKLogitsWarper(1, min_tokens_to_keep=2), lg)
        for p in (0.0, 0.1, 0.5, 0.9, 0.99, 1.0):
            add('top_p', {'top_p': p}, LP.TopPLogitsWarper(p), lg)
        add('top_p', {'top_p': 0.1, 'min_tokens_to_keep': 3}, LP.TopPLogitsWarper(0.1, min_tokens_to_keep=3), lg)
        for p in (0.0, 0.05, 0.2, 0.6, 1.0):
            add('min_p', {'min_p': p}, LP.MinPLogitsWarper(p), lg)
        for m in (0.1, 0.2, 0.5, 0.9, 0.95):
            add('typical_p', {'typical_p': m}, LP.TypicalLogitsWarper(m), lg)
        for e in (3e-4, 0.02, 0.1, 0.4):
            add('epsilon_cutoff', {'epsilon_cutoff': e}, LP.EpsilonLogitsWarper(e), lg)
        for e in (3e-4, 0.02, 0.1, 0.4):
            add('eta_cutoff', {'eta_cutoff': e}, LP.EtaLogitsWarper(e), lg)
        ids = [int(x) for x in r.integers(0, V, 6)]
        for p in (1.0, 1.1, 1.3, 2.0, 0.8):
            add('repetition_penalty', {'repetition_penalty': p}, LP.RepetitionPenaltyLogitsProcessor(p), lg, ids)
        add(
            'encoder_repetition_penalty',
            {'encoder_repetition_penalty': 1.3, 'note': 'input_ids here are the prompt'},
            lambda i, s, _ids=ids: LP.EncoderRepetitionPenaltyLogitsProcessor(1.3, torch.tensor([_ids]))(i, s),
            lg,
            ids,
        )
        # tail-free and top-a have no transformers class: from their definitions
        for z in (0.0, 0.3, 0.7, 0.95, 0.99):  # at 1 the running share's rounding decides: treat z >= 1 as off
            if V > 2:
                add('tfs', {'tfs': z}, lambda i, s, z=z: tfs(s, z), lg)
        for a in (0.0, 0.1, 0.2, 0.5, 1.0):
            add('top_a', {'top_a': a}, lambda i, s, a=a: top_a(s, a), lg)
    for n in (1, 2, 3, 4):
        for ids in ([0, 1, 2, 3, 0, 1, 2], [5, 5, 5, 5], [1, 2, 1, 2, 1], [7], [], [0, 1, 2, 0, 1, 3, 0, 1]):
            if not ids:
                continue
            add(
                'no_repeat_ngram_size',
                {'no_repeat_ngram_size': n},
                LP.NoRepeatNGramLogitsProcessor(n),
                sets['ramp8'],
                ids,
            )
    for name in [n for n in ('normal16', 'normal64', 'peaked8') if n in sets]:
        lg = sets[name]
        ids = [int(x) for x in r.integers(0, len(lg), 9)]
        chain = [('repetition_penalty', 1.15), ('temperature', 0.7), ('top_k', 12), ('top_p', 0.85), ('typical_p', 0.9)]
        x = lg.clone()[None]
        for k, v in chain:
            x = {
                'repetition_penalty': LP.RepetitionPenaltyLogitsProcessor,
                'temperature': LP.TemperatureLogitsWarper,
                'top_k': LP.TopKLogitsWarper,
                'top_p': LP.TopPLogitsWarper,
                'typical_p': LP.TypicalLogitsWarper,
            }[k](v)(torch.tensor([ids]), x)
        cases.append(
            {
                'processor': 'chain',
                'params': {'steps': [[k, v] for k, v in chain]},
                'input_ids': ids,
                'logits': arr(lg),
                'expected_logits': arr(x[0]),
                'expected_probs': arr(torch.softmax(x[0], -1)),
            }
        )
    # rwkv package: the distribution that sample_logits draws from
    from rwkv.utils import PIPELINE

    p = PIPELINE.__new__(PIPELINE)
    pk = []
    orig = np.random.choice
    for name, lg in sets.items():
        for t, tp, tk in (
            (1.0, 0.85, 0),
            (1.0, 0.0, 0),
            (1.0, 0.5, 0),
            (0.7, 0.9, 0),
            (2.0, 0.3, 0),
            (1.0, 1.0, 0),
            (0, 0.9, 0),
            (1.2, 0.5, 2),
            (0.5, 1.0, 3),
            (1.0, 0.99, 5),
            (1.0, 0.999, 1),
        ):
            got = {}

            def fake(a, p):
                got['p'] = np.array(p, dtype=np.float32)
                return int(np.argmax(p))

            np.random.choice = fake
            try:
                p.sample_logits(lg.clone(), temperature=t, top_p=tp, top_k=tk)
            finally:
                np.random.choice = orig
            pk.append(
                {
                    'logits_set': name,
                    'temperature': t,
                    'top_p': tp,
                    'top_k': tk,
                    'logits': arr(lg),
                    'probabilities': arr(got['p']),
                }
            )
            if splits_a_tie(
                lg, torch.where(torch.tensor(got['p']) > 0, torch.tensor(0.0), torch.tensor(-float('inf')))
            ):
                pk[-1]['splits_a_tie'] = True
    # top_p = 1 with a cumulative sum that never reaches 1 in float32: the package then keeps only the best token
    lg = None
    for s in range(4000):
        c = torch.tensor(np.random.default_rng(70000 + s).standard_normal(50) * 3, dtype=torch.float32)
        q = torch.softmax(c, -1).numpy()
        if not (np.cumsum(np.sort(q)[::-1]) >= 1.0).any():
            lg = c
            break
    got = {}
    np.random.choice = lambda a, p: (got.update(p=np.array(p, dtype=np.float32)), int(np.argmax(p)))[1]
    p.sample_logits(lg.clone(), temperature=1.0, top_p=1.0, top_k=0)
    np.random.choice = orig
    pk.append(
        {
            'logits_set': 'quirk',
            'note': 'float32 cumulative sum stops short of 1.0, so top_p=1 finds no cutoff index, argmax of all-False is 0, and only the best token is kept: a reference quirk, not to copy',
            'temperature': 1.0,
            'top_p': 1.0,
            'top_k': 0,
            'logits': arr(lg),
            'probabilities': arr(got['p']),
        }
    )
    write_json(
        path,
        {
            'made_with': made_with(),
            'note': 'null in logits or expected_logits is -infinity; expected_probs is the softmax of expected_logits; splits_a_tie: some of several equal logits were filtered, which ones depends on the reference sort, so compare the sorted kept values only (or keep the lower ids, and say so)',
            'warpers': cases,
            'rwkv_package_sample_logits': pk,
        },
    )
    return len(cases), len(pk)


def tfs(scores, z):
    """Tail-free: rank by probability; curvature = |second difference| of the ranked probabilities, as shares of its sum;
    a rank is dropped once the running share passes z (rank 0 always stays, the last rank always goes)."""
    v = scores[0].numpy()
    rank = np.argsort(-v, kind='stable')
    p = torch.softmax(scores[0], -1).numpy()[rank]
    slope = p[1:] - p[:-1]
    curve = np.abs(slope[1:] - slope[:-1])
    with np.errstate(invalid='ignore'):
        share = np.cumsum(curve / curve.sum())
    keep = (
        len(v) - 1 - int((share > z).sum())
    )  # a flat distribution has no curvature: 0/0 passes nothing, all but the last stay
    out = np.full_like(v, -np.inf)
    out[rank[:keep]] = v[rank[:keep]]
    return torch.from_numpy(out)[None]


def top_a(scores, a):
    p = torch.softmax(scores, -1)
    bar = a * float(p.max()) ** 2
    return torch.where(p < bar, torch.tensor(-float('inf')), scores)


def splits_a_tie(before, after):
    """True where some, not all, of several equal logits were filtered: which ones depends on the sort."""
    b, k = before.numpy(), np.isfinite(after.numpy())
    return any(len(set(k[b == x])) == 2 for x in set(b[np.isfinite(b)].tolist()))


def section_samplers(out):
    print('sampler cases', sampler_file(os.path.join(out, 'samplers', 'samplers-golden.json'), 9101))
