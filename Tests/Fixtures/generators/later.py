"""models/rwkv5* to rwkv7*: the later generations as `.pth` and as Hugging Face folders."""

import json
import os
import shutil

import numpy as np
import torch
from engines import V5_STATE, one_gen, package_goldens
from names import to_fla7, to_hf56
from values import write_json
from weights import _n, _t, rwkv5_weights, rwkv6_weights, rwkv7_weights


def section_rwkv5(out):
    for minor, V, D, L, F, N, seed in (
        (0, 48, 24, 2, 80, 8, 5001),
        (1, 48, 24, 2, 80, 12, 5101),
        (2, 64, 32, 2, 96, 16, 5201),
    ):
        one_gen(
            out, f'rwkv5.{minor}-tiny', rwkv5_weights(seed, V, D, L, F, N, minor), 5 + minor / 10, seed, V, D, L, F, N
        )


def section_rwkv6(out):
    V, D, L, F, N, seed = 64, 32, 2, 96, 16, 6001
    one_gen(out, 'rwkv6-tiny', rwkv6_weights(seed, V, D, L, F, N), 6.0, seed, V, D, L, F, N)
    # state tuning: the same model with a learned initial state in the file
    w = rwkv6_weights(seed, V, D, L, F, N)
    r = np.random.default_rng(seed + 9)
    for i in range(L):
        w[f'blocks.{i}.att.time_state'] = _t(_n(r, D // N, N, N, s=0.4))
    p = os.path.join(out, 'rwkv6-tiny', 'tmp-state.pth')
    torch.save(w, p)
    g, last, _ = package_goldens(p, V, seed + 1, (1, 7, 24, 70), 3, V5_STATE, [])
    os.remove(p)
    torch.save(
        {k: v for k, v in w.items() if 'time_state' in k}, os.path.join(out, 'rwkv6-tiny', 'rwkv6-tiny-state.pth')
    )
    write_json(
        os.path.join(out, 'rwkv6-tiny', 'golden-time-state.json'),
        {
            'note': 'rwkv6-tiny.pth plus the blocks.N.att.time_state tensors of rwkv6-tiny-state.pth ([H, value, key]; transposed to [H, key, value] on load)',
            'sequences': [{k: s[k] for k in ('name', 'tokens', 'last_logits_token_mode')} for s in g['sequences']],
        },
    )


def section_rwkv7(out):
    V, D, L, F, N, seed = 64, 32, 3, 128, 16, 7001
    one_gen(out, 'rwkv7-tiny', rwkv7_weights(seed, V, D, L, F, N), 7.0, seed, V, D, L, F, N, v7=True)
    V, D, L, F, N, seed = 24, 16, 2, 64, 8, 7101
    one_gen(
        out,
        'rwkv7-deepembed-tiny',
        rwkv7_weights(seed, V, D, L, F, N, deep_embed=True),
        7.0,
        seed,
        V,
        D,
        L,
        F,
        N,
        v7=True,
        dtype=torch.bfloat16,
        strategies=[],
        env={'RWKV_DE_VERSION': '1'},
        extra={'note': 'bf16 file; needs RWKV_DE_VERSION=1 in the package (DeepEmbed channel mixing)'},
    )


def section_hf567(out):
    from safetensors.torch import save_file

    for gen, folder in (
        ('rwkv5.2-tiny', 'rwkv5.2-tiny-hf'),
        ('rwkv6-tiny', 'rwkv6-tiny-hf'),
        ('rwkv7-tiny', 'rwkv7-tiny-fla-hf'),
    ):
        w = torch.load(f'{out}/{gen}/{gen}.pth', weights_only=True)
        g = json.load(open(f'{out}/{gen}/golden.json'))
        d = os.path.join(out, folder)
        shutil.rmtree(d, ignore_errors=True)
        os.makedirs(d)
        if gen == 'rwkv7-tiny':
            save_file(to_fla7(w), d + '/model.safetensors', metadata={'format': 'pt'})
            L = g['n_layer']
            write_json(
                d + '/config.json',
                {
                    'architectures': ['RWKV7ForCausalLM'],
                    'model_type': 'rwkv7',
                    'attn': None,
                    'attn_mode': 'chunk',
                    'hidden_size': g['n_embd'],
                    'hidden_ratio': g['n_ffn'] / g['n_embd'],
                    'intermediate_size': g['n_ffn'],
                    'num_hidden_layers': L,
                    'head_dim': g['head_size'],
                    'num_heads': g['n_head'],
                    'decay_low_rank_dim': w['blocks.0.att.w1'].shape[1],
                    'gate_low_rank_dim': w['blocks.0.att.g1'].shape[1],
                    'a_low_rank_dim': w['blocks.0.att.a1'].shape[1],
                    'v_low_rank_dim': w['blocks.1.att.v1'].shape[1],
                    'hidden_act': 'sqrelu',
                    'max_position_embeddings': 2048,
                    'norm_first': True,
                    'norm_bias': True,
                    'norm_eps': 1e-05,
                    'bos_token_id': 0,
                    'eos_token_id': 0,
                    'tie_word_embeddings': False,
                    'use_cache': True,
                    'value_dim': [g['n_embd']] * L,
                    'vocab_size': g['vocab_size'],
                    'torch_dtype': 'float32',
                },
            )
        else:
            save_file(to_hf56(w), d + '/model.safetensors', metadata={'format': 'pt'})
            n = gen[4]
            write_json(
                d + '/config.json',
                {
                    'architectures': [f'Rwkv{n}ForCausalLM'],
                    'auto_map': {
                        'AutoConfig': f'configuration_rwkv{n}.Rwkv{n}Config',
                        'AutoModelForCausalLM': f'modeling_rwkv{n}.Rwkv{n}ForCausalLM',
                    },
                    'attention_hidden_size': g['n_embd'],
                    'bos_token_id': 0,
                    'context_length': 4096,
                    'eos_token_id': 0,
                    'head_size': g['head_size'],
                    'head_size_divisor': 8,
                    'hidden_size': g['n_embd'],
                    'intermediate_size': None,
                    'layer_norm_epsilon': 1e-05,
                    'model_type': f'rwkv{n}',
                    'num_hidden_layers': g['n_layer'],
                    'rescale_every': 6,
                    'tie_word_embeddings': False,
                    'use_cache': True,
                    'vocab_size': g['vocab_size'],
                },
            )
