"""tokenizers/: texts with the tokens that the `tokenizers` and `rwkv` packages give for them."""

import os
import shutil
import unicodedata

import numpy as np
from texts import ATOMS, HAND
from values import made_with, write_json


def random_strings(seed, n):
    r = np.random.default_rng(seed)
    out = []
    for i in range(n):
        kind = i % 6
        if kind == 0:
            s = ''.join(ATOMS[j] for j in r.integers(0, len(ATOMS), int(r.integers(2, 14))))
        elif kind == 1:
            s = ' '.join(ATOMS[j].strip() or 'a' for j in r.integers(0, len(ATOMS), int(r.integers(3, 12))))
        elif kind == 2:
            s = ''.join(
                (' ' * int(r.integers(0, 30))) + ATOMS[j] for j in r.integers(0, len(ATOMS), int(r.integers(2, 6)))
            )
        elif kind == 3:
            s = ''.join(chr(c) for c in r.integers(32, 127, int(r.integers(5, 40))))
        elif kind == 4:
            pools = [
                (0xA0, 0x24F),
                (0x370, 0x3FF),
                (0x400, 0x4FF),
                (0x300, 0x36F),
                (0x4E00, 0x9FFF),
                (0x3040, 0x30FF),
                (0xAC00, 0xD7A3),
                (0x900, 0x97F),
                (0x600, 0x6FF),
                (0x1F300, 0x1F6FF),
                (0x2000, 0x2BFF),
                (0x1E00, 0x1FFF),
                (0xF900, 0xFAFF),
            ]
            s = ''
            for _ in range(int(r.integers(3, 18))):
                a, b = pools[int(r.integers(0, len(pools)))]
                s += chr(int(r.integers(a, b + 1)))
        else:
            s = ''.join(
                str(int(x)) if x < 10 else ' \n.,-'[int(x) % 5] for x in r.integers(0, 13, int(r.integers(4, 40)))
            )
        out.append(s)
    return out


BAD_BYTES = [
    '80',
    'ff',
    'fe',
    'c3',
    'c328',
    'e4bda0e5',
    'e4bd',
    'f09f98',
    'f09f9880f09f',
    'eda080',
    'c080',
    'f8888080',
    '61ff62',
    'e4bda0ffe5a5bd',
    '20c3a920c3',
    '00ff00',
    'f4908080',
    'c3a9c3a9c3',
    '0a0ae4',
    '48656c6c6fc2',
]


def world_tokenizer(path):
    from rwkv.rwkv_tokenizer import TRIE_TOKENIZER

    return TRIE_TOKENIZER(path)


def tokenizer_file(path, folder, strings, bad, seed):
    from tokenizers import Tokenizer

    t20 = Tokenizer.from_file(os.path.join(folder, '20B_tokenizer.json'))
    tw = world_tokenizer(os.path.join(folder, 'rwkv_vocab_v20230424.txt'))
    assert t20.get_vocab_size() == 50277
    cases = []
    for s in strings:
        ids = t20.encode(s).ids
        w = tw.encode(s)
        assert tw.decode(w) == s
        dec = t20.decode(ids, skip_special_tokens=False)
        c = {'text': s, 'neox20b': ids, 'world': w}
        n = unicodedata.normalize('NFC', s)
        if dec != n:
            c['neox20b_decoded_keep_special'] = dec
        if n != s:
            c['nfc_changes_it'] = True
        sk = t20.decode(ids)
        if sk != dec:
            c['neox20b_decoded_skip_special'] = sk
        cases.append(c)
    badc = []
    for h in bad:
        ids = tw.encodeBytes(bytes.fromhex(h))
        badc.append({'bytes_hex': h, 'world': ids, 'world_decode': tw.decode(ids)})
    # decoding token lists that stop inside a character
    part = []
    for s in (
        '\u4f60\u597d',
        '\U0001f600',
        '\u00e9\u00e8',
        'ok\U0001f680!',
        '\u9f98\u9750',
        '\uac01\u1100',
        'a\u0301',
        '\U0001d4d7x',
    ):
        a, b = t20.encode(s).ids, tw.encode(s)
        part.append(
            {
                'text': s,
                'neox20b': a,
                'neox20b_prefix_decodes': [t20.decode(a[:i]) for i in range(1, len(a) + 1)],
                'neox20b_each_token_alone': [t20.decode([x]) for x in a],
                'world': b,
                'world_prefix_decodes': [tw.decode(b[:i]) for i in range(1, len(b) + 1)],
            }
        )
    raw = []
    r = np.random.default_rng(seed)
    byte_tokens = [t20.token_to_id(c) for c in sorted(bytes_to_unicode().values())]
    byte_tokens = [x for x in byte_tokens if x is not None]  # bytes C0, C1 and F5..FF have no token
    for _ in range(12):
        ids = [int(x) for x in r.choice(byte_tokens, int(r.integers(1, 7)))]
        raw.append({'neox20b': ids, 'decoded': t20.decode(ids)})
    wr = []
    for _ in range(12):
        ids = [int(x) for x in r.integers(1, 257, int(r.integers(1, 6)))]
        wr.append({'world': ids, 'decoded': tw.decode(ids)})
    for ids in ([0], [0, 33], [65529], [65530], [65535], [65536], []):
        wr.append({'world': ids, 'decoded': tw.decode(ids)})
    # incremental output exactly as PIPELINE.generate does it
    stream = []
    for s in strings[::9] + [
        '\u4f60\u597d\U0001f600\u00e9 done',
        '\U0001f468\u200d\U0001f469\u200d\U0001f467',
        '\u9f98' * 4,
        '\ufffd and \ufffd',
    ]:
        if not s:
            continue
        for kind, ids, dec in (
            ('neox20b', t20.encode(s).ids, lambda x: t20.decode(x)),
            ('world', tw.encode(s), tw.decode),
        ):
            last, pieces = 0, []
            for i in range(len(ids)):
                tmp = dec(ids[last : i + 1])
                if '\ufffd' not in tmp:
                    pieces.append(tmp)
                    last = i + 1
                else:
                    pieces.append(None)
            stream.append({'tokenizer': kind, 'ids': ids, 'piece_after_each_token': pieces})
    write_json(
        path,
        {
            'made_with': made_with(),
            'files': {'neox20b': 'tokenizers/20B_tokenizer.json', 'world': 'tokenizers/rwkv_vocab_v20230424.txt'},
            'notes': [
                'neox20b decodes to the NFC of the text unless neox20b_decoded_keep_special says otherwise; world decodes to the very text',
                'world decode of anything that is not valid UTF-8, and of ids not in the vocabulary (0, 65530 and up), is one U+FFFD for the whole list',
                'piece_after_each_token: null where the reference holds the bytes back',
            ],
            'cases': cases,
            'world_bytes_cases': badc,
            'partial_characters': part,
            'neox20b_byte_soup_decodes': raw,
            'world_raw_decodes': wr,
            'streaming': stream,
        },
    )
    return len(cases)


def bytes_to_unicode():
    bs = list(range(33, 127)) + list(range(161, 173)) + list(range(174, 256))
    cs, n = bs[:], 0
    for b in range(256):
        if b not in bs:
            bs.append(b)
            cs.append(256 + n)
            n += 1
    return {b: chr(c) for b, c in zip(bs, cs)}


def section_tokenizers(out, folder):
    """`folder` holds 20B_tokenizer.json and rwkv_vocab_v20230424.txt, which are other people's and not in the repository."""
    d = os.path.join(out, 'tokenizers')
    os.makedirs(d, exist_ok=True)
    for source, name in (
        ('rwkv4-tiny/20B_tokenizer.json', 'tiny-pairs.json'),
        ('rwkv4-tiny-hf-bin/tokenizer.json', 'tiny-strings.json'),
        ('rwkv4-tiny/tokenizer-golden.json', 'tiny-golden.json'),
    ):
        shutil.copy(os.path.join(out, 'models', source), os.path.join(d, name))
    if folder is None:
        print('tokenizer-golden.json is left out: name the folder of the two vocabularies with --vocabularies')
        return
    strings = list(dict.fromkeys(HAND + random_strings(9001, 130)))
    n = tokenizer_file(os.path.join(d, 'tokenizer-golden.json'), folder, strings, BAD_BYTES, 9002)
    print('tokenizer cases', n)
