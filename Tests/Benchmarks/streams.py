#!/usr/bin/env python3
"""Aggregate tokens/s of many concurrent streams over HTTP beside one stream, on random weights of a shape.

    python3 Tests/Benchmarks/streams.py                                  (169M shape, bf16; about two minutes)
    python3 Tests/Benchmarks/streams.py --shape 4x256x4096 --tokens 64   (seconds)

Every stream samples as a request does that says nothing (temperature 0.8, top_p 0.9). Counted is the time in which all
streams write. Needs the release build; nothing else.
"""

import argparse
import json
import pathlib
import statistics
import tempfile

import load


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shape", default="12x768x50277", help="LAYERSxWIDTHxVOCABULARY (default: 12x768x50277, 169M)")
    parser.add_argument("--strategy", default="cpu bf16")
    parser.add_argument("--threads", type=int, default=0, help="of the host (default: one for each core)")
    parser.add_argument("--streams", default="1,2,4,8,16,32")
    parser.add_argument("--tokens", type=int, default=128, help="that each stream writes")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--parameters", type=json.loads, default={}, help="further fields of each request, as JSON")
    parser.add_argument("--modelhost", default=str(load.BINARY))
    options = parser.parse_args()
    sizes = [int(size) for size in options.streams.split(",")]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        model = load.write_model(folder / "model", options.shape)
        host = load.Host(
            model, folder, "--rwkv-strategy", options.strategy, "--threads", str(options.threads),
            binary=options.modelhost)
        try:
            rates, shares = {size: [] for size in sizes}, {size: [] for size in sizes}
            for _ in range(options.rounds):
                for size in sizes:
                    rate, share = measure(host, size, options)
                    rates[size].append(rate)
                    shares[size].append(share)
        finally:
            host.stop()
    one = statistics.median(rates[sizes[0]])
    print(f"{options.shape}, {options.strategy}, {options.tokens} tokens each, median of {options.rounds} rounds")
    print("streams  tokens/s together  of one stream  each, tokens/s  cores busy")
    for size in sizes:
        rate = statistics.median(rates[size])
        print(f"{size:7}  {rate:17.1f}  {rate / one:12.2f}x  {rate / size:14.1f}  {statistics.median(shares[size]):10.2f}")


def measure(host, count, options):
    """Tokens/s of all streams together while all of them write, and how many cores the host kept busy."""
    streams = [
        load.Stream(host.port, {
            "prompt": f"Stream {number} of {count}", "max_tokens": options.tokens, "seed": number, "ban_eos_token": True,
            **options.parameters,
        })
        for number in range(count)
    ]
    load.read_all(streams, until=lambda: all(len(stream.stamps) > 2 for stream in streams))
    busy = host.cpu_seconds()
    begin = max(stream.stamps[-1] for stream in streams)
    load.read_all(streams, until=lambda: any(stream.is_done for stream in streams))
    end = min(stream.stamps[-1] for stream in streams if stream.is_done)
    busy = host.cpu_seconds() - busy
    load.read_all([stream for stream in streams if not stream.is_done])
    inside = sum(begin < stamp <= end for stream in streams for stamp in stream.stamps)
    return inside / (end - begin), busy / (end - begin)


if __name__ == "__main__":
    main()
