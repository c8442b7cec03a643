"""What must be reached on an H200, and what was seen.

`read` and `peak` are the greater of what the bench and PyTorch measured in the same run, so that neither can flatter: a
bench that measured the processor, say, or a card that was slower for a moment.
"""

import dataclasses
from collections.abc import Callable

NOT_MEASURED = (KeyError, TypeError, ZeroDivisionError)
COMPILED = "4 169M fp16, --rwkv-cuda-on"


@dataclasses.dataclass
class Target:
    name: str
    wanted: str
    # None where any figure will do, as long as there is one.
    least: float | None
    # Seen → the figure; one of NOT_MEASURED where something of it is missing.
    figure: Callable
    # Whether the figure must not be more, instead of not less.
    is_limit: bool = False
    shown: str = "{:.2f}"


class Seen:
    """The numbers of all findings by check and item, and what follows from them."""

    def __init__(self, numbers):
        self.numbers = numbers

    def row(self, name, batch=1):
        """The first size of a row has the row's name."""
        return self.numbers["bench " + name, name if batch == 1 else f"{name}, batch {batch}"]

    def decode(self, name, batch=1):
        return self.row(name, batch)["decode_tokens_per_second"]

    def prefill(self, name):
        return self.row(name)["prefill_tokens_per_second"]

    def beside_package(self, name):
        return self.decode(name) / self.numbers[f"rwkv package, {name.split()[1]}", name]["decode"]

    def first_token(self, name):
        return self.row(name)["load_to_first_token_seconds"]

    def card(self, key):
        return self.row("4 7B fp16")[key]

    def ceiling(self, item):
        return self.numbers.get(("ceilings", item), {}).get("rate", 0)

    def of_read(self, name):
        row = self.row(name)
        return row["decode_tokens_per_second"] * row["weight_bytes_per_token"] / max(
            row["read_bandwidth_bytes_per_second"], self.ceiling("device copy"))

    def of_peak(self, name):
        row = self.row(name)
        rate = row["fraction_of_peak"] * row["peak_flops"]
        return rate / max(row["peak_flops"], self.ceiling("matrix product"))

    def of_pinned_copy(self, name, resident):
        """What a step that streams all layers but so many brings over, of what pinned memory gives."""
        row = self.row(name)
        layers, width, vocabulary = map(int, row["shape"].split("x"))
        streamed = 2 * width * ((layers - resident) * 13 * width + vocabulary)
        return row["decode_tokens_per_second"] * streamed / self.numbers["ceilings", "pinned copy"]["rate"]

    def of_bench(self, streams, name):
        """Against the bench's average, as a stream is one too."""
        return self.numbers["HTTP, 4 7B", streams]["rate"] / self.row(name)["decode_tokens_per_second_mean"]

    def compiled(self):
        """With kernels compiled for the card, beside those that the program brings; by the bench, or else over HTTP."""
        if found := self.numbers.get((f"bench {COMPILED}", COMPILED)):
            return found["decode_tokens_per_second"] / self.decode("4 169M fp16")
        rates = [self.numbers["HTTP, --rwkv-cuda-on", item]["rate"] for item in ("with", "without")]
        return rates[0] / rates[1]

    def memory_beside_weights(self, name):
        """Gigabytes on the card beside the weights."""
        row = self.row(name)
        return (row["device_bytes"] - row["weight_bytes_by_device"]["cuda"]) / 1e9

    def extra_memory(self, name):
        """The same beside what the driver takes for any program that opens the card."""
        return self.memory_beside_weights(name) - self.numbers["ceilings", "an empty context"]["bytes"] / 1e9


def decode(name, batch=1):
    return lambda seen: seen.decode(name, batch)


def ratio(what, name, other):
    """Of two rows' decode or prefill."""
    return lambda seen: getattr(seen, what)(name) / getattr(seen, what)(other)


TARGETS = [
    Target("RWKV-4 7B fp16 writes, of read", "≥ 0.88", 0.88, lambda seen: seen.of_read("4 7B fp16")),
    Target("RWKV-4 7B fp16 writes, tokens/s", "≥ 278", 278, decode("4 7B fp16"), shown="{:.0f}"),
    Target("the same beside the rwkv package", "≥ 3.3×", 3.3, lambda seen: seen.beside_package("4 7B fp16")),
    Target(
        "with 85 % zeros in relu², beside none", "≥ 1.12×", 1.12, ratio("decode", "4 7B fp16, 85 % zeros", "4 7B fp16")),
    Target(
        "fp16i8 with 85 % zeros, beside none", "any", None, ratio("decode", "4 7B fp16i8, 85 % zeros", "4 7B fp16i8")),
    Target("RWKV-4 169M writes, tokens/s", "≥ 4,500", 4500, decode("4 169M fp16"), shown="{:.0f}"),
    Target("7B fp16i8 writes, beside fp16", "≥ 1.7×", 1.7, ratio("decode", "4 7B fp16i8", "4 7B fp16")),
    Target("7B fp16i4 writes, beside fp16", "≥ 2.4×", 2.4, ratio("decode", "4 7B fp16i4", "4 7B fp16")),
    Target("7B reads 2048, of peak", "≥ 0.65", 0.65, lambda seen: seen.of_peak("4 7B fp16")),
    Target("7B reads 512, of peak", "≥ 0.55", 0.55, lambda seen: seen.of_peak("4 7B fp16, 512 and 64")),
    Target("7B i8 reads 2048, beside fp16", "≥ 0.85×", 0.85, ratio("prefill", "4 7B fp16i8", "4 7B fp16")),
    Target("RWKV-7 7B writes, tokens/s", "≥ 265", 265, decode("7 7B fp16"), shown="{:.0f}"),
    Target("RWKV-7 1.5B writes, tokens/s", "≥ 1,000", 1000, decode("7 1.5B fp16"), shown="{:.0f}"),
    Target("RWKV-7 0.1B writes, tokens/s", "≥ 3,000", 3000, decode("7 0.1B fp16"), shown="{:.0f}"),
    Target("RWKV-7 7B, batch of 16, tokens/s", "≥ 2,800", 2800, decode("7 7B fp16", 16), shown="{:.0f}"),
    Target("RWKV-7 7B, batch of 64, tokens/s", "≥ 8,000", 8000, decode("7 7B fp16", 64), shown="{:.0f}"),
    Target("RWKV-7 7B, batch of 256, tokens/s", "≥ 15,000", 15000, decode("7 7B fp16", 256), shown="{:.0f}"),
    Target("RWKV-7 7B reads 2048, tokens/s", "≥ 27,000", 27000, lambda seen: seen.prefill("7 7B fp16"), shown="{:.0f}"),
    Target(
        "169M *6 -> cpu fp32, beside the package", "≥ 3×", 3, lambda seen: seen.beside_package("4 169M fp16 *6 -> cpu fp32")),
    Target("7B *24+, of the pinned copy", "≥ 0.85", 0.85, lambda seen: seen.of_pinned_copy("4 7B fp16 *24+", 24)),
    Target("7B, load to first token, s", "≤ 2.5", 2.5, lambda seen: seen.first_token("4 7B fp16"), is_limit=True),
    Target(
        "7B, memory beside weights and context, GB", "≤ 0.6", 0.6, lambda seen: seen.extra_memory("4 7B fp16"), is_limit=True),
    Target("7B, memory beside weights alone, GB", "any", None, lambda seen: seen.memory_beside_weights("4 7B fp16")),
    Target("HTTP, 1 stream, of the bench", "≥ 0.97", 0.97, lambda seen: seen.of_bench("1 stream", "4 7B fp16")),
    Target("HTTP, 64 streams, of the bench", "≥ 0.90", 0.90, lambda seen: seen.of_bench("64 streams", "4 7B fp16, 512 and 64")),
    Target("169M, kernels brought along, tokens/s", "any", None, decode("4 169M fp16"), shown="{:.0f}"),
    Target("169M, --rwkv-cuda-on, tokens/s", "any", None, decode(COMPILED), shown="{:.0f}"),
    Target("--rwkv-cuda-on beside those, by bench or HTTP", "any", None, Seen.compiled),
    Target("the card reads, GB/s, by bench", "any", None, lambda seen: seen.card("read_bandwidth_bytes_per_second") / 1e9,
           shown="{:.0f}"),
    Target("fp16 matrices, TFLOP/s, by bench", "any", None, lambda seen: seen.card("peak_flops") / 1e12, shown="{:.0f}"),
]


def judge(numbers, is_dry):
    """(name, wanted, seen, verdict) of every target."""
    seen = Seen(numbers)
    return [(target.name, target.wanted, *verdict(target, seen, is_dry)) for target in TARGETS]


def verdict(target, seen, is_dry):
    try:
        value = target.figure(seen)
    except NOT_MEASURED:
        return "", "not run"
    shown = target.shown.format(value)
    if is_dry or target.least is None:
        return shown, "dry" if is_dry else "seen"
    is_met = value <= target.least if target.is_limit else value >= target.least
    return shown, "met" if is_met else "missed"
