#!/usr/bin/env python3
"""How long a long prompt holds up the streams beside it: gaps between their tokens with and without one.

    python3 Tests/Benchmarks/fairness.py                                              (169M shape, bf16, 20 000 tokens)
    python3 Tests/Benchmarks/fairness.py --shape 4x256x4096 --prompt 4000             (seconds)

A prompt is read in chunks of 256 tokens, one in each step beside one token of every other stream; so the longest gap
should be about the time of one such step, whatever the prompt's length. Needs the release build; nothing else.
"""

import argparse
import pathlib
import statistics
import tempfile
import time

import load

CHUNK = 256


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shape", default="12x768x50277", help="LAYERSxWIDTHxVOCABULARY (default: 12x768x50277, 169M)")
    parser.add_argument("--strategy", default="cpu bf16")
    parser.add_argument("--threads", type=int, default=0, help="of the host (default: one for each core)")
    parser.add_argument("--streams", type=int, default=4, help="how many write beside the prompt")
    parser.add_argument("--prompt", type=int, default=20_000, help="tokens of the long prompt")
    parser.add_argument("--prompts", type=int, default=1, help="how many such prompts come at once")
    parser.add_argument("--modelhost", default=str(load.BINARY))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        model = load.write_model(folder / "model", options.shape)
        host = load.Host(
            model, folder, "--rwkv-strategy", options.strategy, "--threads", str(options.threads),
            binary=options.modelhost)
        try:
            report(host, options)
        finally:
            host.stop()


def report(host, options):
    writers = [
        load.Stream(host.port, {
            "prompt": f"Stream {number}", "max_tokens": 30_000, "seed": number, "ban_eos_token": True,
        })
        for number in range(options.streams)
    ]
    load.read_all(writers, until=lambda: all(len(stream.stamps) > 8 for stream in writers))
    alone = time.perf_counter()
    load.read_all(writers, until=lambda: time.perf_counter() > alone + 5)
    start = time.perf_counter()
    readers = [
        load.Stream(host.port, {"prompt": f"{number}" + "x" * (options.prompt - 1), "max_tokens": 1})
        for number in range(options.prompts)
    ]
    load.read_all(writers + readers, until=lambda: all(stream.is_done for stream in readers))
    end = time.perf_counter()
    for stream in writers:
        stream.socket.close()
    steps = options.prompts * -(-options.prompt // CHUNK)
    print(
        f"{options.shape}, {options.strategy}, {options.streams} streams; {options.prompts} x {options.prompt} prompt tokens "
        f"read in {end - start:.1f} s, {steps} chunks of {CHUNK}: {1000 * (end - start) / steps:.0f} ms each")
    print("gap between two tokens of a stream, ms    median       p99       max")
    for title, first, last in (("nobody else", alone, start), ("while the prompt is read", start, end)):
        gaps = sorted(
            1000 * (later - earlier)
            for stream in writers for earlier, later in zip(stream.stamps, stream.stamps[1:])
            if first <= earlier and later <= last)
        print(f"{title:38}  {statistics.median(gaps):8.1f}  {gaps[int(0.99 * (len(gaps) - 1))]:8.1f}  {gaps[-1]:8.1f}")


if __name__ == "__main__":
    main()
