"""Parts of `.pth` files: pickles written by hand, zip archives as several writers make them, and what is in a file."""

import hashlib
import struct
import zipfile

import numpy as np
import torch
from weights import _t

DT = {
    torch.float32: 'float32',
    torch.float16: 'float16',
    torch.bfloat16: 'bfloat16',
    torch.float64: 'float64',
    torch.int64: 'int64',
    torch.int32: 'int32',
    torch.int16: 'int16',
    torch.int8: 'int8',
    torch.uint8: 'uint8',
    torch.bool: 'bool',
}


def tensor_card(t):
    c = t.detach().contiguous()
    raw = (c.reshape(-1).view(torch.uint8) if c.numel() else torch.empty(0, dtype=torch.uint8)).numpy().tobytes()
    return {
        'dtype': DT[t.dtype],
        'shape': list(t.shape),
        'sha256_of_contiguous_little_endian_bytes': hashlib.sha256(raw).hexdigest(),
        'first_values': [float(x) for x in c.reshape(-1)[:6].double()],
    }


def flat(o, pre=''):
    if isinstance(o, torch.Tensor):
        return {pre: tensor_card(o)}
    r = {}
    if isinstance(o, dict):
        for k, v in o.items():
            r.update(flat(v, f'{pre}/{k}' if pre else str(k)))
    elif isinstance(o, (list, tuple)):
        for k, v in enumerate(o):
            r.update(flat(v, f'{pre}/{k}' if pre else str(k)))
    else:
        r[pre] = {'python': repr(o)}
    return r


def zip_parts(path):
    z = zipfile.ZipFile(path)
    return [(n, z.read(n)) for n in z.namelist()]


def plain_zip(path, parts, compress=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, 'w', compress) as z:
        for n, b in parts:
            i = zipfile.ZipInfo(n, date_time=(1980, 1, 1, 0, 0, 0))
            i.compress_type = compress
            z.writestr(i, b)


def force_zip64(src, dst):
    """Rewrite the central directory and its end record as a >4 GiB archive's would be: 0xFFFFFFFF fields, sizes and offsets in zip64 extras."""
    b = open(src, 'rb').read()
    z = zipfile.ZipFile(src)
    start = min(i.header_offset for i in z.infolist())
    assert start == 0
    cd, end_of_data = b'', z.start_dir
    for i in z.infolist():
        name = i.filename.encode()
        extra = struct.pack('<HHQQQ', 1, 24, i.file_size, i.compress_size, i.header_offset)
        cd += (
            struct.pack(
                '<IHHHHHHIIIHHHHHII',
                0x02014B50,
                45,
                45,
                i.flag_bits,
                i.compress_type,
                0,
                0,
                i.CRC,
                0xFFFFFFFF,
                0xFFFFFFFF,
                len(name),
                len(extra),
                0,
                0,
                0,
                0,
                0xFFFFFFFF,
            )
            + name
            + extra
        )
    n = len(z.infolist())
    e64 = struct.pack('<IQHHIIQQQQ', 0x06064B50, 44, 45, 45, 0, 0, n, n, len(cd), end_of_data)
    loc = struct.pack('<IIQI', 0x07064B50, 0, end_of_data + len(cd), 1)
    eocd = struct.pack('<IHHHHIIH', 0x06054B50, 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    open(dst, 'wb').write(b[:end_of_data] + cd + e64 + loc + eocd)


class _Reduce:
    def __init__(self, f, *a):
        self.fa = (f, a)

    def __reduce__(self):
        return self.fa


def short(s):  # BINUNICODE
    b = s.encode()
    return b'X' + struct.pack('<I', len(b)) + b


def pk_tensor(
    numel=6,
    shape=(2, 3),
    stride=(3, 1),
    offset=0,
    key='0',
    storage='FloatStorage',
    fn=b'torch._utils\n_rebuild_tensor_v2\n',
    pid='storage',
    loc='cpu',
):
    def num(v):
        if isinstance(v, bytes):
            return v
        return b'K' + bytes([v]) if 0 <= v < 256 else b'\x8a\x08' + struct.pack('<q', v)

    tup = lambda xs: b'(' + b''.join(num(x) for x in xs) + b't'
    return (
        b'c'
        + fn
        + b'(('
        + short(pid)
        + b'ctorch\n'
        + storage.encode()
        + b'\n'
        + short(key)
        + short(loc)
        + num(numel)
        + b'tQ'
        + num(offset)
        + tup(shape)
        + tup(stride)
        + b'\x89ccollections\nOrderedDict\n)RtR'
    )


def pk_dict(*items):
    return b'\x80\x02}(' + b''.join(short(k) + v for k, v in items) + b'u.'


def raw_zip(path, pkl, storages, extra=()):
    plain_zip(
        path,
        [('archive/data.pkl', pkl)]
        + [(f'archive/data/{k}', v) for k, v in storages.items()]
        + list(extra)
        + [('archive/version', b'3\n')],
    )


class Zoo:
    """A folder of files and what the reference readers say of each."""

    def __init__(self, folder, seed):
        self.folder = folder
        self.random = np.random.default_rng(seed)
        self.load, self.refused = {}, {}

    def f32(self, *shape):
        return _t(self.random.standard_normal(shape))

    def good(self, name, note, expect=None):
        try:
            o = torch.load(f'{self.folder}/{name}', map_location='cpu', weights_only=True)
            mode = 'accepted by torch.load(weights_only=True)'
        except Exception:
            o = torch.load(f'{self.folder}/{name}', map_location='cpu', weights_only=False)
            mode = 'torch.load(weights_only=True) refuses, weights_only=False loads'
        f = flat(o)
        if expect is not None:
            assert f == expect, (name, [k for k in f if f[k] != expect.get(k)])
        self.load[name] = {'note': note, 'torch': mode, 'tensors': f}
        return f

    def refuse(self, name, note):
        try:
            torch.load(f'{self.folder}/{name}', map_location='cpu', weights_only=True)
            t = 'torch.load(weights_only=True) accepts it'
        except Exception as e:
            t = f'torch.load(weights_only=True): {type(e).__name__}'
        self.refused[name] = {'note': note, 'torch': t}
