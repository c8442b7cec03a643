"""Makes the fixtures of models/, checkpoints/, tokenizers/, samplers/ and strategies/ from fixed seeds.

    python generate.py --out FOLDER [--only SECTION ...] [--vocabularies FOLDER] [--check]

Needs requirements.txt; a run takes some minutes on one core. The reference engines are used as black boxes: `rwkv` for
logits and strategies, transformers for Hugging Face's format, its logits and its logits processors, `tokenizers` for token
numbers. Weights, odd files and the float64 check are these scripts' own.

`--check` compares every file that was made with the one in Tests/Fixtures and ends with 1 where they differ. Two kinds need
not have the same bytes. Legacy `.pth` files are compared by size alone: torch writes memory addresses into them. Numbers of
JSON files may be off by what torch's sums differ by from one processor to another.
"""

import argparse
import json
import os
import sys
from pathlib import Path

os.environ.setdefault('RWKV_JIT_ON', '0')
os.environ['RWKV_CUDA_ON'] = '0'
os.environ['TRANSFORMERS_OFFLINE'] = '1'

import torch  # noqa: E402

torch.set_num_threads(1)
torch.use_deterministic_algorithms(True)

from later import section_hf567, section_rwkv5, section_rwkv6, section_rwkv7  # noqa: E402
from rwkv4 import section_deep, section_rwkv4  # noqa: E402
from samplers import section_samplers  # noqa: E402
from strategies import section_strategies  # noqa: E402
from vocabularies import section_tokenizers  # noqa: E402
from zoo import section_zoo  # noqa: E402

MODELS = {
    'rwkv4': section_rwkv4,
    'deep': section_deep,
    'rwkv5': section_rwkv5,
    'rwkv6': section_rwkv6,
    'rwkv7': section_rwkv7,
    'hf567': section_hf567,
}
REST = ('zoo', 'tokenizers', 'samplers', 'strategies')
FIXTURES = Path(__file__).resolve().parent.parent


def make(section, out, vocabularies):
    if section in MODELS:
        MODELS[section](os.path.join(out, 'models'))
    elif section == 'zoo':
        section_zoo(os.path.join(out, 'checkpoints'))
    elif section == 'tokenizers':
        section_tokenizers(out, vocabularies)
    elif section == 'samplers':
        section_samplers(out)
    else:
        section_strategies(out)


def agree(made, kept, tolerance=1e-5):
    """Whether two JSON values are the same but for rounding; a step of fp16 is 1/256 among logits of 4 to 8."""
    if isinstance(made, dict):
        return made.keys() == kept.keys() and all(
            agree(value, kept[key], 0.004 if 'fp16' in key else tolerance) for key, value in made.items()
        )
    if isinstance(made, list):
        return len(made) == len(kept) and all(agree(*pair, tolerance) for pair in zip(made, kept))
    if isinstance(made, float) or isinstance(kept, float):
        return abs(made - kept) <= tolerance
    return made == kept


def is_kept(made, kept):
    """`same`, `close` or `different`."""
    if not kept.exists():
        return 'different'
    if made.read_bytes() == kept.read_bytes():
        return 'same'
    if 'legacy' in made.name:
        return 'close' if made.stat().st_size == kept.stat().st_size else 'different'
    if made.suffix == '.json' and agree(json.loads(made.read_bytes()), json.loads(kept.read_bytes())):
        return 'close'
    return 'different'


def check(out):
    """The number of files that are not those of the repository."""
    count = {'same': 0, 'close': 0, 'different': 0}
    for made in sorted(path for path in Path(out).rglob('*') if path.is_file()):
        name = made.relative_to(out)
        answer = is_kept(made, FIXTURES / name)
        count[answer] += 1
        if answer != 'same':
            print(answer, name)
    print(
        f"{count['same']} files have the bytes of the repository's, {count['close']} are close, {count['different']} differ"
    )
    return count['different']


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--out', required=True)
    parser.add_argument('--only', nargs='*', default=[*MODELS, *REST], choices=[*MODELS, *REST])
    parser.add_argument('--vocabularies')
    parser.add_argument('--check', action='store_true')
    options = parser.parse_args()
    for section in [*MODELS, *REST]:
        if section in options.only:
            print('==', section, flush=True)
            make(section, options.out, options.vocabularies)
    if options.check:
        sys.exit(1 if check(options.out) else 0)


if __name__ == '__main__':
    main()
