"""How fast products are on the card of this machine, at the shapes of RWKV-4 7B: GB/s of weights, or TFLOP/s for many rows.

    python3 Tests/CUDA/rates.py --card [WORD…]     only lines that have one of the words

Each product is recorded many times into a graph, over weights that lie apart, as a model launches it: each kernel may start before
the one in front has ended. Without --card the fake driver runs tiny shapes, which shows that this file works and nothing else.
"""

import ctypes as C
import sys

import numpy as np

from card import Device, driver, Launch, P, Pass, PeakArguments, plan, ProductPart, TYPES, U32, U64

SHAPES = [(12288, 4096), (4096, 4096), (20480, 4096), (4096, 16384), (50277, 4096)]
Attribute = type("Attribute", (C.Structure,), {"_fields_": [("id", C.c_int), ("pad", C.c_int), ("value", C.c_int * 16)]})
Config = type("Config", (C.Structure,), {"_fields_": [
    ("grid", U32 * 3), ("block", U32 * 3), ("shared", U32), ("stream", P), ("attributes", C.POINTER(Attribute)), ("count", U32)]})


class Memory:
    """Random fp16 numbers, as many as asked for, in one piece."""

    def __init__(self, bytes):
        self.address, block = U64(), (np.random.default_rng(1).random(1 << 22) - 0.5).astype(np.float16)
        driver("cuMemAlloc_v2", C.byref(self.address), C.c_size_t(bytes))
        for at in range(0, bytes, block.nbytes):
            size = min(block.nbytes, bytes - at)
            driver("cuMemcpyHtoD_v2", U64(self.address.value + at), block.ctypes.data_as(P), C.c_size_t(size))


def launches_of(device, part, rows, counts, scratch):
    """The plan of one product, tensor maps encoded."""
    memory = C.create_string_buffer(64 * C.sizeof(Launch) + 64)
    launches = (Launch * 64).from_buffer(memory, -C.addressof(memory) % 64)
    count = plan.cuda_plan_products(device, (ProductPart * 1)(part), 1, Pass(counts), 0, rows, U64(scratch), launches)
    for launch in launches[:count]:
        for m in launch.maps[:launch.mapCount]:
            driver("cuTensorMapEncodeTiled", C.byref(launch.arguments, m.offset), 6 if TYPES[m.type] == "f16" else 9, 2,
                   P(m.address), (U64 * 2)(m.columns, m.rows), (U64 * 1)(m.pitch), (U32 * 2)(m.boxColumns, m.boxRows),
                   (U32 * 2)(1, 1), 0, 3, 3, 0)
    return launches[:count]


def seconds(launches, isEarly):
    """Of a graph of all these launches."""
    stream, graph, executable, begin, end = P(), P(), P(), P(), P()
    driver("cuStreamCreate", C.byref(stream), 1)
    driver("cuEventCreate", C.byref(begin), 0)
    driver("cuEventCreate", C.byref(end), 0)
    functions = [driver.function(launch.kernel, launch.size[4]) for launch in launches]
    driver("cuStreamBeginCapture_v2", stream, 2)
    attribute = (Attribute * 1)(Attribute(6, 0, (C.c_int * 16)(1)))
    for launch, function in zip(launches, functions):
        x, y, z, threads, shared = launch.size
        config = Config((x, y, z), (threads, 1, 1), shared, stream, attribute if isEarly else None, int(isEarly))
        parameters = (P * 1)(C.cast(C.byref(launch.arguments), P))
        driver("cuLaunchKernelEx", C.byref(config), function, parameters, None)
    driver("cuStreamEndCapture", stream, C.byref(graph))
    driver("cuGraphInstantiateWithFlags", C.byref(executable), graph, U64(0))
    best = 1e9
    for run in range(4):
        driver("cuEventRecord", begin, stream)
        driver("cuGraphLaunch", executable, stream)
        driver("cuEventRecord", end, stream)
        driver("cuStreamSynchronize", stream)
        took = C.c_float()
        driver("cuEventElapsedTime", C.byref(took), begin, end)
        best = min(best, took.value / 1e3) if run else best
    return max(best, 1e-9)


def main():
    words = [word for word in sys.argv[1:] if word != "--card"]
    small = 64 if driver.isFake else 1
    capability = 90 if driver.isFake else driver.attribute(75) * 10 + driver.attribute(76)
    driver.start(capability)
    device = Device(capability, 2 if driver.isFake else driver.attribute(16), driver.attribute(97))
    pool = (8 << 20) if driver.isFake else (6 << 30)
    weights, x = Memory(pool), Memory((64 << 20) // small)
    y = Memory((512 << 20) // small)
    scratch = U64()
    scratchBytes = (16 << 20) if driver.isFake else (1 << 30)
    driver("cuMemAlloc_v2", C.byref(scratch), C.c_size_t(scratchBytes))
    driver("cuMemsetD8_v2", scratch, 0, C.c_size_t(65536))
    for rows in (1, 2, 8, 16, 32, 64, 128, 512, 2048):
        rows = max(1, rows // (16 if driver.isFake and rows > 16 else 1))
        counts = driver.put(np.array([rows, rows, rows, 0], np.int32))
        for kind in ("f16", "i8", "i4"):
            for outputs, columns in SHAPES:
                line = f"{rows} × {outputs} × {columns} {kind}"
                if words and not any(word in line for word in words):
                    continue
                outputs, columns = outputs // small, columns // small
                layout = plan.cuda_weight_layout(TYPES.index(kind), outputs, columns)
                copies = max(1, min(8, (1 if driver.isFake else 1 << 30) // layout.bytes + 1, pool // layout.bytes))
                launches = []
                for copy in range(copies):
                    part = ProductPart(
                        weight=weights.address.value + copy * (layout.bytes + 255) // 256 * 256, x=x.address.value,
                        roundedX=x.address.value, outputs=outputs, columns=columns, weightType=TYPES.index(kind), scale=1,
                        roundedScale=1)
                    part.y.values = y.address.value
                    need = plan.cuda_scratch_bytes(device, (ProductPart * 1)(part), 1, rows)
                    if need > scratchBytes:
                        raise SystemExit(f"{line} needs {need} bytes of scratch memory")
                    launches += launches_of(device, part, rows, counts, scratch.value)
                took = seconds(launches, capability == 90) / copies
                rate = f"{layout.bytes / took / 1e9:7.0f} GB/s"
                if rows >= 64:
                    rate = f"{2 * rows * outputs * columns / took / 1e12:7.1f} TFLOP/s"
                names = " ".join(dict.fromkeys(launch.kernel.decode() for launch in launches))
                print(f"{line:28} {took * 1e6:9.1f} µs {rate}  {names}", flush=True)
    peak = plan.cuda_plan_peak(device)
    if peak.kernel and (not words or "peak" in words):
        launch, rounds = Launch(kernel=peak.kernel), 1 if driver.isFake else 20000
        launch.size[:] = [peak.size.x, 1, 1, peak.size.threads, peak.size.shared]
        a = PeakArguments(rounds, y.address.value)
        C.memmove(launch.arguments, C.byref(a), C.sizeof(a))
        took = seconds([launch], False)
        print(f"{'peak':28} {took * 1e6:9.1f} µs {peak.operations * rounds / took / 1e12:7.1f} TFLOP/s  {peak.kernel.decode()}")


main()
