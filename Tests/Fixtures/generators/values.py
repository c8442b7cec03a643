"""Numbers as the fixtures hold them: JSON in which every float is the shortest text that reads back to the same float32."""

import json
import os

import numpy as np
import torch


def f32s(x):
    """Shortest decimal text that reads back to the same float32; -inf becomes null."""
    x = np.float32(x)
    if np.isneginf(x):
        return 'null'
    if not np.isfinite(x):
        raise ValueError('not finite')
    s = str(x)
    return s[:-2] if s.endswith('.0') else s


class Raw(str):
    pass


def arr(a):
    a = np.asarray(a.detach().cpu().float() if isinstance(a, torch.Tensor) else a)
    if a.ndim == 0:
        return Raw(f32s(a))
    if a.ndim == 1:
        return Raw('[' + ','.join(f32s(v) for v in a) + ']')
    return Raw('[' + ','.join(arr(v) for v in a) + ']')


def dumps(o, ind=0):
    if isinstance(o, Raw):
        return str(o)
    if isinstance(o, dict):
        if not o:
            return '{}'
        pad = ' ' * (ind + 1)
        return (
            '{\n'
            + ',\n'.join(pad + json.dumps(k) + ': ' + dumps(v, ind + 1) for k, v in o.items())
            + '\n'
            + ' ' * ind
            + '}'
        )
    if isinstance(o, (list, tuple)):
        if all(isinstance(v, (int, float, str, bool, type(None))) and not isinstance(v, Raw) for v in o):
            return json.dumps(list(o))
        pad = ' ' * (ind + 1)
        return '[\n' + ',\n'.join(pad + dumps(v, ind + 1) for v in o) + '\n' + ' ' * ind + ']'
    if isinstance(o, (np.floating,)):
        return repr(float(o))
    if isinstance(o, (np.integer,)):
        return str(int(o))
    return json.dumps(o)


def write_json(path, o):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    text = dumps(o) + '\n'
    json.loads(text)
    with open(path, 'w', encoding='ascii') as f:
        f.write(text)


def maxabs(a, b):
    return float(np.abs(np.asarray(a, dtype=np.float64) - np.asarray(b, dtype=np.float64)).max())


def made_with():
    import importlib.metadata as md

    return {p: md.version(p) for p in ('torch', 'rwkv', 'transformers', 'tokenizers', 'safetensors', 'numpy')}
