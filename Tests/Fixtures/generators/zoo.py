"""checkpoints/pth-zoo: small `.pth` and safetensors files, those that must load and those that must be refused."""

import collections
import json
import os
import pickle
import shutil
import struct
import zipfile

import numpy as np
import torch
from containers import Zoo, _Reduce, flat, force_zip64, pk_dict, pk_tensor, plain_zip, raw_zip, short, zip_parts
from values import write_json
from weights import _t


def written_by_torch(zoo):
    dt = {
        'f32': zoo.f32(3, 4),
        'f16': zoo.f32(3, 4).half(),
        'bf16': zoo.f32(3, 4).bfloat16(),
        'f64': zoo.f32(2, 2).double(),
        'i64': torch.tensor([[1, -2], [2**40, -(2**62)]]),
        'i32': torch.tensor([1, -2, 2**31 - 1], dtype=torch.int32),
        'i16': torch.tensor([-32768, 7], dtype=torch.int16),
        'i8': torch.tensor([-128, 127], dtype=torch.int8),
        'u8': torch.tensor([0, 255, 3], dtype=torch.uint8),
        'bool': torch.tensor([True, False, True]),
        'scalar': torch.tensor(1.5),
        'empty': torch.zeros(0, 3),
    }
    base = zoo.f32(6, 8)
    views = {
        'base': base,
        'transposed': base.t(),
        'rows_1_3': base[1:3],
        'every_other_column': base[:, ::2],
        'inner_block': base[2:5, 3:7],
        'expanded': base[0:1].expand(4, 8),
        'diagonal': base.diagonal(),
        'overlapping_windows': base.reshape(-1).as_strided((5, 4), (3, 1), 2),
    }
    e = zoo.f32(10, 4).bfloat16()
    shared = {'emb.weight': e, 'head.weight': e, 'other': zoo.f32(3)}
    lin = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.LayerNorm(3), torch.nn.BatchNorm1d(3))
    with torch.no_grad():
        for p in lin.parameters():
            p.copy_(_t(zoo.random.standard_normal(tuple(p.shape))))
    od = lin.state_dict()
    params = collections.OrderedDict(
        (k, torch.nn.Parameter(v.clone()) if v.dtype.is_floating_point else v) for k, v in od.items()
    )
    nested = {
        'state_dict': {'a.weight': zoo.f32(2, 3), 'b': zoo.f32(2)},
        'epoch': 3,
        'lr': 1e-4,
        'name': 'na\u00efve \u4f60\u597d',
        'done': False,
        'none': None,
        'list': [1, 2.5, 'x', zoo.f32(2)],
        'tuple': (1, (2, 3)),
        'big': 2**40,
        'neg': -7,
        'empty': {},
        'bytes_like_str': 'a' * 300,
    }
    many = {f'blocks.{i}.w': zoo.f32(2) for i in range(120)}
    for n, o, note in (
        ('dtypes', dt, 'every dtype a reader should know, a 0-dim and an empty tensor'),
        ('views', views, 'one storage of 48 floats, eight tensors with their own offset, shape and stride'),
        ('shared', shared, 'two names, one bf16 storage'),
        (
            'ordereddict',
            od,
            'nn.Module.state_dict(): OrderedDict with a _metadata attribute (BUILD), an int64 0-dim tensor',
        ),
        ('parameters', params, 'nn.Parameter values (torch._utils._rebuild_parameter)'),
        ('nested', nested, 'a trainer checkpoint: tensors under state_dict beside plain values'),
        ('many', many, 'more than 256 memo entries (LONG_BINPUT / LONG_BINGET), 120 storages'),
    ):
        torch.save(o, f'{zoo.folder}/{n}.pth')
        exp = zoo.good(n + '.pth', note)
        torch.save(o, f'{zoo.folder}/{n}-legacy.pth', _use_new_zipfile_serialization=False)
        zoo.good(n + '-legacy.pth', note + ' (legacy non-zip file)', expect=exp)

    return views


def other_writers(zoo, views):
    exp = zoo.load['views.pth']['tensors']
    torch.save(views, f'{zoo.folder}/views-proto4.pth', pickle_protocol=4)
    zoo.good(
        'views-proto4.pth',
        'pickle protocol 4 (FRAME, MEMOIZE, SHORT_BINUNICODE, STACK_GLOBAL); optional to support, must not crash',
        expect=exp,
    )
    plain_zip(f'{zoo.folder}/views-unaligned.pth', zip_parts(f'{zoo.folder}/views.pth'))
    zoo.good(
        'views-unaligned.pth',
        'the same records written by a plain zip tool: no 64-byte alignment, no data descriptors',
        expect=exp,
    )
    old = [
        ('archive/' + n.split('/', 1)[1], b)
        for n, b in zip_parts(f'{zoo.folder}/views.pth')
        if not n.split('/', 1)[1].startswith('.') and not n.endswith('byteorder')
    ]
    plain_zip(f'{zoo.folder}/views-old-writer.pth', old)
    zoo.good(
        'views-old-writer.pth',
        'as torch 1.6-2.0 wrote: archive/ prefix, no byteorder, no .format_version, no .data/serialization_id',
        expect=exp,
    )
    plain_zip(f'{zoo.folder}/views-deflated.pth', zip_parts(f'{zoo.folder}/views.pth'), zipfile.ZIP_DEFLATED)
    zoo.good(
        'views-deflated.pth',
        'records DEFLATE-compressed (torch.save never does this, torch.load reads it); optional: support or refuse with a clear message',
        expect=exp,
    )
    force_zip64(f'{zoo.folder}/views.pth', f'{zoo.folder}/views-zip64.pth')
    zoo.good(
        'views-zip64.pth',
        'central directory as in an archive over 4 GiB: every size and offset in zip64 extras',
        expect=exp,
    )
    be = [
        (
            n,
            np.frombuffer(b, '<f4').astype('>f4').tobytes()
            if '/data/' in n
            else b'big'
            if n.endswith('byteorder')
            else b,
        )
        for n, b in zip_parts(f'{zoo.folder}/views.pth')
    ]
    plain_zip(f'{zoo.folder}/views-big-endian.pth', be)
    zoo.good(
        'views-big-endian.pth',
        'byteorder record says big, storages byte-swapped; optional: support or refuse with a clear message',
        expect=exp,
    )
    # a pickle with a list-of-storages order that differs from first use, and a view entry (pre-0.4 style persistent id with view metadata), legacy container
    st = zoo.f32(10).numpy()
    body = pk_dict(
        (
            'v',
            pk_tensor(numel=10, shape=(4,), stride=(1,)).replace(
                b'K\x0atQ', b'K\x0a(' + short('77') + b'K\x02K\x04ttQ'
            ),
        ),
    )
    leg = b''.join(
        pickle.dumps(x, 2)
        for x in (
            0x1950A86A20F9469CFC6C,
            1001,
            {'protocol_version': 1001, 'little_endian': True, 'type_sizes': {'short': 2, 'int': 4, 'long': 4}},
        )
    )
    leg += body + pickle.dumps(['0'], 2) + struct.pack('<q', 10) + st.tobytes()
    open(f'{zoo.folder}/view-metadata-legacy.pth', 'wb').write(leg)
    zoo.good(
        'view-metadata-legacy.pth',
        'legacy file whose persistent id carries view metadata (view_key, offset 2, size 4): the tensor is elements 2..5 of the root storage',
    )
    zoo.floats = zoo.f32(6).numpy().tobytes()
    raw_zip(
        f'{zoo.folder}/rebuild-tensor-v1.pth',
        pk_dict(
            (
                'w',
                b'ctorch._utils\n_rebuild_tensor\n'
                + pk_tensor()[len(b'ctorch._utils\n_rebuild_tensor_v2\n') :].replace(
                    b'\x89ccollections\nOrderedDict\n)RtR', b'tR'
                ),
            )
        ),
        {'0': zoo.floats},
    )
    zoo.good(
        'rebuild-tensor-v1.pth',
        'torch._utils._rebuild_tensor (storage, offset, size, stride), as files from before 0.4 have',
    )
    raw_zip(f'{zoo.folder}/trailing-storage-bytes.pth', pk_dict(('w', pk_tensor())), {'0': zoo.floats + b'\0' * 8})
    zoo.refuse(
        'trailing-storage-bytes.pth',
        'the record is longer than numel says: torch 2.13 refuses (record size must equal numel x element size)',
    )
    raw_zip(f'{zoo.folder}/cuda-location.pth', pk_dict(('w', pk_tensor(loc='cuda:0'))), {'0': zoo.floats})
    zoo.good('cuda-location.pth', 'saved from a GPU: location cuda:0; load to wherever the strategy says')


def code(zoo):
    """Must be refused, without running anything, crashing or allocating wildly."""
    torch.save({'w': zoo.f32(2), 'x': _Reduce(os.system, 'true')}, f'{zoo.folder}/evil-system.pth')
    zoo.refuse('evil-system.pth', 'REDUCE of posix.system("true")')
    torch.save(
        {'w': zoo.f32(2), 'x': _Reduce(os.system, 'true')},
        f'{zoo.folder}/evil-system-legacy.pth',
        _use_new_zipfile_serialization=False,
    )
    zoo.refuse('evil-system-legacy.pth', 'the same in a legacy file')
    torch.save({'w': zoo.f32(2), 'x': _Reduce(eval, '1+1')}, f'{zoo.folder}/evil-eval.pth')
    zoo.refuse('evil-eval.pth', 'REDUCE of builtins.eval (written as __builtin__ eval)')
    torch.save({'w': zoo.f32(2), 'x': _Reduce(os.system, 'true')}, f'{zoo.folder}/evil-proto4.pth', pickle_protocol=4)
    zoo.refuse('evil-proto4.pth', 'posix.system by STACK_GLOBAL')
    raw_zip(f'{zoo.folder}/evil-inst.pth', b'\x80\x02(' + b'V true\n' + b'iposix\nsystem\n.', {})
    zoo.refuse('evil-inst.pth', 'INST opcode')
    raw_zip(f'{zoo.folder}/evil-obj.pth', b'\x80\x02(cposix\nsystem\n' + short('true') + b'o.', {})
    zoo.refuse('evil-obj.pth', 'OBJ opcode')
    raw_zip(f'{zoo.folder}/evil-newobj.pth', b'\x80\x02csubprocess\nPopen\n(' + short('true') + b't\x81.', {})
    zoo.refuse('evil-newobj.pth', 'NEWOBJ of subprocess.Popen')
    raw_zip(
        f'{zoo.folder}/evil-build.pth',
        pk_dict(('w', pk_tensor())).replace(b'u.', b'u}(' + short('__class__') + b'cbuiltins\nexec\nub.'),
        {'0': zoo.floats},
    )
    zoo.refuse('evil-build.pth', 'BUILD on a dict with a state naming builtins.exec')
    raw_zip(f'{zoo.folder}/evil-persid.pth', pk_dict(('w', pk_tensor(pid='module'))), {'0': zoo.floats})
    zoo.refuse('evil-persid.pth', 'persistent id whose first element is not "storage"')
    raw_zip(f'{zoo.folder}/evil-ext.pth', b'\x80\x02\x82\x01.', {})
    zoo.refuse('evil-ext.pth', 'EXT1 extension registry')
    raw_zip(f'{zoo.folder}/evil-tensor-fn.pth', pk_dict(('w', pk_tensor(fn=b'torch\nload\n'))), {'0': zoo.floats})
    zoo.refuse('evil-tensor-fn.pth', 'REDUCE of torch.load: only the exact rebuild functions may be called')


def broken(zoo):
    raw_zip(
        f'{zoo.folder}/bad-out-of-range.pth', pk_dict(('w', pk_tensor(shape=(3, 3), stride=(3, 1)))), {'0': zoo.floats}
    )
    zoo.refuse('bad-out-of-range.pth', 'shape reaches past the storage')
    raw_zip(f'{zoo.folder}/bad-offset.pth', pk_dict(('w', pk_tensor(offset=1))), {'0': zoo.floats})
    zoo.refuse('bad-offset.pth', 'offset pushes the tensor past the storage')
    raw_zip(
        f'{zoo.folder}/bad-negative-offset.pth', pk_dict(('w', pk_tensor(offset=b'\x8a\x01\xff'))), {'0': zoo.floats}
    )
    zoo.refuse('bad-negative-offset.pth', 'negative storage offset')
    raw_zip(
        f'{zoo.folder}/bad-negative-stride.pth',
        pk_dict(('w', pk_tensor(offset=5, stride=(b'\x8a\x01\xfd', b'\x8a\x01\xff')))),
        {'0': zoo.floats},
    )
    zoo.refuse('bad-negative-stride.pth', 'negative strides')
    raw_zip(
        f'{zoo.folder}/bad-huge-shape.pth',
        pk_dict(('w', pk_tensor(shape=(2**40, 2**40), stride=(0, 0)))),
        {'0': zoo.floats},
    )
    zoo.refuse('bad-huge-shape.pth', 'stride 0 makes 2^80 elements out of one: the product overflows Int')
    raw_zip(
        f'{zoo.folder}/bad-huge-expand.pth',
        pk_dict(('w', pk_tensor(shape=(2**33, 1), stride=(0, 1)))),
        {'0': zoo.floats},
    )
    zoo.refuse(
        'bad-huge-expand.pth',
        'legal to torch (an expanded view of 8 Gi elements) but 32 GiB when made contiguous: refuse by a size limit',
    )
    raw_zip(
        f'{zoo.folder}/bad-short-record.pth',
        pk_dict(('w', pk_tensor(numel=600, shape=(600,), stride=(1,)))),
        {'0': zoo.floats},
    )
    zoo.refuse('bad-short-record.pth', 'numel says 600, the record has 24 bytes')
    raw_zip(f'{zoo.folder}/bad-missing-record.pth', pk_dict(('w', pk_tensor(key='5'))), {'0': zoo.floats})
    zoo.refuse('bad-missing-record.pth', 'data/5 is not in the archive')
    raw_zip(
        f'{zoo.folder}/bad-key-path.pth', pk_dict(('w', pk_tensor(key='../../../../etc/passwd'))), {'0': zoo.floats}
    )
    zoo.refuse('bad-key-path.pth', 'storage key with path parts')
    raw_zip(f'{zoo.folder}/bad-no-stop.pth', pk_dict(('w', pk_tensor()))[:-1], {'0': zoo.floats})
    zoo.refuse('bad-no-stop.pth', 'pickle ends without STOP')
    raw_zip(f'{zoo.folder}/bad-memo.pth', b'\x80\x02h\x07.', {})
    zoo.refuse('bad-memo.pth', 'BINGET of an unset memo slot')
    raw_zip(f'{zoo.folder}/bad-stack.pth', b'\x80\x02tu.', {})
    zoo.refuse('bad-stack.pth', 'TUPLE and SETITEMS with no MARK')
    raw_zip(f'{zoo.folder}/bad-string-length.pth', b'\x80\x02X\xff\xff\xff\x7fabc.', {})
    zoo.refuse('bad-string-length.pth', 'BINUNICODE of 2 GiB in a 12-byte pickle')
    raw_zip(f'{zoo.folder}/bad-long1.pth', b'\x80\x02\x8a\xff' + b'\xff' * 255 + b'.', {})
    zoo.refuse('bad-long1.pth', 'LONG1 of 255 bytes: not an Int (torch returns it; a tensor reader has no use for it)')
    raw_zip(f'{zoo.folder}/bad-deep.pth', b'\x80\x02' + b']' * 50000 + b'a' * 49999 + b'.', {})
    zoo.refuse('bad-deep.pth', '50,000 nested lists: a recursive reader or deinitialiser overflows its stack')
    raw_zip(f'{zoo.folder}/bad-not-a-dict.pth', b'\x80\x02]K\x01a.', {})
    zoo.refuse('bad-not-a-dict.pth', 'a list, not a state dict')
    raw_zip(
        f'{zoo.folder}/bad-unknown-storage.pth',
        pk_dict(('w', pk_tensor(storage='ComplexFloatStorage'))),
        {'0': zoo.floats * 2},
    )
    zoo.refuse('bad-unknown-storage.pth', 'a dtype with no meaning here (complex64)')
    b = open(f'{zoo.folder}/dtypes.pth', 'rb').read()
    open(f'{zoo.folder}/bad-truncated.pth', 'wb').write(b[: len(b) * 2 // 3])
    zoo.refuse('bad-truncated.pth', 'zip cut at two thirds: no end record')
    b = open(f'{zoo.folder}/dtypes-legacy.pth', 'rb').read()
    open(f'{zoo.folder}/bad-truncated-legacy.pth', 'wb').write(b[:-9])
    zoo.refuse('bad-truncated-legacy.pth', 'legacy file cut 9 bytes short')
    open(f'{zoo.folder}/bad-legacy-magic.pth', 'wb').write(
        pickle.dumps(0x1950A86A20F9469CFC6D, 2) + b[len(pickle.dumps(0x1950A86A20F9469CFC6C, 2)) :]
    )
    zoo.refuse('bad-legacy-magic.pth', 'wrong magic number')
    open(f'{zoo.folder}/bad-empty.pth', 'wb').write(b'')
    zoo.refuse('bad-empty.pth', 'zero bytes')
    open(f'{zoo.folder}/bad-html.pth', 'wb').write(b'<!DOCTYPE html><html><body>404</body></html>')
    zoo.refuse('bad-html.pth', 'an error page saved as a model')
    open(f'{zoo.folder}/bad-lfs-pointer.pth', 'wb').write(
        b'version https://git-lfs.github.com/spec/v1\noid sha256:' + b'0' * 64 + b'\nsize 338724993\n'
    )
    zoo.refuse('bad-lfs-pointer.pth', 'a git-lfs pointer instead of the file: worth a message of its own')


def safetensors_files(zoo):
    def stf(name, header, data):
        h = header if isinstance(header, bytes) else json.dumps(header).encode()
        open(f'{zoo.folder}/{name}', 'wb').write(struct.pack('<Q', len(h)) + h + data)

    from safetensors import safe_open

    def st_refuse(name, note):
        try:
            with safe_open(f'{zoo.folder}/{name}', 'pt') as f:
                [f.get_tensor(k) for k in f.keys()]
            t = 'safetensors accepts it'
        except Exception as e:
            t = f'safetensors: {type(e).__name__}'
        zoo.refused[name] = {'note': note, 'torch': t}

    stf(
        'st-overlap.safetensors',
        {
            'a': {'dtype': 'F32', 'shape': [2], 'data_offsets': [0, 8]},
            'b': {'dtype': 'F32', 'shape': [2], 'data_offsets': [4, 12]},
        },
        b'\0' * 12,
    )
    st_refuse('st-overlap.safetensors', 'overlapping tensors')
    stf('st-hole.safetensors', {'a': {'dtype': 'F32', 'shape': [2], 'data_offsets': [4, 12]}}, b'\0' * 12)
    st_refuse('st-hole.safetensors', 'a gap before the first tensor')
    stf('st-past-end.safetensors', {'a': {'dtype': 'F32', 'shape': [4], 'data_offsets': [0, 16]}}, b'\0' * 12)
    st_refuse('st-past-end.safetensors', 'offsets past the end of the file')
    stf('st-size-mismatch.safetensors', {'a': {'dtype': 'F32', 'shape': [3], 'data_offsets': [0, 8]}}, b'\0' * 8)
    st_refuse('st-size-mismatch.safetensors', 'shape times dtype is not the byte range')
    stf('st-huge-shape.safetensors', {'a': {'dtype': 'F32', 'shape': [2**62, 4], 'data_offsets': [0, 0]}}, b'')
    st_refuse('st-huge-shape.safetensors', 'shape product overflows')
    open(f'{zoo.folder}/st-header-too-long.safetensors', 'wb').write(struct.pack('<Q', 2**40) + b'{}')
    st_refuse('st-header-too-long.safetensors', 'header length past the end')
    stf('st-not-json.safetensors', b'{"a": ', b'')
    st_refuse('st-not-json.safetensors', 'header is not JSON')
    stf(
        'st-duplicate.safetensors',
        b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}',
        b'\0' * 4,
    )
    st_refuse('st-duplicate.safetensors', 'the same key twice')
    stf(
        'st-good-padded-header.safetensors',
        json.dumps(
            {'__metadata__': {'format': 'pt'}, 'w': {'dtype': 'BF16', 'shape': [2, 2], 'data_offsets': [0, 8]}}
        ).encode()
        + b'     ',
        torch.tensor([[1.0, 2.0], [3.0, -0.5]]).bfloat16().view(torch.uint8).numpy().tobytes(),
    )
    with safe_open(f'{zoo.folder}/st-good-padded-header.safetensors', 'pt') as f:
        zoo.load['st-good-padded-header.safetensors'] = {
            'note': 'header padded with spaces, __metadata__ present, bf16',
            'torch': 'accepted by safetensors',
            'tensors': flat({'w': f.get_tensor('w')}),
        }


def section_zoo(out, seed=8001, folder='pth-zoo'):
    d = os.path.join(out, folder)
    shutil.rmtree(d, ignore_errors=True)
    os.makedirs(d)
    zoo = Zoo(d, seed)
    other_writers(zoo, written_by_torch(zoo))
    code(zoo)
    broken(zoo)
    safetensors_files(zoo)
    ok, bad = zoo.load, zoo.refused
    write_json(
        d + '/manifest.json',
        {
            'note': 'load: tensors a reader must find (a reader that flattens may ignore the plain values). refuse: must end in an error, never in code run, a crash or a huge allocation; "torch" says what the reference readers do (some are more lenient than a weights reader need be)',
            'load': ok,
            'refuse': bad,
        },
    )
