"""strategies/: what the `rwkv` package makes of strategy texts."""

import contextlib
import io
import os
import re
import tempfile

import torch
from values import write_json
from weights import rwkv4_weights

STRATEGIES = [
    'cpu fp32',
    'cpu fp16',
    'cpu bf16',
    'cpu fp32i8',
    'cpu bf16i8',
    'cpu fp16i8',
    'cuda fp16',
    'cuda fp16i8',
    'cuda:1 fp32',
    'mps fp16',
    'cuda fp16i8 *1 -> cuda fp16',
    'cuda fp16i8 *2 -> cuda fp16',
    'cuda fp16i8 *10 -> cpu fp32',
    'cuda:0 fp16 *10 -> cuda:1 fp16 *8 -> cpu fp32',
    'cuda:0 fp16 -> cuda:1 fp16',
    'cuda:0 fp16 -> cuda:1 fp16 -> cpu fp32',
    'cuda fp16i8 -> cpu fp32 *1',
    'cuda fp16i8 -> cpu fp32 *2',
    'cuda fp16i8 -> cpu fp32 *10',
    'cuda fp16i8 *10+',
    'cuda fp16 *5+',
    'cuda fp16i8 *0+ -> cpu fp32 *1',
    'cuda fp16 *2+ -> cpu fp32',
    'cuda fp16 *2+ -> cpu fp32 *1',
    'cpu fp32 *2 -> cuda fp16 *3+',
    'cuda fp16 *2+ -> cuda:1 fp16 *3+',
    'cuda fp16 *2 -> cuda:1 fp16 *3+ -> cpu fp32 *1',
    'cuda fp16 *100',
    'cuda fp16 *100 -> cpu fp32',
    'cuda fp16 *3',
    'cuda fp16 *3 -> cpu fp32 *2',
    'cpu fp32 -> cuda fp16 *100',
    'cuda fp16 *0 -> cpu fp32',
    'cuda fp16 *4->cpu fp32',
    'cuda fp16 *4  ->   cpu fp32',
    '  cpu fp32  ',
    'cpu fp32i4',
    'cuda fp16i3',
    'cpu fp32 *13',
    'cpu fp32 *12',
    'cpu fp32 -> cpu bf16 -> cpu fp16',
    'cpu fp32 *1 -> cpu bf16 -> cpu fp16',
    'cuda fp16 *6+ -> cpu bf16 *0',
    '',
    'cpu',
    'fp32',
    'cpu fp64',
    'gpu fp16',
    'CPU fp32',
    'cpu  fp32',
    'cpu fp32 *',
    'cpu fp32 *-1',
    'cpu fp32*3',
    'cpu fp32 *3 +',
    'cpu fp32 ->',
    '-> cpu fp32',
    'cpu fp32 -> -> cpu bf16',
    'cpu:0 fp32',
    'cuda: fp16',
    'cuda:x fp16',
    'mps:0 fp16',
    'cpu fp32 *1.5',
    'cpu i8',
    'cpu bf32',
    'cpu fp16i16',
    'cpu fp32, cuda fp16',
    'cpu fp32\ncuda fp16',
    'dml fp32',
]


def section_strategies(out):
    from rwkv.model import RWKV

    res = {}
    with tempfile.TemporaryDirectory() as tmp:
        for L in (3, 12, 24):
            p = f'{tmp}/m{L}.pth'
            torch.save(rwkv4_weights(1, 8, 8, L, 8), p)
            rows = []
            for s in STRATEGIES:
                buf, err = io.StringIO(), None
                with contextlib.redirect_stdout(buf):
                    try:
                        RWKV(model=p, strategy=s)
                    except BaseException as e:
                        err = e
                text = buf.getvalue()
                row = {'strategy': s}
                m = [ln for ln in text.split('\n') if re.match(r'^0-', ln)]
                if m:
                    items = [
                        re.match(
                            r'(\d+)-(.+?)-(float32|float16|bfloat16)-(float32|float16|bfloat16|uint8)(-stream)?$', x
                        )
                        for x in m[0].split()
                    ]
                    row['layers'] = [
                        f'{i.group(2)} {i.group(3)} {i.group(4)}{" stream" if i.group(5) else ""}' for i in items
                    ]
                    row['rescale_layer'] = int(re.search(r'RESCALE_LAYER (\d+)', text).group(1))
                else:
                    row['error'] = f'{type(err).__name__}: {str(err)[:90]}'
                rows.append(row)
            res[f'n_layer {L}'] = rows
    write_json(
        os.path.join(out, 'strategies', 'strategies-golden.json'),
        {
            'made_by': 'rwkv 0.8.32 RWKV(...), its printed plan',
            'note': 'layers: one entry per block then one for ln_out+head: "device activation_dtype weight_dtype[ stream]"; error: the exception the package raises before any plan',
            'cases': res,
        },
    )
