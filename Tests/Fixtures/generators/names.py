"""The same weights under the names of Hugging Face's formats, and transformers' own RWKV-4."""

import re

import numpy as np
import torch


def to_hf4(w):
    out = {}
    for k, v in w.items():
        n = k.replace('emb.', 'embeddings.') if k.startswith('emb.') else k
        n = n.replace('blocks.0.ln0', 'blocks.0.pre_ln')
        n = re.sub(r'^(blocks\.\d+)\.att\.', r'\1.attention.', n)
        n = re.sub(r'^(blocks\.\d+)\.ffn\.', r'\1.feed_forward.', n)
        for a, b in (('_k', '_key'), ('_v', '_value'), ('_r', '_receptance')):
            if n.endswith('time_mix' + a):
                n = n[: -len(a)] + b
        out[n if n == 'head.weight' else 'rwkv.' + n] = v
    return out


def hf4_model(w, F, **kw):
    from transformers import RwkvConfig, RwkvForCausalLM

    V, D = w['emb.weight'].shape
    L = 1 + max(int(k.split('.')[1]) for k in w if k.startswith('blocks.'))
    cfg = RwkvConfig(
        vocab_size=V,
        hidden_size=D,
        num_hidden_layers=L,
        intermediate_size=F if F != 4 * D else None,
        context_length=1024,
        **kw,
    )
    m = RwkvForCausalLM(cfg)
    missing, unexpected = m.load_state_dict({k: v.clone() for k, v in to_hf4(w).items()}, strict=True)
    assert not missing and not unexpected
    return m


def hf4_logits(m, toks):
    m.eval()
    with torch.no_grad():
        o = m(torch.tensor([toks]), use_cache=True)
        seq = o.logits[0].numpy().copy()
        hid = m.rwkv(torch.tensor([toks])).last_hidden_state[0].numpy().copy()
        st, one = None, []
        for t in toks:
            q = m(torch.tensor([[t]]), state=st, use_cache=True)
            st = q.state
            one.append(q.logits[0, -1].numpy().copy())
    return seq, np.array(one), hid, st


def to_hf56(w):
    out = {}
    for k, v in w.items():
        n = k.replace('emb.', 'embeddings.') if k.startswith('emb.') else k
        n = n.replace('blocks.0.ln0', 'blocks.0.pre_ln')
        n = re.sub(r'^(blocks\.\d+)\.att\.', r'\1.attention.', n)
        n = re.sub(r'^(blocks\.\d+)\.ffn\.', r'\1.feed_forward.', n)
        for a, b in (('_k', '_key'), ('_v', '_value'), ('_r', '_receptance'), ('_g', '_gate')):
            if n.endswith('time_mix' + a):
                n = n[: -len(a)] + b
        out[n if n == 'head.weight' else 'rwkv.' + n] = v.contiguous()
    return out


def to_fla7(w):
    out = {}
    for k, v in w.items():
        if re.match(r'blocks\.0\.att\.v[012]$', k):
            continue
        top = {
            'emb.weight': 'model.embeddings.weight',
            'ln_out.weight': 'model.norm.weight',
            'ln_out.bias': 'model.norm.bias',
            'head.weight': 'lm_head.weight',
        }
        if k in top:
            out[top[k]] = v
            continue
        p = k.split('.')
        p[0] = 'model.layers'
        p[2] = {'att': 'attn', 'ffn': 'ffn', 'ln0': 'pre_norm', 'ln1': 'attn_norm', 'ln2': 'ffn_norm'}[p[2]]
        if p[2] == 'attn':
            m = re.match(r'([wvag])([012])$', p[3])
            if m:
                p[3] = f'{m.group(1)}_lora.lora.' + {'0': '2.bias', '1': '0.weight', '2': '2.weight'}[m.group(2)]
                v = v.reshape(-1) if m.group(2) == '0' else v.t()
            else:
                p[3] = {
                    'receptance': 'r_proj',
                    'key': 'k_proj',
                    'value': 'v_proj',
                    'output': 'o_proj',
                    'ln_x': 'g_norm',
                }.get(p[3], p[3])
                if p[3] in ('k_k', 'k_a'):
                    v = v.reshape(-1)
        elif p[2] == 'ffn' and p[3] == 'x_k':
            v = v.reshape(-1)
        out['.'.join(p)] = v.contiguous()
    return out
