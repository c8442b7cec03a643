"""Runs every kernel of products through the plan and the fake driver, against double precision.

    python3 Tests/CUDA/products.py [--card] [--every N] [WORD…]

Builds what it needs. With words, only checks whose name has one of them; with --every, one of N of them, the same in each run.
One line for each check that fails, then how many passed and failed. Needs numpy, which compile.py installs for it. With --card
it runs on the card of this machine, with what Tests/CUDA/plan has built.
"""

import ctypes as C
import sys
import zlib

import numpy as np

from card import (
    bf16, Device, driver, Launch, MixedRow, oracle, P, Pass, PeakArguments, plan, ProductPart, RoundArguments, Survey, turned, TYPES, U32,
    U64, WeightArguments, weights)

NONE, TANH, SIGMOID, SQUARE_RELU, ADD, GATED_ADD = range(6)


def sigmoid(v):
    return 0.5 + 0.5 * np.tanh(v / 2)


def multiply(rng, rows, shapes, capability=80, exact=0, given=None, processors=8, capacity=None, order="forward", inputs=None,
             before_release=lambda: None, by_input=0):
    """Runs products of (type, outputs, columns, epilogue); for each the result, what it should be, and how large it is."""
    driver.start(capability, order)
    device = Device(capability, processors, {70: 96, 80: 163, 90: 227}[capability] << 10)
    counts = driver.put(np.array([rows, 1, 1, 0], np.int32))
    parts = (ProductPart * 3)()
    expected, places = [], []
    for i, (kind, outputs, columns, epilogue) in enumerate(shapes):
        raw, w = weights(rng, kind, outputs, columns)
        x = rng.standard_normal((rows, columns)).astype(np.float32)
        part = parts[i]
        part.weight, part.x = driver.put(turned(raw, kind, outputs, columns) if by_input else raw), driver.put(x)
        y = np.full((rows, outputs), np.nan, np.float32)
        part.y.values = driver.put(y)
        stream, gate = (rng.standard_normal((rows, outputs)).astype(np.float32) for _ in range(2))
        part.outputs, part.columns, part.weightType, part.epilogue = outputs, columns, TYPES.index(kind), epilogue
        part.isExact, part.isTurned, part.scale, part.roundedScale = exact, by_input, 1, 1
        if given:
            given(part, x, y, i)
        if epilogue >= ADD:
            part.stream, part.gate = driver.put(stream), driver.put(gate)
        v = (inputs(kind, x) if inputs else x.astype(float)) @ w.T
        size = np.abs(x.astype(float)) @ np.abs(w.T)
        expected.append((
            {NONE: v, TANH: np.tanh(v), SIGMOID: sigmoid(v), SQUARE_RELU: np.maximum(v, 0) ** 2, ADD: stream + v,
             GATED_ADD: stream + sigmoid(gate.astype(float)) * v}[epilogue],
            size * (2 * np.maximum(v, 0) + 1e-3 * size if epilogue == SQUARE_RELU else 1) + 1))
        places.append((part.stream if epilogue >= ADD else part.y.values, y))
    count = len(shapes)
    bytes = plan.cuda_scratch_bytes(device, parts, count, capacity or rows)
    scratch = driver.put(np.zeros(bytes, np.uint8))
    memory = C.create_string_buffer(64 * C.sizeof(Launch) + 64)
    launches = (Launch * 64).from_buffer(memory, -C.addressof(memory) % 64)
    planned = plan.cuda_plan_products(
        device, parts, count, Pass(counts), 0, capacity or rows, U64(scratch), launches)
    names = []
    for launch in launches[:planned]:
        x, y, z, threads, shared = launch.size
        names.append(launch.kernel.decode())
        for m in launch.maps[:launch.mapCount]:
            driver("cuTensorMapEncodeTiled", C.byref(launch.arguments, m.offset), 6 if TYPES[m.type] == "f16" else 9, 2,
                   P(m.address), (U64 * 2)(m.columns, m.rows), (U64 * 1)(m.pitch), (U32 * 2)(m.boxColumns, m.boxRows),
                   (U32 * 2)(1, 1), 0, 3, 3, 0)
        driver.launch(launch.kernel, (x, y, z), threads, shared, C.byref(launch.arguments))
    driver("cuCtxSynchronize")
    results = [driver.get(place, like) for place, like in places]
    before_release()
    tickets = driver.get(scratch, np.zeros(65536, np.uint8))
    driver.release()
    return results, expected, names, not tickets.any()


passed = failed = 0


def check(name, *arguments, bound=2e-6, kernel=None, **options):
    """One run in each of three orders of blocks and warps: right, and the same bits."""
    global passed, failed
    if not wanted(name) or not driver.runs(options.get("capability", 80)):
        return
    said = []
    first = None
    for order in ("forward", "reverse", "7"):
        try:
            results, expected, names, clean = multiply(np.random.default_rng(1), *arguments, order=order, **options)
        except RuntimeError as error:
            said.append(str(error))
            driver.owned, driver.capability = [], None
            break
        if not clean:
            said.append("tickets are left")
        if kernel and not any(kernel in n for n in names):
            said.append(f"took {names}")
        for i, (y, (right, size)) in enumerate(zip(results, expected)):
            off = np.max(np.abs(y - right) / size)
            if not off <= bound:
                said.append(f"product {i} off by {off:.1e}")
        if first and any((a.view(np.uint32) != b.view(np.uint32)).any() for a, b in zip(first, results)):
            said.append(f"other bits with {order}")
        first = first or results
    passed, failed = passed + (not said), failed + bool(said)
    if said:
        print(f"{name}: {'; '.join(dict.fromkeys(said))}", flush=True)


def result(name, said):
    global passed, failed
    passed, failed = passed + (not said), failed + bool(said)
    if said:
        print(f"{name}: {said}", flush=True)


def source(rng, kind, outputs, columns, scale=1):
    """A plain matrix as bits, and its numbers."""
    numbers = (rng.standard_normal((outputs, columns)) * scale).astype(np.float32)
    if kind == "f16":
        return numbers.astype(np.float16), numbers.astype(np.float16).astype(np.float32)
    return bf16(numbers) if kind == "bf16" else (numbers, numbers)


def load(kernel, size, bits, kinds, target, counts=0):
    """Runs a kernel that brings a matrix into a layout; the layout's bytes."""
    outputs, columns = bits.shape
    layout = plan.cuda_weight_layout(TYPES.index(kinds[1]), outputs, columns)
    to = driver.put(np.zeros(layout.bytes, np.uint8)) if target else 0
    a = WeightArguments(
        driver.put(bits), to, outputs, columns, TYPES.index(kinds[0]), TYPES.index(kinds[1]), counts, to + layout.scales)
    launch = size(a)
    driver.launch(kernel, (launch.x, launch.y, launch.z), launch.threads, launch.shared, C.byref(a))
    driver("cuCtxSynchronize")
    return driver.get(to, np.zeros(layout.bytes, np.uint8)) if target else None, layout


WORDS = [word for word in sys.argv[1:] if word != "--card"]
EVERY = int(WORDS.pop(WORDS.index("--every") + 1)) if "--every" in WORDS[:-1] else 1


def wanted(name):
    words = [word for word in WORDS if word != "--every"]
    return zlib.crc32(name.encode()) % EVERY == 0 and (not words or any(word in name for word in words))


def placing():
    """Weights into their layouts, exactly rounded, with counts of what is lost."""
    driver.start(70)
    for kinds in [(a, b) for a in TYPES[:3] for b in TYPES[:3]]:
        for outputs, columns in ((1, 1), (5, 33), (40, 96)):
            name = f"place {kinds} {outputs}x{columns}"
            if not wanted(name):
                continue
            bits, numbers = source(np.random.default_rng(2), kinds[0], outputs, columns)
            if kinds[0] != "f16":
                numbers = numbers.copy()
                odd = np.array([1e9, 1e-12, np.inf, np.nan, -3e38, 65519.996, 65520, 2.0 ** -25, 3e-8], np.float32)
                numbers.ravel()[:9] = odd[:numbers.size]
                bits, numbers = bf16(numbers) if kinds[0] == "bf16" else (numbers, numbers)
            counts = driver.put(np.zeros(3, np.uint32))
            raw, layout = load(b"mk_place", plan.cuda_launch_place, bits, kinds, True, counts)
            load(b"mk_place", plan.cuda_launch_place, bits, kinds, False)
            with np.errstate(over="ignore", invalid="ignore"):
                right = {"f32": numbers, "f16": numbers.astype(np.float16), "bf16": bf16(numbers)[0]}[kinds[1]]
                as_numbers = right.astype(np.float32) if kinds[1] != "bf16" else bf16(numbers)[1]
            rows = raw.reshape(outputs, layout.pitch).view(right.dtype)
            finite = np.isfinite(numbers)
            if kinds[1] == "bf16":
                as_numbers[np.isnan(numbers)] = np.nan
            want = [np.sum(~finite), np.sum(finite & ~np.isfinite(as_numbers)), np.sum((numbers != 0) & (as_numbers == 0))]
            got = driver.get(counts, np.zeros(3, np.uint32))
            same = rows[:, :columns] == right
            said = "" if (same | np.isnan(numbers)).all() and not rows[:, columns:].any() else "other numbers"
            result(name, said + ("" if (got == want).all() else f" counts {got}, not {want}"))
            driver.release()


def quantising():
    """Weights quantised as the CPU backend does, bit for bit; and widened again."""
    driver.start(70)
    for bits_each, kind in ((8, "i8"), (4, "i4")):
        for stored in TYPES[:3]:
            for outputs, columns, scale in ((1, 1, 1), (16, 64, .02), (40, 128, 2), (5, 33, 1e-3), (33, 200, 30), (7, 96, 0), (3, 70, 1e-38)):
                name = f"quantise {stored} {kind} {outputs}x{columns}"
                if not wanted(name):
                    continue
                bits, numbers = source(np.random.default_rng(outputs), stored, outputs, columns, scale)
                raw, layout = load(b"mk_quantise_" + kind.encode(), plan.cuda_launch_quantise, bits, (stored, kind), True)
                rows, units = raw[:layout.scales].reshape(outputs, -1), (columns + 63) // 64
                q = np.zeros((outputs, units * 64), np.uint8)
                pairs = raw[layout.scales:].view(np.uint16).reshape(outputs, -1)
                if kind == "i8":
                    q[:, :rows.shape[1]] = rows ^ 0x80
                else:
                    halves = rows.reshape(outputs, -1, 16)
                    q[:, :rows.shape[1] * 2] = np.concatenate([halves & 15, halves >> 4], 2).reshape(outputs, -1)
                said = ""
                for first in range(0, outputs, 16):
                    count = min(16, outputs - first)
                    size = oracle.oracle_panel_bytes(bits_each, C.c_size_t(columns))
                    panel = np.zeros(size, np.uint8)
                    w = np.ascontiguousarray(numbers[first:first + count])
                    oracle.oracle_quantise(
                        bits_each, panel.ctypes.data_as(P), w.ctypes.data_as(P), C.c_size_t(count), C.c_size_t(columns))
                    panel = panel.reshape(units, -1)
                    scales = panel[:, -64:].copy().view(np.uint16).reshape(units, 2, 16)
                    body = panel[:, :-64].reshape(units, -1, 16, 4)
                    if kind == "i8":
                        whole = body.transpose(2, 0, 1, 3).reshape(16, -1)
                        right = scales.transpose(2, 0, 1).reshape(16, -1)
                    else:
                        whole = np.concatenate([body & 15, body >> 4], 3).transpose(2, 0, 1, 3).reshape(16, -1)
                        right = scales.transpose(2, 0, 1).reshape(16, -1)[:, :pairs.shape[1]]
                    if (whole[:count, :columns] != q[first:first + count, :columns]).any():
                        said = "other weights"
                    if (right[:count] != pairs[first:first + count]).any():
                        said += " other scales"
                result(name, said)
                if columns % 64 == 0 and outputs % 8 == 0:
                    result(f"{name}, turned", turned_as(raw, bits, stored, kind))
                driver.release()
        for to in ("f16", "bf16"):
            for outputs, columns in ((3, 5), (9, 64), (20, 130)):
                name = f"widen {kind} {to} {outputs}x{columns}"
                if not wanted(name):
                    continue
                raw, numbers = weights(np.random.default_rng(4), kind, outputs, columns)
                layout = plan.cuda_weight_layout(TYPES.index(to), outputs, columns)
                target = driver.put(np.full(layout.bytes, 255, np.uint8))
                weight = driver.put(raw)
                scales = weight + plan.cuda_weight_layout(TYPES.index(kind), outputs, columns).scales
                a = WeightArguments(weight, target, outputs, columns, TYPES.index(kind), TYPES.index(to), 0, scales)
                launch = plan.cuda_launch_place(a)
                driver.launch(f"mk_widen_{kind}".encode(), (launch.x, 1, 1), launch.threads, 0, C.byref(a))
                driver("cuCtxSynchronize")
                got = driver.get(target, np.zeros(layout.bytes, np.uint8)).view(np.uint16).reshape(outputs, -1)[:, :columns]
                got = got.view(np.float16).astype(float) if to == "f16" else (got.astype(np.uint32) << 16).view(np.float32)
                off = np.max(np.abs(got - numbers) / (np.abs(numbers) + 1e-3))
                result(name, "" if off <= (2 ** -11 if to == "f16" else 2 ** -8) * 1.01 else f"off by {off:.1e}")
                driver.release()


def turned_as(raw, bits, stored, kind):
    """Quantises some rows at a time into a turned weight; what is other than in the layout by output that is given."""
    outputs, columns = bits.shape
    each, half = outputs // 2, 1 if kind == "i8" else 2
    scales = outputs * columns // half
    to = driver.put(np.zeros(raw.size, np.uint8))
    for first in range(0, outputs, each):
        a = WeightArguments(
            driver.put(bits[first:first + each]), to + first // half, each, columns, TYPES.index(stored), TYPES.index(kind), 0,
            to + scales + first * 4 // half, outputs)
        launch = plan.cuda_launch_quantise(a)
        driver.launch(b"mk_quantise_" + kind.encode(), (launch.x, 1, 1), launch.threads, 0, C.byref(a))
    driver("cuCtxSynchronize")
    return "" if (driver.get(to, raw) == turned(raw, kind, outputs, columns)).all() else "other bytes"


def rounding():
    """Activations rounded for tensor cores, with rows filled up."""
    driver.start(70)
    for rows, columns, kind, factor in ((3, 5, "f16", 1), (4, 64, "f16", 1 / 64), (2, 2050, "bf16", 1), (1, 8, "bf16", 1)):
        name = f"round {kind} {rows}x{columns}"
        if not wanted(name):
            continue
        x = np.random.default_rng(5).standard_normal((rows, columns)).astype(np.float32) * 300
        pitch = (columns + 7) // 8 * 8
        a = RoundArguments(Pass(driver.put(np.array([rows, 1, 1, 0], np.int32))), 0, 2)
        for part in a.parts[:2]:
            part.x, part.to = driver.put(x), driver.put(np.full((rows, pitch), 255, np.uint16))
            part.columns, part.type, part.factor = columns, TYPES.index(kind), factor
        driver.launch(b"mk_round", ((columns + 2047) // 2048, rows, 2), 256, 0, C.byref(a))
        driver("cuCtxSynchronize")
        right = np.zeros((rows, pitch), np.uint16)
        scaled = x * np.float32(factor)
        right[:, :columns] = scaled.astype(np.float16).view(np.uint16) if kind == "f16" else bf16(scaled)[0]
        got = [driver.get(part.to, right) for part in a.parts[:2]]
        result(name, "" if all((g == right).all() for g in got) else "other numbers")
        driver.release()


def plain():
    for kind in TYPES:
        for rows in (2, 7, 9, 40, 70):
            for outputs, columns in ((1, 1), (33, 70), (65, 257), (48, 96), (130, 32))[rows % 2::2]:
                epilogue = (rows + outputs) % 6
                check(f"{kind} {rows}x{outputs}x{columns}", rows, [(kind, outputs, columns, epilogue)], capability=70)
        for epilogue in range(6):
            check(f"{kind} epilogue {epilogue}", 3, [(kind, 40, 64, epilogue)], capability=70)
            check(f"{kind} many epilogue {epilogue}", 20, [(kind, 40, 64, epilogue)], capability=70)
        check(f"{kind} three", 5, [(kind, 40, 64, NONE), (kind, 9, 33, TANH), (kind, 100, 48, ADD)], capability=70)
        check(f"{kind} three of many", 30, [(kind, 40, 64, NONE), (kind, 9, 33, TANH), (kind, 100, 48, ADD)], capability=70)
        check(f"{kind} fewer rows", 3, [(kind, 40, 64, NONE)], capability=70, capacity=64)
    check("mixed", 2, [("i8", 40, 64, NONE), ("f16", 9, 33, TANH), ("f16", 100, 48, ADD)], capability=70)


def widened():
    """Quantised weights times many rows, some outputs after the other where there are many."""
    for capability, rows in ((80, 66), (90, 70), (90, 130)):
        for kind in ("i8", "i4"):
            for outputs, columns in ((300, 96), (2100, 16520)):
                if rows == 66 and columns > 1000 or rows == 130 and kind == "i4":
                    continue
                check(f"widened {kind} {rows}x{outputs}x{columns} on {capability}", rows, [(kind, outputs, columns, ADD)],
                      kernel="mk_widen", inputs=to_16, capability=capability, bound=6e-4)


def quantised_inputs(kind, x):
    """What the kernels of one row make of their inputs, as the CPU backend does."""
    if kind == "i8":
        scale = np.abs(x).max(1, keepdims=True) / np.float32(16256)
        return np.rint(x * (1 / scale)).astype(float) * scale
    if kind == "i4":
        rows, columns = x.shape
        padded = np.zeros((rows, -(-columns // 32) * 32), np.float32)
        padded[:, :columns] = x
        groups = padded.reshape(rows, -1, 32)
        scale = np.abs(groups).max(2, keepdims=True) / np.float32(127)
        return (np.rint(groups * (1 / scale)).astype(float) * scale).reshape(rows, -1)[:, :columns]
    return x.astype(float)


def vector():
    """One row: all types, shapes with long and short teams, epilogues, and a row that does not fit shared memory."""
    for kind in TYPES:
        for outputs, columns in ((1, 1), (3, 8), (33, 70), (65, 257), (48, 96), (130, 32), (20, 4500), (300, 512), (9, 16500)):
            for processors in (1, 8):
                check(f"vector {kind} {outputs}x{columns} {processors}", 1, [(kind, outputs, columns, (outputs + columns) % 6)],
                      kernel="mk_vector", inputs=quantised_inputs, processors=processors)
        check(f"vector {kind} three", 1, [(kind, 40, 64, NONE), (kind, 9, 33, TANH), (kind, 100, 480, ADD)], kernel="mk_vector",
              inputs=quantised_inputs)
        check(f"vector {kind} three long", 1, [(kind, 40, 2080, NONE), (kind, 90, 33, TANH), (kind, 10, 480, SIGMOID)],
              kernel="mk_vector", inputs=quantised_inputs)
    check("vector too long", 1, [("f32", 5, 50000, NONE)], kernel="mk_rows")


def mix(rng, kind, outputs, width, stores, order, capability=70):
    """One token through normalisation, token shift and products in one kernel; how far each product and the state are off."""
    driver.start(capability, order)
    device, offset = Device(capability, 4, 96 << 10), 8
    x, gain, bias = (rng.standard_normal(width).astype(np.float32) for _ in range(3))
    x += 3
    state = rng.standard_normal(offset + width + 4).astype(np.float32)
    shares = rng.uniform(0, 1, (3, width)).astype(np.float32)
    y = (x - x.mean(dtype=float)) / np.sqrt(x.astype(float).var() + 1e-5) * gain + bias
    stored = driver.put(state)
    given = Pass(driver.put(np.array([1, 1, 0, 0], np.int32)), driver.put(np.array([stored], np.uint64)))
    row = MixedRow(driver.put(x), driver.put(gain), driver.put(bias), (U64 * 3)(*map(driver.put, shares)), 1e-5, offset, stores)
    parts, expected, places = (ProductPart * 3)(), [], []
    for part, count, share in zip(parts, outputs, shares):
        raw, w = weights(rng, kind, count, width)
        result = np.full(count, np.nan, np.float32)
        part.weight, part.y.values, part.outputs, part.columns = driver.put(raw), driver.put(result), count, width
        part.weightType, part.scale, part.roundedScale = TYPES.index(kind), 1, 1
        mixed = (y * share + state[offset:offset + width].astype(float) * (1 - share.astype(float)))[None]
        expected.append((quantised_inputs(kind, mixed.astype(np.float32)) @ w.T, np.abs(mixed) @ np.abs(w.T) + 1))
        places.append((part.y.values, result))
    scratch = driver.put(np.zeros(65536, np.uint8))
    memory = C.create_string_buffer(C.sizeof(Launch) + 64)
    launch = Launch.from_buffer(memory, -C.addressof(memory) % 64)
    if not plan.cuda_plan_mixed(device, parts, len(outputs), given, C.byref(row), U64(scratch), C.byref(launch)):
        driver.release()
        return None
    driver.launch(launch.kernel, launch.size[:3], launch.size[3], launch.size[4], C.byref(launch.arguments))
    driver("cuCtxSynchronize")
    results, after = [driver.get(*place) for place in places], driver.get(stored, state)
    state[offset:offset + width] = y if stores else state[offset:offset + width]
    off = [float(np.max(np.abs(r - e) / size)) for r, (e, size) in zip(results, expected)]
    off.append(float(np.max(np.abs(after - state))))
    is_clean = not driver.get(scratch, np.zeros(65536, np.uint8)).any()
    driver.release()
    return off, is_clean, results


def mixes():
    """Products that normalise and shift their row themselves: all types, rows of one tile and of more than five."""
    for kind in TYPES:
        for width, outputs, stores in ((32, [40, 9, 33], 1), (260, [300], 0), (2052, [20, 7], 1), (5120, [12, 30, 5], 1)):
            name = f"mixed {kind} {width} {outputs}"
            if not wanted(name):
                continue
            bound, said, first = 3e-4 if kind in ("i8", "i4") else 3e-6, [], None
            for order in ("forward", "reverse", "7"):
                off, is_clean, results = mix(np.random.default_rng(width), kind, outputs, width, stores, order)
                if not (max(off[:-1]) <= bound and off[-1] <= 1e-5 and is_clean):
                    said.append(f"off by {off}{'' if is_clean else ', tickets are left'}")
                first = first or results
                if any((a.view(np.uint32) != b.view(np.uint32)).any() for a, b in zip(first, results)):
                    said.append(f"other bits with {order}")
            result(name, "; ".join(said))
    if wanted("mixed too long"):
        is_planned = mix(np.random.default_rng(1), "f16", [8], 16500, 1, "forward") is not None
        result("mixed too long", "was planned" if is_planned else "")


def odd_inputs():
    """NaN and infinity in the one row of a quantised product reach every output; the same in each place of it."""
    for kind in ("i8", "i4"):
        for odd in (np.nan, np.inf):
            name = f"vector {kind} with {odd}"
            if not wanted(name):
                continue

            def given(part, x, y, i):
                x[0, 37] = odd
                part.x = driver.put(x)

            results, _, _, _ = multiply(np.random.default_rng(3), 1, [(kind, 20, 70, NONE)], given=given, capability=70)
            result(name, "" if not np.isfinite(results[0]).any() else "a finite product")


def rounded():
    """Activations that come rounded and results that go out rounded, with the power of two that squared ReLU needs in fp16."""
    for capability, rows in ((80, 6), (80, 70), (90, 40), (90, 140)):
        for kind, scale in (("f16", 64), ("bf16", 1)):
            name = f"rounded {kind} {rows} on {capability}"
            if not wanted(name) or not driver.runs(capability):
                continue
            places = {}

            def given(part, x, y, i):
                x *= 3000
                part.scale = scale
                bits = to_bits(kind, x / np.float32(scale))
                part.x, part.roundedX = 0, driver.put(bits)
                places["rounded"] = part.y.rounded = driver.put(np.zeros(y.shape, np.uint16))
                part.roundedType, part.roundedScale = TYPES.index(kind), 2.0 ** -20
                places["x"] = x

            def keep():
                places["got"] = driver.get(places["rounded"], np.zeros((rows, 72), np.uint16))

            results, expected, _, _ = multiply(
                np.random.default_rng(3), rows, [(kind, 72, 96, SQUARE_RELU)], given=given, capability=capability,
                inputs=lambda kind, x: numbers_of(kind, to_bits(kind, x / np.float32(scale))) * scale, before_release=keep)
            y, (right, size) = results[0], expected[0]
            off = np.max(np.abs(y - right) / size)
            right = to_bits(kind, y * np.float32(2.0 ** -20))
            said = "" if off <= 4e-6 else f"off by {off:.1e}"
            result(name, said + ("" if (places["got"] == right).all() else " other rounded numbers"))


def to_bits(kind, x):
    return bf16(x)[0] if kind == "bf16" else x.astype(np.float16).view(np.uint16)


def numbers_of(kind, bits):
    return (bits.astype(np.uint32) << 16).view(np.float32).astype(float) if kind == "bf16" else bits.view(np.float16).astype(float)


def one_row_of_zeros(kind, *sizes):
    """One row that keeps a share of its numbers, against turned weights of (outputs, columns, that share)."""
    for outputs, columns, kept in sizes:
        def given(part, x, y, i):
            x[:] = np.where(np.random.default_rng(7).random(x.shape) < kept, x, 0)
            part.x = driver.put(x)

        for processors in (1, 40):
            check(f"sparse {kind} {outputs}x{columns} {processors}", 1, [(kind, outputs, columns, (outputs + columns) % 6)],
                  by_input=1, kernel="mk_sparse", processors=processors, given=given)


def by_input():
    """Turned weights: one row of many zeros, a few rows and many, on tensor cores of both kinds."""
    for kind in ("f16", "bf16"):
        one_row_of_zeros(kind, (40, 72, .3), (8, 600, 1), (2104, 304, .1), (136, 64, 0), (264, 5000, .5), (24, 8, 1))
        for capability in (80, 90):
            for number, rows in enumerate((2, 8, 9, 17, 33, 70, 130, 300)):
                for outputs, columns in ((8, 16), (72, 264), (304, 96), (136, 1104))[number % 2::2]:
                    check(f"turned {kind} {rows}x{outputs}x{columns} on {capability}", rows,
                          [(kind, outputs, columns, (rows + outputs // 8 + columns // 8) % 6)], by_input=1, capability=capability,
                          kernel="mk_turned", inputs=to_16, processors=[1, 9][number // 2 % 2], bound=4e-6)
                check(f"turned {kind} fewer than {rows} on {capability}", rows, [(kind, 136, 640, ADD)], by_input=1,
                      capability=capability, capacity=rows + 9, kernel="mk_turned", inputs=to_16, processors=40, bound=4e-6)


def quantised_by_input():
    """The same of eight and four bits: one row of many zeros in fp32, a few rows on tensor cores, and many, widened."""
    for kind in ("i8", "i4"):
        one_row_of_zeros(kind, (40, 64, .3), (8, 640, 1), (2104, 320, .1), (136, 64, 0), (264, 5056, .5), (24, 2176, 1))
        for number, rows in enumerate((2, 8, 16, 17, 33, 64, 65, 140)):
            for outputs, columns in ((8, 64), (72, 320), (304, 128), (136, 1152))[number % 2::2]:
                # Rows beyond the few take what is different about sm_90a.
                for capability in (80, 90) if rows > 64 else (80,):
                    check(f"turned {kind} {rows}x{outputs}x{columns} on {capability}", rows,
                          [(kind, outputs, columns, (rows + outputs // 8 + columns // 8) % 6)], by_input=1,
                          capability=capability, kernel="mk_widen" if rows > 64 else f"mk_turned_{kind}", inputs=to_16,
                          processors=[1, 9][number // 2 % 2], bound=6e-4)
        check(f"turned {kind} fewer rows", 20, [(kind, 136, 640, ADD)], by_input=1, capacity=40, kernel="mk_turned",
              inputs=to_16, processors=40, bound=6e-4)
        # Outputs of several ranges.
        check(f"turned {kind} widened by ranges", 66, [(kind, 2104, 16512, ADD)], by_input=1, capability=90, kernel="mk_widen",
              inputs=to_16, bound=6e-4)


def turning():
    """Matrices turned, as a whole and some rows at a time."""
    driver.start(70)
    for kinds in [(a, b) for a in TYPES[:3] for b in TYPES[1:3]]:
        for outputs, columns, rows in ((8, 8, 8), (40, 72, 16), (104, 96, 104)):
            name = f"turn {kinds} {outputs}x{columns}"
            if not wanted(name):
                continue
            bits, numbers = source(np.random.default_rng(8), kinds[0], outputs, columns)
            to = driver.put(np.zeros(outputs * columns, np.uint16))
            for first in range(0, outputs, rows):
                part = bits[first:first + rows]
                a = WeightArguments(
                    driver.put(part), to + 2 * first, len(part), columns, TYPES.index(kinds[0]), TYPES.index(kinds[1]), 0, 0,
                    outputs)
                launch = plan.cuda_launch_turn(a)
                driver.launch(b"mk_turn", (launch.x, launch.y, launch.z), launch.threads, 0, C.byref(a))
            driver("cuCtxSynchronize")
            right = np.ascontiguousarray(to_bits(kinds[1], numbers).T)
            result(name, "" if (driver.get(to, right) == right).all() else "other numbers")
            driver.release()


def surveys():
    """What a load makes sure of is what passes of every size need: scratch memory and kernels."""
    for capability in (70, 80, 90):
        device = Device(capability, 132, 227 << 10)
        for kinds in (("f16",), ("i8",), ("i4",), ("f16", "f16", "f16"), ("i4", "f16"), ("bf16", "i8", "f32")):
            for by_input, outputs, columns, rows in (
                    (0, 768, 3072, 300), (0, 4096, 96, 1024), (1, 4096, 16384, 700), (0, 9, 33, 70)):
                name = f"survey {kinds} {outputs}x{columns} {rows} on {capability}"
                if not wanted(name) or by_input and (len(kinds) > 1 or capability == 70):
                    continue
                parts = (ProductPart * 3)(*(
                    ProductPart(weight=4096, outputs=outputs, columns=columns, weightType=TYPES.index(kind), isTurned=by_input,
                                scale=1) for kind in kinds))
                survey, need, names = Survey(), 0, set()
                plan.cuda_survey_products(device, parts, len(kinds), rows, C.byref(survey))
                launches = (Launch * 64)()
                for count in range(1, rows + 1):
                    need = max(need, plan.cuda_scratch_bytes(device, parts, len(kinds), count))
                    planned = plan.cuda_plan_products(device, parts, len(kinds), Pass(), 0, count, U64(4096), launches)
                    names |= {launch.kernel for launch in launches[:planned]}
                found = {kernel.name for kernel in survey.kernels[:survey.count]}
                said = "" if survey.scratchBytes == need else f"{survey.scratchBytes} bytes for {need}"
                result(name, said + ("" if found == names else f" kernels {found ^ names}"))


def peaks():
    """What measures rates runs to its end."""
    for capability in (70, 80, 90):
        peak = plan.cuda_plan_peak(Device(capability, 1, 99 << 10))
        name = f"peak {capability}"
        if not wanted(name) or not driver.runs(capability):
            continue
        driver.start(capability)
        if peak.kernel:
            a = PeakArguments(2, driver.put(np.zeros(1, np.float32)))
            driver.launch(peak.kernel, (1, 1, 1), peak.size.threads, peak.size.shared, C.byref(a))
            driver("cuCtxSynchronize")
        result(name, "" if (peak.operations > 0) == (capability >= 80) else "no operations")
        driver.release()


def to_16(kind, x):
    """What tensor cores take of activations."""
    return (bf16(x)[1] if kind == "bf16" else x.astype(np.float16)).astype(float)


def tensor():
    """2 and more rows on tensor cores: all types, odd shapes, split sums, several products, results of 16 bits."""
    few = {"f16": 32, "bf16": 32, "i8": 64, "i4": 64}
    for kind in TYPES[1:]:
        for number, rows in enumerate((2, 7, 16, 17, 33, 40, 64, 65, 130)):
            for outputs, columns in ((1, 1), (33, 70), (65, 257), (48, 96), (300, 32), (130, 1100))[number % 2::2]:
                for processors in ((1, 80) if columns > 1000 else (8,)):
                    kernel = "mk_few" if rows <= few[kind] else "mk_matrix"
                    check(f"tensor {kind} {rows}x{outputs}x{columns} {processors}", rows,
                          [(kind, outputs, columns, (rows + outputs + columns) % 6)], kernel=kernel, inputs=to_16,
                          processors=processors, bound=6e-4 if kind in ("i8", "i4") else 4e-6)
        for rows in (5, 40, 70):
            check(f"tensor {kind} three {rows}", rows, [(kind, 140, 64, NONE), (kind, 9, 1033, TANH), (kind, 300, 480, ADD)],
                  inputs=to_16, processors=40, bound=6e-4 if kind in ("i8", "i4") else 4e-6)
            check(f"tensor {kind} fewer rows {rows}", rows, [(kind, 140, 640, ADD)], capacity=rows + 9, inputs=to_16,
                  processors=40, bound=6e-4 if kind in ("i8", "i4") else 4e-6)
            check(f"tensor {kind} exact {rows}", rows, [(kind, 40, 64, NONE)], exact=1, kernel="s_" + kind)


def hopper():
    """sm_90a: batches and many rows, both widths of tiles, split sums, several products."""
    for kind in ("f16", "bf16"):
        for rows in (9, 17, 40, 100, 129, 300):
            for outputs, columns in ((1, 1), (65, 257), (300, 96), (130, 1100))[rows % 2::2]:
                kernel = "mk_stream" if rows <= 128 else "mk_wide"
                check(f"hopper {kind} {rows}x{outputs}x{columns}", rows,
                      [(kind, outputs, columns, (rows + outputs + columns) % 6)], kernel=kernel, inputs=to_16,
                      processors=[1, 9][rows % 2], bound=4e-6, capability=90)
        for rows in (40, 140):
            check(f"hopper {kind} three {rows}", rows, [(kind, 140, 64, NONE), (kind, 9, 1033, TANH), (kind, 300, 480, ADD)],
                  inputs=to_16, processors=40, bound=4e-6, capability=90)
            check(f"hopper {kind} fewer rows {rows}", rows, [(kind, 140, 640, ADD)], capacity=rows + 200, inputs=to_16,
                  processors=2, bound=4e-6, capability=90)


rounding()
rounded()
hopper()
peaks()
tensor()
vector()
mixes()
odd_inputs()
surveys()
by_input()
quantised_by_input()
widened()
turning()
placing()
quantising()
plain()
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
