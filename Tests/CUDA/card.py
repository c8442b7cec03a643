"""The driver as a host uses it, the plan of products, and matrices in the layouts of the device, for products.py and rates.py.

With --card among the arguments the driver is that of this machine, and libraries are those that are built already.
"""

import ctypes as C
import pathlib
import re
import subprocess
import sys

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SOURCES = ROOT / "Sources/CHostCUDA"
KERNELS = dict(reversed(m) for m in re.findall(r"^CUDA_KERNEL\((\w+), (\w+),", (SOURCES / "kernels.def").read_text(), re.M))
MODULES = re.findall(r'^CUDA_MODULE\((\w+), "[^"]+", (\d+), (\w*)\)', (SOURCES / "modules.def").read_text(), re.M)

P, U64, I32, U32, F32 = C.c_void_p, C.c_ulonglong, C.c_int, C.c_uint, C.c_float
TYPES = ["f32", "f16", "bf16", "i8", "i4"]


def structure(name, fields):
    return type(name, (C.Structure,), {"_fields_": fields})


Pass = structure("Pass", [(n, U64) for n in "counts states starts sequenceOfRow outputRows chunks chunkStarts".split()])
RowsOut = structure("RowsOut", [("values", U64), ("rounded", U64)])
ProductPart = structure("ProductPart", [
    ("weight", U64), ("x", U64), ("roundedX", U64), ("y", RowsOut), ("gate", U64), ("stream", U64), ("outputs", I32),
    ("columns", I32), ("weightType", I32), ("epilogue", I32), ("isExact", I32), ("isTurned", I32), ("scale", F32), ("roundedScale", F32),
    ("roundedType", I32), ("pitch", I32), ("firstBlock", I32), ("blocks", I32), ("team", I32), ("splits", I32), ("sums", U64),
    ("tickets", U64)])
MixedRow = structure("MixedRow", [
    ("x", U64), ("gain", U64), ("bias", U64), ("weights", U64 * 3), ("epsilon", F32), ("offset", I32), ("storesShift", I32),
    ("rowOffset", I32), ("ticket", U64)])
RoundPart = structure("RoundPart", [("x", U64), ("to", U64), ("columns", I32), ("type", I32), ("factor", F32), ("pad", I32)])
RoundArguments = structure("RoundArguments", [("passed", Pass), ("unit", I32), ("count", I32), ("parts", RoundPart * 3)])
WeightArguments = structure("WeightArguments", [
    ("source", U64), ("to", U64), ("outputs", I32), ("columns", I32), ("fromType", I32), ("toType", I32), ("counts", U64),
    ("scales", U64), ("pitch", I32)])
PeakArguments = structure("PeakArguments", [("rounds", I32), ("out", U64)])
Size = structure("Size", [(n, U32) for n in "x y z threads shared".split()])
Peak = structure("Peak", [("kernel", C.c_char_p), ("size", Size), ("operations", C.c_double)])
Device = structure("Device", [("capability", I32), ("processors", I32), ("sharedBytes", I32)])
Layout = structure("Layout", [("pitch", U64), ("scales", U64), ("bytes", U64)])
Map = structure("Map", [
    ("address", U64), ("rows", U64), ("columns", U64), ("pitch", U64), ("boxRows", U32), ("boxColumns", U32), ("type", I32),
    ("offset", U32)])
SurveyedKernel = structure("SurveyedKernel", [("name", C.c_char_p), ("argumentBytes", U32)])
Survey = structure("Survey", [("count", I32), ("kernels", SurveyedKernel * 24), ("scratchBytes", U64)])
Launch = structure("Launch", [
    ("kernel", C.c_char_p), ("size", U32 * 5), ("argumentBytes", U32), ("mapCount", U32), ("maps", Map * 6),
    ("padding", C.c_ubyte * 56), ("arguments", C.c_ubyte * 1536)])


class Driver:
    """The fake driver, or that of a card."""

    def __init__(self, path):
        self.library = C.CDLL(path)
        self.isFake = hasattr(self.library, "fakecuda_message")
        if self.isFake:
            self.library.fakecuda_message.restype = C.c_char_p
        self.capability = None
        self.start(80)

    def start(self, capability, order="forward"):
        """A card of this capability whose threads run in this order; a real card takes kernels of lower capabilities too."""
        if self.isFake:
            self.library.fakecuda_order(order.encode())
        if capability == self.capability:
            return
        if self.isFake:
            self.library.fakecuda_configure(f"cc={capability}".encode())
            self.library.fakecuda_order(order.encode())
        self.capability = capability
        self.functions, self.modules = {}, {}
        context = P()
        self("cuInit", 0)
        self("cuDevicePrimaryCtxRetain", C.byref(context), 0)
        self("cuCtxSetCurrent", context)

    def attribute(self, number):
        value = C.c_int()
        self("cuDeviceGetAttribute", C.byref(value), number, 0)
        return value.value

    def runs(self, capability):
        """Whether the device has kernels for this capability."""
        if self.isFake:
            return True
        own = self.attribute(75) * 10 + self.attribute(76)
        return capability == own or (capability < own and capability != 90)

    def module(self, name):
        if name not in self.modules:
            for other, capability, suffix in MODULES:
                fits = self.capability == int(capability) if suffix else self.capability >= int(capability)
                if other == name and fits:
                    text = (SOURCES / "ptx" / f"{name}_{capability}{suffix}.ptx").read_bytes()
            self.modules[name] = P()
            self("cuModuleLoadDataEx", C.byref(self.modules[name]), C.c_char_p(text + b"\0"), 0, None, None)
        return self.modules[name]

    def __call__(self, name, *arguments):
        result = getattr(self.library, name)(*arguments)
        if result:
            raise RuntimeError(f"{name}: {result} {self.library.fakecuda_message().decode() if self.isFake else ''}")

    def put(self, array):
        array = np.ascontiguousarray(array)
        address = U64()
        self("cuMemAlloc_v2", C.byref(address), C.c_size_t(max(array.nbytes, 1)))
        self("cuMemcpyHtoD_v2", address, array.ctypes.data_as(P), C.c_size_t(array.nbytes))
        self.owned.append(address)
        return address.value

    def get(self, address, like):
        array = np.empty_like(like)
        self("cuMemcpyDtoH_v2", array.ctypes.data_as(P), U64(address), C.c_size_t(array.nbytes))
        return array

    def release(self):
        for address in self.owned:
            self("cuMemFree_v2", address)
        self.owned = []

    owned = []

    def function(self, kernel, shared):
        """A kernel that may have so much dynamic shared memory."""
        if kernel not in self.functions:
            function = P()
            self("cuModuleGetFunction", C.byref(function), self.module(KERNELS[kernel.decode()]), kernel)
            self.functions[kernel] = function
        if shared > 48 << 10:
            self("cuFuncSetAttribute", self.functions[kernel], 8, shared)
        return self.functions[kernel]

    def launch(self, kernel, grid, threads, shared, argument):
        parameters = (P * 1)(C.cast(argument, P))
        self("cuLaunchKernel", self.function(kernel, shared), *grid, threads, 1, 1, shared, None, parameters, None)


def built(*command):
    return subprocess.run([ROOT / command[0], *command[1:]], check=True, capture_output=True, text=True).stdout.strip()


onCard = "--card" in sys.argv
driver = Driver("libcuda.so.1" if onCard else built("Tests/FakeCUDA/build"))
libraries = ROOT / ".build/cuda" if onCard else pathlib.Path(built("Tests/CUDA/plan"))
plan = C.CDLL(libraries / "libplan.so")
plan.cuda_weight_layout.restype = Layout
plan.cuda_scratch_bytes.restype = U64
plan.cuda_launch_place.restype = plan.cuda_launch_quantise.restype = plan.cuda_launch_turn.restype = Size
plan.cuda_plan_peak.restype = Peak
oracle = C.CDLL(libraries / "liboracle.so")
oracle.oracle_panel_bytes.restype = C.c_size_t
assert C.sizeof(Launch) == 1920


def turned(raw, kind, outputs, columns):
    """The same matrix by input: sizes are such that rows have no gaps."""
    if kind in ("f16", "bf16"):
        return np.ascontiguousarray(raw.view(np.uint16).reshape(outputs, columns).T)
    bytes = outputs * columns // (1 if kind == "i8" else 2)
    whole, scales = raw[:bytes].reshape(outputs, -1), raw[bytes:].view(np.uint32 if kind == "i8" else np.uint16)
    if kind == "i4":
        groups = whole.reshape(outputs, -1, 16)
        halves = np.concatenate([groups & 15, groups >> 4], 2).reshape(outputs, columns)
        whole = halves[::2] | halves[1::2] << 4
    return np.concatenate([whole.T.ravel(), np.ascontiguousarray(scales.reshape(outputs, -1).T).view(np.uint8).ravel()])


def bf16(x):
    """Rounded to bfloat16: bits, and as numbers."""
    bits = np.asarray(x, np.float32).view(np.uint32)
    bits = (bits + 0x7FFF + (bits >> 16 & 1)) >> 16
    return bits.astype(np.uint16), (bits.astype(np.uint32) << 16).view(np.float32)


def weights(rng, kind, outputs, columns):
    """Bytes of a matrix in the device's layout, and its numbers."""
    layout = plan.cuda_weight_layout(TYPES.index(kind), outputs, columns)
    pitch = layout.pitch
    raw = np.zeros(layout.bytes, np.uint8)
    rows = raw[:layout.scales].reshape(outputs, pitch)
    numbers = rng.standard_normal((outputs, columns)).astype(np.float32)
    if kind == "f32":
        rows.view(np.float32)[:, :columns] = numbers
        return raw, numbers.astype(float)
    if kind == "f16":
        rows.view(np.float16)[:, :columns] = numbers
        return raw, numbers.astype(np.float16).astype(float)
    if kind == "bf16":
        bits, numbers = bf16(numbers)
        rows.view(np.uint16)[:, :columns] = bits
        return raw, numbers.astype(float)
    if kind == "i8":
        units = pitch // 64
        scales, offsets = (bf16(rng.uniform(.01, .02, (outputs, units)))), (bf16(rng.uniform(-.1, .1, (outputs, units))))
        raw[layout.scales:].view(np.uint16).reshape(outputs, units, 2)[:] = np.stack([scales[0], offsets[0]], 2)
        rows.view(np.int8)[:] = rng.integers(-128, 128, (outputs, pitch))
        values = rows.view(np.int8).astype(float) * np.repeat(scales[1], 64, 1) + np.repeat(offsets[1], 64, 1)
        return raw, values[:, :columns]
    groups = pitch // 16
    codes, zeros = rng.integers(150, 170, (outputs, groups)), rng.integers(0, 256, (outputs, groups))
    raw[layout.scales:].view(np.uint16).reshape(outputs, groups)[:] = codes | zeros << 8
    halves = rng.integers(0, 16, (outputs, groups, 32))
    rows.reshape(outputs, groups, 16)[:] = halves[:, :, :16] | halves[:, :, 16:] << 4
    scales = (8 + (codes & 7)) / 8 * 2.0 ** ((codes >> 3) - 26)
    values = scales[:, :, None] * (halves - (zeros[:, :, None] - 64) / 8)
    return raw, values.reshape(outputs, -1)[:, :columns]
